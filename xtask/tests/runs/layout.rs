use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where cargo puts everything.
pub(crate) fn target() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    scratch.parent().unwrap().to_owned()
}

/// The image of a platform, unpacked.
pub(crate) struct Unpacked {
    root: tempfile::TempDir,
    /// Its configuration.
    pub(crate) config: Value,
}

impl Unpacked {
    /// That of `target/image`; none, said aloud, where it is not there.
    pub(crate) fn of(architecture: &str) -> Option<Self> {
        let layout = target().join("image");
        let Ok(index) = std::fs::read(layout.join("index.json")) else {
            eprintln!("SKIPPED: no image is in target/image: `cargo xtask image` builds it");
            return None;
        };
        let named: Value = serde_json::from_slice(&index).unwrap();
        let index = json(&layout, &named["manifests"][0]);
        tell(&named["manifests"][0]["digest"], &index);
        let mut manifests = index["manifests"].as_array().unwrap().iter();
        let Some(manifest) = manifests.find(|it| it["platform"]["architecture"] == architecture)
        else {
            eprintln!("SKIPPED: target/image has none for {architecture}");
            return None;
        };
        let manifest = json(&layout, manifest);
        let root = tempfile::tempdir().unwrap();
        for layer in manifest["layers"].as_array().unwrap() {
            unpack(&blob(&layout, layer), root.path());
        }
        // As a node makes it: whoever runs in it has to pass.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(root.path(), mode).unwrap();
        Some(Self {
            config: json(&layout, &manifest["config"])["config"].clone(),
            root,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A list of words in the configuration.
    pub(crate) fn words(&self, key: &str) -> Vec<String> {
        let words = self.config[key].as_array().into_iter().flatten();
        words.map(|it| it.as_str().unwrap().to_owned()).collect()
    }
}

/// Which image this is; says aloud where it is another commit's than that of these tests.
fn tell(digest: &Value, index: &Value) {
    let revision = &index["annotations"]["org.opencontainers.image.revision"];
    let revision = revision.as_str().unwrap_or("no commit");
    let digest = digest.as_str().unwrap();
    eprintln!("target/image is {digest}, of {revision}");
    let mut git = Command::new("git");
    let head = git.args(["rev-parse", "HEAD"]).output();
    let head = head.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    if let Some(head) = head.ok().filter(|head| head != revision) {
        eprintln!("NOTE: that is not the commit that is checked out, {head}");
    }
}

fn json(layout: &Path, descriptor: &Value) -> Value {
    serde_json::from_slice(&std::fs::read(blob(layout, descriptor)).unwrap()).unwrap()
}

fn blob(layout: &Path, descriptor: &Value) -> PathBuf {
    let digest = descriptor["digest"].as_str().unwrap();
    layout.join("blobs").join(digest.replace(':', "/"))
}

fn unpack(layer: &Path, root: &Path) {
    let mut tar = Command::new("tar");
    tar.arg("-xpzf").arg(layer).arg("-C").arg(root);
    assert!(tar.status().unwrap().success());
}
