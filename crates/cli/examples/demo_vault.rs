//! Every login to Vault, and a watch that survives a sealed one: what `cargo
//! xtask demo vault` shows. Its argument is the binary to run.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a demonstration for people, in a folder of its own"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use iamra_sandbox::{JwtClaims, Sandbox, ServiceAccount};
use secrecy::{ExposeSecret as _, SecretString};

#[path = "demo_vault/agent.rs"]
mod agent;
#[path = "background/sandbox.rs"]
mod background;
#[path = "background/program.rs"]
mod program;
#[path = "demo_vault/watch.rs"]
mod watch;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let binary = std::env::args_os().nth(1).ok_or("name the binary")?;
    // TLS, because one of the logins is a client certificate.
    let (sandbox, _) = background::sandbox(|settings| settings.tls = true)?;
    let scratch = tempfile::tempdir()?;
    let stage = Stage {
        binary: binary.into(),
        sandbox,
        folder: scratch.path().to_owned(),
    };
    stage.logins()?;
    watch::survives_a_seal(&stage)?;
    println!("\nEvery login, checked by the sandbox as Vault would.");
    Ok(())
}

/// The binary, the sandbox that it speaks to, and a folder for its files.
struct Stage {
    binary: PathBuf,
    sandbox: Sandbox,
    folder: PathBuf,
}

impl Stage {
    fn logins(&self) -> Result {
        let sandbox = &self.sandbox;
        let file = |name: &str, secret: &SecretString| self.write(name, secret.expose_secret());

        self.show(
            "A token",
            "--auth token",
            &[("VAULT_TOKEN", sandbox.vault_token())],
        )?;
        let token = file("token", &sandbox.vault_token())?;
        self.show(
            "A token file, as Vault Agent writes it",
            &format!("--auth token-file --vault-token-file {token}"),
            &[],
        )?;
        let jwt = sandbox.service_account_token(&ServiceAccount::default())?;
        let jwt = file("service-account", &jwt)?;
        self.show(
            "A Kubernetes service account",
            &format!("--auth kubernetes --auth-role iamra --jwt-file {jwt}"),
            &[],
        )?;
        let jwt = file("jwt", &sandbox.jwt(&JwtClaims::default())?)?;
        self.show(
            "A JWT of a CI system",
            &format!("--auth jwt --auth-role gha --jwt-file {jwt}"),
            &[],
        )?;
        self.show(
            "The JWT in GitLab's variable",
            "--auth jwt --auth-role gha",
            &[("VAULT_ID_TOKEN", sandbox.jwt(&JwtClaims::default())?)],
        )?;
        let github = sandbox.github_id_token_request();
        let audience = JwtClaims::default().audience;
        self.show(
            "GitHub Actions: its endpoint is asked for the JWT",
            &format!(
                "--auth github-actions --auth-role gha --auth-mount jwt --jwt-audience {audience}"
            ),
            &[
                ("ACTIONS_ID_TOKEN_REQUEST_URL", github.url.into()),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", github.token),
            ],
        )?;
        self.app_roles()?;
        let (name, password) = sandbox.userpass();
        let password = file("password", &password)?;
        self.show(
            "A user with a password",
            &format!("--auth userpass --username {name} --password-file {password}"),
            &[],
        )?;
        let client = sandbox.client_certificate("demo.example.test")?;
        let certificate = self.write("client.pem", &client.certificate_pem)?;
        let key = file("client-key.pem", &client.key_pem)?;
        self.show("A TLS certificate", &format!("--auth cert --auth-role web --vault-client-cert {certificate} --vault-client-key {key}"), &[])?;
        let agent = agent::start(&sandbox.vault_http_url(), sandbox.vault_token())?;
        self.show(
            "No login: an agent on the way adds its token",
            &format!("--auth none --vault-addr {agent}"),
            &[],
        )?;
        self.show(
            "OpenBao's inline authentication: no token at all",
            &format!("--auth userpass --username {name} --password-file {password} --inline-auth"),
            &[],
        )
    }

    fn app_roles(&self) -> Result {
        let plain = self.sandbox.app_role();
        let secret_id = self.write("secret-id", plain.secret_id.expose_secret())?;
        let role_id = &plain.role_id;
        self.show(
            "An AppRole",
            &format!("--auth approle --role-id {role_id} --secret-id-file {secret_id}"),
            &[],
        )?;
        let wrapped = self.sandbox.wrapped_app_role(Duration::from_secs(120));
        let secret_id = self.write("wrapped", wrapped.secret_id.expose_secret())?;
        let path = self.sandbox.secret_id_path();
        let line = format!(
            "--auth approle --role-id {role_id} --secret-id-file {secret_id} --secret-id-wrapped --secret-id-wrapped-path {path}"
        );
        self.show("An AppRole whose secret_id is wrapped", &line, &[])?;
        println!("\n── The same wrapping token once more: somebody else may have had it");
        let run = self.command(&format!("cert issue {line}"))?.output()?;
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        for line in said
            .lines()
            .filter(|line| line.starts_with("error") || line.starts_with("hint"))
        {
            println!("   {}", self.shortened(line));
        }
        if run.status.code() == Some(3) {
            Ok(())
        } else {
            Err(said.into())
        }
    }

    /// Logs in, has a certificate signed, and says so.
    fn show(&self, title: &str, line: &str, secrets: &[(&str, SecretString)]) -> Result {
        println!(
            "\n── {title}\n   $ iamra cert issue {}",
            self.shortened(line)
        );
        let mut command = self.command(&format!("cert issue {line}"))?;
        for (name, secret) in secrets {
            command.env(name, secret.expose_secret());
        }
        let run = command.output()?;
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        if !run.status.success() {
            return Err(format!("{title}: {said}").into());
        }
        for line in said.lines().filter_map(telling) {
            println!("   {}", self.shortened(&line));
        }
        Ok(())
    }

    /// The binary with addresses and names, but no secret but those it is shown.
    fn command(&self, line: &str) -> Result<Command> {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("HOME", &self.folder)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("VAULT_ADDR", self.sandbox.vault_url())
            .env("VAULT_CERT_CN", "app.example.test")
            .env("IAMRA_PKI_ROLE", "iamra")
            .env("IAMRA_OUT_DIR", self.folder.join("certificate"))
            .args(line.split_whitespace());
        if let Some(ca) = self.sandbox.vault_ca_pem() {
            command.env("VAULT_CACERT", self.write("vault-ca.pem", ca)?);
        }
        Ok(command)
    }

    fn write(&self, name: &str, text: &str) -> Result<String> {
        let path = self.folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    }

    fn shortened(&self, text: &str) -> String {
        let folder: &Path = &self.folder;
        text.replace(&format!("{}/", folder.display()), "")
    }
}

/// The lines of the log that tell what happened.
fn telling(line: &str) -> Option<String> {
    let text = line.trim().strip_prefix("INFO ")?;
    let (what, facts) = text.split_once(" event=").unwrap_or((text, ""));
    let fact = |name: &str| {
        let rest = facts.split_once(&format!("{name}=\""))?.1;
        rest.split_once('"')
            .map(|(value, _)| format!("{name} {value}"))
    };
    let names = ["method", "subject", "not_after", "accessor"];
    let known: Vec<String> = names.iter().filter_map(|name| fact(name)).collect();
    (!known.is_empty()).then(|| format!("• {what}: {}", known.join(", ")))
}
