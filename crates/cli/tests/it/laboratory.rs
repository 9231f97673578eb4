//! A sandbox that serves on a thread of its own, and an empty home for the
//! binary that uses it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use destination::{Destination, HttpClient};
use iamra_sandbox::{Sandbox, Settings};
use refresh::{Clock as _, SystemClock};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::background::Background;
use crate::run::{Run, filters, iamra};

pub(crate) struct Laboratory {
    /// Ended before what it serves goes.
    _server: Background,
    pub(crate) sandbox: Sandbox,
    home: TempDir,
}

impl Laboratory {
    /// The standard sandbox.
    pub(crate) fn new() -> Self {
        Self::with(Settings::new(Arc::new(|| SystemClock.now())))
    }

    pub(crate) fn changed(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Arc::new(|| SystemClock.now()));
        change(&mut settings);
        Self::with(settings)
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let runtime = runtime();
        let sandbox = runtime.block_on(Sandbox::bind(settings)).unwrap();
        let served = sandbox.serve();
        Self {
            _server: Background::serve(runtime, served),
            sandbox,
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// The binary with the sandbox's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = iamra(self.home());
        command
            .args(arguments)
            .envs(self.sandbox.environment())
            // Root's would be the machine's.
            .env("IAMRA_CACHE_DIR", self.path("tokens"));
        if let (Some(vault), Some(aws)) = (self.sandbox.vault_ca_pem(), self.sandbox.aws_ca_pem()) {
            command.env("VAULT_CACERT", self.write("vault-ca.pem", vault));
            command.env("AWS_CA_BUNDLE", self.write("aws-ca.pem", aws));
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments))
    }

    pub(crate) fn filters(&self) -> insta::Settings {
        filters(self.home())
    }

    /// Writes a file into the home; returns its path.
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// The file that the kubelet would write for the service account.
    pub(crate) fn service_account_token(&self) -> String {
        let account = iamra_sandbox::ServiceAccount::default();
        let token = self.sandbox.service_account_token(&account).unwrap();
        self.write("token", token.expose_secret())
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Certificate and key of a PKI role in `cert.pem` and `key.pem`; the
    /// sandbox's Vault is asked by other means than the binary.
    pub(crate) fn key_files(&self, role: &str) -> [String; 4] {
        let answer = runtime().block_on(self.issue(role));
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let chain = answer["ca_chain"].as_array().unwrap().iter().map(text);
        let all: Vec<String> = std::iter::once(text(&answer["certificate"]))
            .chain(chain)
            .collect();
        let key = self.write("key.pem", &text(&answer["private_key"]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let private = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&key, private).unwrap();
        }
        [
            "--certificate".to_owned(),
            self.write("cert.pem", &(all.join("\n") + "\n")),
            "--private-key".to_owned(),
            key,
        ]
    }

    async fn issue(&self, role: &str) -> serde_json::Value {
        let url = format!("{}/v1/pki-aws/issue/{role}", self.sandbox.vault_http_url());
        let token = self.sandbox.vault_root_token();
        let body = r#"{"common_name":"app.example.test","private_key_format":"pkcs8"}"#;
        let request = http::Request::post(url).header("X-Vault-Token", token.expose_secret());
        let client = HttpClient::new(Destination::default()).unwrap();
        let response = client
            .send(request.body(Bytes::from(body)).unwrap())
            .await
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        answer["data"].clone()
    }
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
