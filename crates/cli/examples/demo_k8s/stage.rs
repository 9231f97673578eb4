use std::path::{Path, PathBuf};
use std::process::Command;

use iamra_sandbox::{Operation, Sandbox};
use serde_json::Value;

use crate::kubectl::{Kubectl, NAME};
use crate::program::Program;
use crate::pull_secret::PullSecret;
use crate::{LABEL, OWN, Result};

/// The binary between a sandbox and a cluster, and a folder for its files.
pub(crate) struct Stage<'a> {
    binary: PathBuf,
    sandbox: Sandbox,
    pub(crate) kubectl: Kubectl<'a>,
    folder: PathBuf,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        binary: PathBuf,
        (sandbox, kubectl): (Sandbox, Kubectl<'a>),
        folder: &Path,
    ) -> Result<Self> {
        let pem = |name: &str, text: Option<&str>| {
            std::fs::write(folder.join(name), text.unwrap_or_default())
        };
        pem("vault-ca.pem", sandbox.vault_ca_pem())?;
        pem("aws-ca.pem", sandbox.aws_ca_pem())?;
        Ok(Self {
            binary,
            sandbox,
            kubectl,
            folder: folder.to_owned(),
        })
    }

    /// `iamra k8s WORDS &`.
    pub(crate) fn start(&self, words: &[&str]) -> Result<Program> {
        let mut command = self.command(words, " &");
        Program::start(&mut command, self.folder.join("log"))
    }

    /// What `iamra k8s status` says: all of these in step, and no others.
    pub(crate) fn status(&self, namespaces: &[&str]) -> Result {
        let output = self.command(&["status"], "").output()?;
        let printed = String::from_utf8(output.stdout)?;
        for line in printed.lines() {
            println!("   {line}");
        }
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("status: {}\n{complaint}", output.status).into());
        }
        let rows = printed.lines().skip(1);
        let mut known: Vec<_> = rows.filter_map(|row| row.split(' ').next()).collect();
        known.sort_unstable();
        same(&known, namespaces)
    }

    /// Each of these has the same login, no other has one, and the registry takes
    /// it.
    pub(crate) fn served(&self, namespaces: &[&str]) -> Result<PullSecret> {
        let holders = self.kubectl.list_secrets()?;
        let names: Vec<_> = holders.iter().map(String::as_str).collect();
        same(&names, namespaces)?;
        let first = self.kubectl.secret(namespaces[0])?;
        for namespace in &namespaces[1..] {
            if self.kubectl.secret(namespace)?.document != first.document {
                return Err(format!("{namespace} has another login").into());
            }
        }
        println!("   in each of them: {}", first.shown());
        self.taken(&first)?;
        Ok(first)
    }

    /// All that was shown took one.
    pub(crate) fn only_one(&self, operation: Operation) -> Result {
        let count = self.sandbox.requests().count(operation);
        println!("   requests to ECR for a token so far: {count}");
        if count == 1 {
            return Ok(());
        }
        Err("one would have done".into())
    }

    /// The sandbox's registry is asked, as kubelet would with this login.
    fn taken(&self, secret: &PullSecret) -> Result {
        let url = format!("{}/v2/", self.sandbox.aws_http_url());
        let status = self.kubectl.registry(&url, secret)?;
        println!("   the registry says to this login: {status}");
        if status.is_success() {
            return Ok(());
        }
        Err("the registry does not take the login".into())
    }

    /// The binary with addresses and names of the sandbox; says what is typed.
    fn command(&self, words: &[&str], end: &str) -> Command {
        let (key, value) = LABEL;
        let selector = format!("{key}={value}");
        let line = [
            words,
            &["--own-namespace", OWN, "--namespace-selector", &selector],
        ]
        .concat();
        println!("   $ iamra k8s {}{end}", line.join(" "));
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .envs(self.sandbox.environment())
            .env("HOME", &self.folder)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("KUBECONFIG", self.kubectl.kubeconfig())
            .env("VAULT_CACERT", self.folder.join("vault-ca.pem"))
            .env("AWS_CA_BUNDLE", self.folder.join("aws-ca.pem"))
            .env("IAMRA_SESSION_CACHE", self.folder.join("sessions"))
            .env("IAMRA_CACHE_DIR", self.folder.join("tokens"))
            .env("IAMRA_LOG_FORMAT", "json")
            .arg("k8s")
            .args(line);
        command
    }
}

/// A line of the log for people: what happened, to what, and until when.
pub(crate) fn told(line: &str) -> Option<String> {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
        return Some(line.to_owned());
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    // The files of the caches are nobody's business here.
    if text("event") == Some("write") {
        return None;
    }
    let first = |keys: &[&str]| keys.iter().find_map(|key| text(key));
    let facts: Vec<_> = first(&SUBJECTS).into_iter().chain(first(&ENDS)).collect();
    let facts = facts.join(", until ");
    let colon = if facts.is_empty() { "" } else { ": " };
    Some(format!("• {}{colon}{facts}", text("message")?))
}

fn same(found: &[&str], expected: &[&str]) -> Result {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    if found == expected {
        return Ok(());
    }
    Err(format!("{NAME} is in {found:?} instead of {expected:?}").into())
}

/// What an event is about.
const SUBJECTS: [&str; 5] = ["subject", "assumed_role", "scope", "registry", "namespace"];
/// Until when.
const ENDS: [&str; 2] = ["not_after", "expires_at"];
