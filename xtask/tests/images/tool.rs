//! Runs of the release tools, and of foreign programs.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::clean_tree::Clean;
use crate::stand_in::digest_of;

/// How a program ended.
pub(crate) struct Run {
    pub(crate) succeeded: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            succeeded: output.status.success(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.succeeded, "{self}");
        self
    }

    /// The one line that it failed with.
    #[track_caller]
    pub(crate) fn refusal(self) -> String {
        assert!(!self.succeeded, "{self}");
        let line = self.stderr.trim().strip_prefix("xtask: ");
        let line = line.unwrap_or_else(|| panic!("{self}"));
        assert_eq!(line.lines().count(), 1, "{line}");
        line.to_owned()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.stdout, self.stderr)
    }
}

/// The release tools, with nobody's logins.
pub(crate) fn tools(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_release_tools"));
    command
        .args(arguments)
        .env("DOCKER_CONFIG", "/nonexistent")
        .env_remove("http_proxy")
        .env_remove("HTTP_PROXY")
        .stdin(Stdio::null());
    command
}

pub(crate) fn run(arguments: &[&str]) -> Run {
    Run::of(&tools(arguments).output().unwrap())
}

/// With this on standard input.
pub(crate) fn run_told(mut command: Command, input: &str) -> Run {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that reads none of it has ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Run::of(&child.wait_with_output().unwrap())
}

/// A foreign program on the `PATH`; says aloud that it is not there.
pub(crate) fn peer(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join(name));
    let found = programs.find(|program| program.is_file());
    if found.is_none() {
        skipped(&format!("{name} is not on the PATH"));
    }
    found
}

pub(crate) fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

pub(crate) fn run_peer(program: &Path, arguments: &[&str]) -> Run {
    Run::of(&Command::new(program).args(arguments).output().unwrap())
}

/// A layout of both platforms with binaries of these sizes, which nothing compresses.
pub(crate) struct Layout {
    folder: tempfile::TempDir,
    pub(crate) digest: String,
}

impl Layout {
    pub(crate) fn of(size: usize, more: &[&str]) -> Self {
        Self::built(size, more, |_| {})
    }

    /// One of that tree's commit.
    pub(crate) fn in_tree(tree: &Clean, size: usize) -> Self {
        Self::built(size, &[], |command| {
            tree.given_to(command);
        })
    }

    fn built(size: usize, more: &[&str], given: impl Fn(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut random = fastrand::Rng::with_seed(size as u64);
        let path = |name: &str| folder.path().join(name).display().to_string();
        for name in ["binary-amd64", "binary-arm64"] {
            let binary: Vec<u8> = std::iter::repeat_with(|| random.u8(..))
                .take(size)
                .collect();
            std::fs::write(path(name), binary).unwrap();
        }
        let (first, second, layout) = (path("binary-amd64"), path("binary-arm64"), path("layout"));
        let mut arguments = vec!["image", "--platform", "linux/amd64,linux/arm64"];
        arguments.extend(["--binary", &first, "--binary", &second, "--output", &layout]);
        arguments.extend(more);
        let mut command = tools(&arguments);
        given(&mut command);
        Run::of(&command.output().unwrap()).ok();
        let digest = digest(Path::new(&layout));
        Self { folder, digest }
    }

    pub(crate) fn path(&self) -> String {
        self.folder.path().join("layout").display().to_string()
    }

    /// The sizes of all blobs, by digests without the algorithm.
    pub(crate) fn blobs(&self) -> BTreeMap<String, usize> {
        let entries = std::fs::read_dir(format!("{}/blobs/sha256", self.path())).unwrap();
        let sizes = entries.map(|entry| {
            let entry = entry.unwrap();
            let size = entry.metadata().unwrap().len();
            let name = entry.file_name().into_string().unwrap();
            (name, usize::try_from(size).unwrap())
        });
        sizes.collect()
    }

    /// Beside it.
    pub(crate) fn scratch(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Names one of its manifests, as a signature is there, or lists it without a name.
    pub(crate) fn name_manifest(&self, digest: &str, tag: Option<&str>) {
        let path = Path::new(&self.path()).join("index.json");
        let mut index: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let file = digest.replace("sha256:", "blobs/sha256/");
        let size = Path::new(&self.path()).join(file).metadata().unwrap().len();
        let mut entry = serde_json::json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest,
            "size": size,
        });
        if let Some(tag) = tag {
            entry["annotations"] = serde_json::json!({"org.opencontainers.image.ref.name": tag});
        }
        index["manifests"].as_array_mut().unwrap().push(entry);
        std::fs::write(path, index.to_string()).unwrap();
    }

    /// Writes a manifest like one that signs another; returns its digest.
    pub(crate) fn write_signature(&self, subject: Option<(&str, u64)>) -> String {
        let layer = self.write_blob(b"{\"critical\":{}}");
        self.write_list(&layer, 15, subject)
    }

    /// A list of what was said with one layer, which is new.
    pub(crate) fn write_said(&self, text: &str) -> String {
        let layer = self.write_blob(text.as_bytes());
        self.write_list(&layer, text.len(), None)
    }

    fn write_list(&self, layer: &str, size: usize, subject: Option<(&str, u64)>) -> String {
        let config = self.write_blob(b"{}");
        let descriptor = |media_type: &str, (digest, size): (&str, u64)| serde_json::json!({"mediaType": media_type, "digest": digest, "size": size});
        let mut manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", (&config, 2)),
            "layers": [descriptor("application/vnd.dev.cosign.simplesigning.v1+json", (layer, size as u64))],
        });
        if let Some(subject) = subject {
            manifest["subject"] = descriptor("application/vnd.oci.image.index.v1+json", subject);
        }
        self.write_blob(manifest.to_string().as_bytes())
    }

    fn write_blob(&self, contents: &[u8]) -> String {
        let digest = digest_of(contents);
        let path = Path::new(&self.path()).join(digest.replace("sha256:", "blobs/sha256/"));
        std::fs::write(path, contents).unwrap();
        digest
    }
}

/// The first that a layout names.
pub(crate) fn digest(layout: &Path) -> String {
    let text = std::fs::read(layout.join("index.json")).unwrap();
    let index: Value = serde_json::from_slice(&text).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}
