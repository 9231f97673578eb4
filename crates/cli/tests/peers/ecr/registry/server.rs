//! One docker-registry, for as long as a test needs it.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use super::super::HOST;
use super::super::stage::Stage;
use crate::daemon::free_address;
use crate::laboratory::Laboratory;
use crate::peer::Peer;
use crate::run::Run;

pub(super) struct Server {
    child: Child,
    python: Peer,
    pub(super) address: SocketAddr,
    /// Who signed its certificate, in PEM.
    pub(super) authority: String,
}

impl Server {
    /// With TLS, under the name of the sandbox's registry. Nobody is let in
    /// before [`Server::admit`].
    pub(super) fn start(laboratory: &Laboratory) -> Option<Self> {
        let program = Peer::program("docker-registry")?;
        let python = Peer::python("bcrypt")?;
        let address = free_address();
        let authority = write_identity(laboratory);
        laboratory.write("htpasswd", "");
        let config = laboratory.write("registry.yml", &configuration(laboratory, &address));
        let child = Command::new(program.path())
            .args(["serve", &config])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut server = Self {
            child: child.unwrap(),
            python,
            address: address.parse().unwrap(),
            authority,
        };
        server.wait();
        Some(server)
    }

    /// Lets in whoever has this password, and nobody else.
    pub(super) fn admit(&self, stage: &Stage, password: &str) {
        let mut command = stage.peer(&self.python);
        let line = Run::told(command.args(["-c", HASH]), password).ok().stdout;
        stage.laboratory.write("htpasswd", &line);
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

/// bcrypt heeds the first 72 bytes of a password, and its newer releases refuse
/// longer ones; the server only looks at as many.
const HASH: &str = "import bcrypt, sys
password = sys.stdin.buffer.read()[:72]
print('AWS:' + bcrypt.hashpw(password, bcrypt.gensalt(4)).decode())";

fn configuration(laboratory: &Laboratory, address: &str) -> String {
    let path = |name: &str| laboratory.path(name).display().to_string();
    format!(
        "version: 0.1
storage: {{filesystem: {{rootdirectory: {storage}}}}}
http:
  addr: {address}
  tls: {{certificate: {certificate}, key: {key}}}
auth: {{htpasswd: {{realm: registry, path: {passwords}}}}}
",
        storage = path("storage"),
        certificate = path("registry.pem"),
        key = path("registry.key"),
        passwords = path("htpasswd"),
    )
}

/// Certificate and key for the registry's name; returns who signed it.
fn write_identity(laboratory: &Laboratory) -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([HOST.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    laboratory.write("registry.pem", &certificate.pem());
    laboratory.write("registry.key", &key.serialize_pem());
    authority
}
