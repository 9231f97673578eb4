//! The sandbox, and what clients need to reach registries by their real names.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::laboratory::Laboratory;
use crate::passage::Passage;
use crate::peer::{Peer, variable};
use crate::run::Run;

pub(crate) struct Stage {
    pub(crate) laboratory: Laboratory,
    pub(crate) passage: Passage,
}

impl Stage {
    /// The registries are the sandbox's.
    pub(crate) fn new() -> Self {
        let laboratory = Laboratory::changed(|settings| settings.tls = true);
        let passage = Passage::to_sandbox(&laboratory.sandbox);
        let authority = laboratory.sandbox.aws_ca_pem().unwrap().to_owned();
        Self::with(laboratory, passage, &authority)
    }

    /// The registries are where `passage` leads; `authorities` are whom clients
    /// trust.
    pub(crate) fn with(laboratory: Laboratory, passage: Passage, authorities: &str) -> Self {
        laboratory.write("authorities.pem", authorities);
        let bin = laboratory.path("bin");
        std::fs::create_dir(&bin).unwrap();
        for name in ["docker-credential-iamra", "iamra-credential-provider"] {
            let ourselves = Path::new(env!("CARGO_BIN_EXE_iamra"));
            std::os::unix::fs::symlink(ourselves, bin.join(name)).unwrap();
        }
        Self {
            laboratory,
            passage,
        }
    }

    /// `iamra ecr WORDS`.
    pub(crate) fn ecr(&self, words: &[&str]) -> Command {
        let mut command = self.laboratory.command(&["ecr"]);
        command.args(words).envs(self.environment());
        command
    }

    /// What `iamra ecr WORDS` prints.
    #[track_caller]
    pub(crate) fn printed(&self, words: &[&str]) -> String {
        Run::of(&mut self.ecr(words)).ok().stdout
    }

    /// What `iamra ecr WORDS -o json` prints.
    #[track_caller]
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let printed = self.printed(&[words, &["-o", "json"]].concat());
        serde_json::from_str(&printed).unwrap()
    }

    /// A foreign program, which finds ours on its `PATH`.
    pub(crate) fn peer(&self, peer: &Peer) -> Command {
        let mut command = peer.command(&self.laboratory);
        command.envs(self.environment());
        command
    }

    /// A file that has a client of registries ask us, as we print it.
    #[track_caller]
    pub(crate) fn asking_us(&self, name: &str, host: &str) -> String {
        let snippet = self.printed(&["docker-config", "--registry", host]);
        self.laboratory.write(name, &snippet)
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let path = |name: &str| self.laboratory.path(name).into_os_string();
        let inherited = variable("PATH").unwrap_or_default();
        let folders = std::iter::once(self.laboratory.path("bin"));
        let folders = folders.chain(std::env::split_paths(&inherited));
        vec![
            ("PATH", std::env::join_paths(folders).unwrap()),
            ("HTTPS_PROXY", self.passage.url().into()),
            ("NO_PROXY", "127.0.0.1,localhost".into()),
            ("AWS_CA_BUNDLE", path("authorities.pem")),
            // What Go programs read instead.
            ("SSL_CERT_FILE", path("authorities.pem")),
            ("IAMRA_CACHE_DIR", path("tokens")),
            ("IAMRA_SESSION_CACHE", path("sessions")),
        ]
    }
}
