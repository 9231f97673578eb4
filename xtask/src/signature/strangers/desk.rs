use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::key::tests::known;
use super::super::{Attested, KeyAccess, SigningKey, Statement, Subject, sign_file, sign_layout};
use super::Server;
use crate::page::Page;
use crate::test::shell_blocks;
use crate::{image, peers, provenance, sbom, workspace};

/// What a user has before them who verifies: the files, the key, and a shell.
pub(super) struct Desk {
    folder: TempDir,
    registry: Option<Server>,
}

impl Desk {
    /// An archive, its sums and what is said of them.
    pub(super) fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            registry: None,
        };
        let key = known();
        desk.write("iamra.pub", public_key(&key).as_bytes());
        desk.write("iamra.tar.gz", b"an archive");
        let sha256 = image::digest(b"an archive").replace("sha256:", "");
        desk.write(
            "SHA256SUMS",
            format!("{sha256}  iamra.tar.gz\n{sha256}  other\n").as_bytes(),
        );
        for name in ["iamra.tar.gz", "SHA256SUMS"] {
            sign_file(&key, &desk.path(name)).unwrap();
        }
        let subject = Subject {
            name: "iamra.tar.gz".to_owned(),
            sha256,
        };
        let line = built("dist").signed(&[subject], &key).unwrap();
        desk.write("provenance.intoto.jsonl", &line);
        desk
    }

    /// And an image in a registry; none where there is no registry.
    pub(super) fn with_registry() -> Option<Self> {
        let mut desk = Self::new();
        let storage = desk.path("storage").display().to_string();
        let configuration = desk.path("registry.yml");
        let server = Server::start("docker-registry", |address| {
            let text = format!(
                "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {storage}}}}}\n\
                 http: {{addr: \"{address}\"}}\n"
            );
            std::fs::write(&configuration, text).unwrap();
            vec!["serve".into(), configuration.clone().into()]
        })?;
        desk.registry = Some(server);
        desk.push();
        Some(desk)
    }

    /// Every named entry of the layout, as whoever pushes does.
    fn push(&self) {
        let layout = self.path("layout");
        image::written_sample(&layout);
        let of = |architecture: &str| {
            let target = if architecture == "amd64" {
                "x86_64"
            } else {
                "aarch64"
            };
            let sbom = sbom::of(&format!("{target}-unknown-linux-musl"), &[])?;
            Ok(vec![Statement {
                predicate_type: "https://cyclonedx.org/bom",
                predicate: serde_json::from_slice(&sbom).unwrap(),
            }])
        };
        let attested = Attested {
            of_all: vec![built("image")],
            of: &of,
        };
        sign_layout(&layout, &known(), "iamra", &attested).unwrap();
        let index = std::fs::read(layout.join("index.json")).unwrap();
        let index: Value = serde_json::from_slice(&index).unwrap();
        for entry in index["manifests"].as_array().unwrap() {
            let name = entry["annotations"]["org.opencontainers.image.ref.name"]
                .as_str()
                .unwrap();
            let tag = if name == "latest" { "0.1.0" } else { name };
            let line = format!(
                "skopeo copy --all oci:layout:{name} docker://registry.example/iamra:{tag}\n"
            );
            let output = self.run(&line);
            assert!(output.status.success(), "{line}{}", super::text(&output));
        }
    }

    /// A block as it stands in the page, but for the host.
    pub(super) fn run(&self, block: &str) -> Output {
        let plain = "--src-tls-verify=false";
        let block = self
            .here(block)
            .replace(
                "skopeo copy",
                &format!("skopeo --insecure-policy copy {plain} --dest-tls-verify=false"),
            )
            .replace("skopeo inspect", "skopeo inspect --tls-verify=false");
        self.command("sh").args(["-euc", &block]).output().unwrap()
    }

    /// The image, where the policy of the page lets it through.
    pub(super) fn copied_by_policy(&self) -> Output {
        let page = workspace::read(&workspace::root().join("docs/verify.md")).unwrap();
        let policy = page
            .split("```json\n")
            .nth(1)
            .and_then(|it| it.split("```").next());
        let key = self.path("iamra.pub").display().to_string();
        let policy = self.here(policy.unwrap()).replace("iamra.pub", &key);
        self.write("policy.json", policy.as_bytes());
        std::fs::create_dir_all(self.path("registries.d")).unwrap();
        let attachments = "default-docker: {use-sigstore-attachments: true}\n";
        self.write("registries.d/default.yaml", attachments.as_bytes());
        let from = self.here("docker://registry.example/iamra:0.1.0");
        self.command("skopeo")
            .args(["--policy", "policy.json", "--registries.d", "registries.d"])
            .args(["copy", "--src-tls-verify=false", &from, "dir:verified"])
            .output()
            .unwrap()
    }

    fn here(&self, text: &str) -> String {
        let Some(registry) = &self.registry else {
            return text.to_owned();
        };
        let host = registry.address.to_string();
        let own = text.replace("registry.example", &host);
        own.replace("mirror.example", &format!("{host}/mirror"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(peers::program(program).unwrap());
        command
            .current_dir(self.folder.path())
            .env("PATH", peers::path())
            .env("HOME", self.folder.path())
            .env("COSIGN_PASSWORD", PASSPHRASE);
        command
    }

    pub(super) fn public_key_of(&self, key: &str) -> String {
        self.write("passphrase", PASSPHRASE.as_bytes());
        let access = KeyAccess {
            passphrase_file: Some(self.path("passphrase")),
            ..KeyAccess::default()
        };
        let key = SigningKey::open(&self.path(key).display().to_string(), &access);
        public_key(&key.unwrap())
    }

    pub(super) fn write(&self, name: &str, contents: &[u8]) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        workspace::read(&self.path(name)).unwrap()
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The blocks of the page that are for this.
pub(super) fn blocks(which: fn(&str) -> bool) -> Vec<String> {
    let page = Page::read(&workspace::root().join("docs/verify.md")).unwrap();
    let mut blocks = shell_blocks::blocks(&page);
    blocks.retain(|block| which(block));
    blocks
}

fn built(command: &'static str) -> Statement {
    let built = provenance::Built {
        command,
        parameters: json!({}),
        builder: None,
    };
    provenance::of(&built).unwrap()
}

fn public_key(key: &SigningKey) -> String {
    key.public_key().to_public_key_pem(LineEnding::LF).unwrap()
}

const PASSPHRASE: &str = "correct horse";

pub(super) static OTHER_PUBLIC_KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let key = p256::SecretKey::from_slice(&[8; 32]).unwrap().public_key();
    key.to_public_key_pem(LineEnding::LF).unwrap().into_bytes()
});
