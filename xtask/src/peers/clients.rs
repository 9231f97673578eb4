use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

use super::{bin, environment, program};

/// The programs that ask as pods do, by AWS's SDKs for JavaScript and Java: each
/// where its language is here.
pub(super) fn install() -> Result {
    [javascript(), java()].into_iter().collect()
}

/// Where the sources of all of them are.
pub(super) fn source(language: &str) -> PathBuf {
    let all = workspace::root().join("crates/cli/tests/peers/kube/clients");
    all.join(language)
}

fn javascript() -> Result {
    if program("node").is_none() || program("npm").is_none() {
        return Ok(());
    }
    let client = Client {
        language: "javascript",
        entry: "caller_identity.mjs",
        files: &["caller_identity.mjs", "package.json", "package-lock.json"],
    };
    client.install(|folder| {
        Tool::new("npm")
            .words("ci --ignore-scripts --no-audit --no-fund --prefix")
            .arg(folder)
            .run()
    })
}

fn java() -> Result {
    if program("java").is_none() || program("mvn").is_none() {
        return Ok(());
    }
    let client = Client {
        language: "java",
        entry: "caller-identity-java",
        files: &["caller-identity-java", "CallerIdentity.java", "pom.xml"],
    };
    client.install(|folder| {
        Tool::new("mvn")
            .words("--batch-mode --quiet")
            .arg(COPY_DEPENDENCIES)
            .arg("--file")
            .arg(folder.join("pom.xml"))
            .arg(format!(
                "-DoutputDirectory={}",
                folder.join("lib").display()
            ))
            .run()
    })
}

/// A program that is copied beside what its registry has for it.
struct Client {
    language: &'static str,
    /// The file that is run.
    entry: &'static str,
    files: &'static [&'static str],
}

impl Client {
    /// Nothing where the same files have been installed already.
    fn install(&self, dependencies: impl FnOnce(&Path) -> Result) -> Result {
        let name = format!("caller-identity-{}", self.language);
        let (folder, link) = (environment().join(&name), bin().join(&name));
        if link.exists() && self.files.iter().all(|file| self.is_there(&folder, file)) {
            return Ok(());
        }
        // It is found again when all is there.
        let _ = std::fs::remove_file(&link);
        for below in [&folder, &bin()] {
            std::fs::create_dir_all(below).map_err(|error| Failure::file(below, &error))?;
        }
        for file in self.files {
            let from = source(self.language).join(file);
            let copied = std::fs::copy(&from, folder.join(file));
            copied.map_err(|error| Failure::file(&from, &error))?;
        }
        dependencies(&folder)?;
        let entry = folder.join(self.entry);
        Tool::new("ln").words("-sf").arg(entry).arg(link).run()
    }

    fn is_there(&self, folder: &Path, file: &str) -> bool {
        let read = |below: &Path| std::fs::read(below.join(file)).ok();
        read(folder).is_some_and(|there| Some(there) == read(&source(self.language)))
    }
}

const COPY_DEPENDENCIES: &str =
    "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
