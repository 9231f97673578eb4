use std::path::PathBuf;

use crate::stage::Stage;
use crate::{HOST, Result};

/// A client of registries that is nobody's but its own.
pub(crate) struct Skopeo(PathBuf);

impl Skopeo {
    /// Where it is installed.
    pub(crate) fn found() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs = std::env::split_paths(&path).map(|folder| folder.join("skopeo"));
        programs.find(|program| program.is_file()).map(Self)
    }

    /// Pulls the image, with what an auth file says, into an OCI folder, and says
    /// what arrived; fails where that is not `digest`.
    pub(crate) fn pull(
        &self,
        stage: &Stage,
        (how, auth_file): (&str, &str),
        digest: &str,
    ) -> Result {
        let folder = tempfile::tempdir()?;
        let image = format!("docker://{HOST}/team/app:1");
        let target = format!("oci:{}:1", folder.path().display());
        let auth_file_shown = stage.shortened(auth_file);
        println!("\n── skopeo pulls, {how}");
        println!("   $ skopeo copy --authfile {auth_file_shown} {image} oci:app:1");
        let output = stage
            .command(&self.0)
            // No policy of this machine counts, and the image is Linux's.
            .args(["--insecure-policy", "--override-os", "linux"])
            .args(["--override-arch", "amd64", "copy", "--authfile", auth_file])
            .args([&image, &target])
            .output()?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(format!("skopeo: {}\n{complaint}", output.status).into());
        }
        let index = std::fs::read_to_string(folder.path().join("index.json"))?;
        let index: serde_json::Value = serde_json::from_str(&index)?;
        let arrived = index["manifests"][0]["digest"].as_str().unwrap_or_default();
        if arrived != digest {
            return Err(format!("{arrived} arrived instead of {digest}").into());
        }
        println!("   arrived: {arrived}, as the registry has it");
        Ok(())
    }
}
