use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use iamra_sandbox::{Sandbox, Tunnel};

use crate::Result;

/// The binary, what it finds in its environment, and a folder for its files.
pub(crate) struct Stage {
    environment: HashMap<String, String>,
    folder: PathBuf,
}

impl Stage {
    /// `binary` gets the names by which clients call it.
    pub(crate) fn new(
        binary: &Path,
        (sandbox, tunnel): (&Sandbox, &Tunnel),
        folder: &Path,
    ) -> Result<Self> {
        let mut stage = Self {
            environment: sandbox.environment().into_iter().collect(),
            folder: folder.to_owned(),
        };
        let bin = folder.join("bin");
        std::fs::create_dir(&bin)?;
        for name in ["iamra", "docker-credential-iamra"] {
            place(binary, &bin.join(name))?;
        }
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(bin).chain(std::env::split_paths(&inherited));
        let path = std::env::join_paths(path)?.into_string();
        let vault = stage.write("vault-ca.pem", sandbox.vault_ca_pem().unwrap_or_default())?;
        let aws = stage.write("aws-ca.pem", sandbox.aws_ca_pem().unwrap_or_default())?;
        for (name, value) in [
            ("HOME", stage.path("home")),
            ("PATH", path.map_err(|_| "PATH is not UTF-8")?),
            ("VAULT_CACERT", vault),
            ("AWS_CA_BUNDLE", aws.clone()),
            // What Go programs read instead.
            ("SSL_CERT_FILE", aws),
            ("HTTPS_PROXY", tunnel.url()),
            ("IAMRA_CACHE_DIR", stage.path("tokens")),
            ("IAMRA_SESSION_CACHE", stage.path("sessions")),
        ] {
            stage.environment.insert(name.to_owned(), value);
        }
        Ok(stage)
    }

    /// A program with nothing but this environment.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.folder);
        command
    }

    /// `iamra ecr WORDS`: what was typed, what it printed with secrets cut.
    pub(crate) fn show(&self, title: &str, words: &[&str]) -> Result<String> {
        let line = self.shortened(&words.join(" "));
        println!("\n── {title}\n   $ iamra ecr {line}");
        let printed = self.ecr(words)?;
        for line in printed.lines() {
            println!("   {}", cut(&self.shortened(line)));
        }
        Ok(printed)
    }

    /// The digest that the registry has for an image.
    pub(crate) fn digest(&self, image: &str) -> Result<String> {
        let printed = self.ecr(&["check", "--repo", image, "-o", "json"])?;
        let reports: serde_json::Value = serde_json::from_str(&printed)?;
        let digest = reports[0]["manifest"]["digest"].as_str();
        Ok(digest.ok_or("the registry names no digest")?.to_owned())
    }

    fn ecr(&self, words: &[&str]) -> Result<String> {
        let output = self
            .command(self.folder.join("bin/iamra"))
            .arg("ecr")
            .args(words)
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("iamra ecr {}: {}\n{complaint}", words[0], output.status).into())
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<String> {
        std::fs::write(self.folder.join(name), text)?;
        Ok(self.path(name))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    pub(crate) fn shortened(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.display()), "")
    }
}

/// An authorization header with all but the beginning of its secret cut.
fn cut(line: &str) -> String {
    match line.strip_prefix("Authorization: Basic ") {
        Some(secret) => {
            let beginning: String = secret.chars().take(4).collect();
            let count = secret.chars().count();
            format!("Authorization: Basic {beginning}… ({count} characters)")
        }
        None => line.to_owned(),
    }
}

#[cfg(unix)]
fn place(binary: &Path, name: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(binary, name)
}

#[cfg(not(unix))]
fn place(binary: &Path, name: &Path) -> std::io::Result<()> {
    std::fs::copy(binary, name.with_extension("exe")).map(drop)
}
