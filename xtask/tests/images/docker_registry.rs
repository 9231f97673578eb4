//! Debian's docker-registry, for as long as a test needs it.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::tool::peer;

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Server {
    /// On loopback, open to all.
    pub(crate) fn start() -> Option<Self> {
        Self::with(|_| String::new())
    }

    /// Only for `AWS` with the password `token`, under a certificate of its own.
    pub(crate) fn guarded() -> Option<Self> {
        Self::with(|folder| {
            let path = |name: &str| folder.join(name).display().to_string();
            write_identity(folder);
            std::fs::write(path("htpasswd"), format!("AWS:{TOKEN}\n")).unwrap();
            format!(
                "  tls: {{certificate: {}, key: {}}}\nauth: {{htpasswd: {{realm: registry, path: {}}}}}\n",
                path("registry.pem"),
                path("registry.key"),
                path("htpasswd"),
            )
        })
    }

    fn with(more: impl Fn(&Path) -> String) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("storage")).unwrap();
        let more = more(folder.path());
        Self::at(folder, &more)
    }

    /// With its storage in this folder.
    pub(crate) fn at(folder: tempfile::TempDir, more: &str) -> Option<Self> {
        let program = peer("docker-registry")?;
        let address = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = address.local_addr().unwrap();
        let storage = folder.path().join("storage").display().to_string();
        let config = folder.path().join("registry.yml");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {storage}}}}}\nhttp:\n  addr: {address}\n{more}"
        );
        std::fs::write(&config, text).unwrap();
        let child = Command::new(program)
            .arg("serve")
            .arg(&config)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut server = Self {
            child: child.unwrap(),
            address,
            folder,
        };
        server.wait();
        Some(server)
    }

    pub(crate) fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// A file of its own.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The blobs that a repository has, without the name of their digest's algorithm.
    pub(crate) fn blobs(&self, repository: &str) -> BTreeSet<String> {
        let path = format!("storage/docker/registry/v2/repositories/{repository}/_layers/sha256");
        let entries = std::fs::read_dir(self.file(&path)).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// The tags that a repository has.
    pub(crate) fn tags(&self, repository: &str) -> BTreeSet<String> {
        let path = format!("storage/docker/registry/v2/repositories/{repository}/_manifests/tags");
        let entries = std::fs::read_dir(self.file(&path)).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn wait(&mut self) {
        for _ in 0..300 {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "docker-registry ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("docker-registry does not listen");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Certificate and key for loopback, and who signed it as `ca.pem`.
fn write_identity(folder: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    for (name, text) in [
        ("ca.pem", authority),
        ("registry.pem", certificate.pem()),
        ("registry.key", key.serialize_pem()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// `token`, by bcrypt.
const TOKEN: &str = "$2y$05$abcdefghijklmnopqrstuuTYZ4IKoV/JIXC/uluHFMHMKgj.SMh9C";
