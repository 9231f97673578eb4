//! A client of registries that reads the files of docker and podman.

use std::process::Command;

use super::stage::Stage;
use crate::peer::Peer;
use crate::run::Run;

pub(crate) struct Skopeo(Peer);

impl Skopeo {
    pub(crate) fn found() -> Option<Self> {
        Peer::program("skopeo").map(Self)
    }

    /// Copies an image with the logins that these variables lead to.
    pub(crate) fn copy(
        &self,
        stage: &Stage,
        (from, to): (&str, &str),
        logins: &[(&str, String)],
    ) -> Run {
        let mut command = self.command(stage, logins);
        Run::of(command.args(["copy", "--quiet", from, to]))
    }

    fn command(&self, stage: &Stage, logins: &[(&str, String)]) -> Command {
        let mut command = stage.peer(&self.0);
        // No policy of this machine counts, and the image is Linux's.
        command
            .args(["--insecure-policy", "--override-os", "linux"])
            .args(["--override-arch", "amd64"]);
        for (name, value) in logins {
            command.env(name, value);
        }
        command
    }
}

/// The digest of the image in an OCI folder of the laboratory.
pub(crate) fn digest(stage: &Stage, folder: &str) -> String {
    let index = stage.laboratory.read(&format!("{folder}/index.json"));
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}
