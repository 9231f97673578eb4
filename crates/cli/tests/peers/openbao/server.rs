//! One OpenBao, for as long as a test needs it.

use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use destination::{Destination, HttpClient, Roots};
use serde_json::{Value, json};

use super::api::{Api, Question};
use crate::laboratory::Laboratory;
use crate::peer::Peer;

/// The root token of the development mode; everything is in memory.
const ROOT_TOKEN: &str = "root-of-the-test";

pub(crate) struct Server {
    child: Child,
    command: Command,
    /// What unseals it.
    pub(crate) unseal_key: String,
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transport {
    Plain,
    /// With a CA of its own, in [`CA_FILE`] of the laboratory.
    Tls,
}

/// Where a server with TLS puts its CA.
pub(crate) const CA_FILE: &str = "vault-ca.pem";

impl Server {
    /// Starts a server in development mode and waits until it answers.
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    pub(crate) fn start(
        program: &Peer,
        laboratory: &Laboratory,
        transport: Transport,
    ) -> (Self, Api) {
        let port = free_ports();
        let mut command = command(program, laboratory, "-dev");
        command
            .arg("-dev-no-store-token")
            .arg(format!("-dev-root-token-id={ROOT_TOKEN}"))
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        if transport == Transport::Tls {
            command.args(["-dev-tls", "-dev-tls-cert-dir", "."]);
        }
        let said = laboratory.path("bao-stdout");
        command.stdout(File::create(&said).unwrap());
        let mut server = Self::new(command);
        let (scheme, roots) = match transport {
            Transport::Plain => ("http", Roots::System),
            Transport::Tls => ("https", Roots::File(laboratory.path(CA_FILE))),
        };
        let destination = Destination {
            roots,
            ..Destination::default()
        };
        let url = format!("{scheme}://127.0.0.1:{port}");
        let api = server.wait((&destination, &url), ROOT_TOKEN, 200);
        // It answers before it has said all.
        let key = server.until(|| unseal_key(&std::fs::read_to_string(&said).unwrap()));
        server.unseal_key = key;
        (server, api)
    }

    /// Starts a server that keeps its data in the laboratory, so that it can
    /// be started again.
    pub(crate) fn durable(program: &Peer, laboratory: &Laboratory) -> (Self, Api) {
        std::fs::create_dir(laboratory.path("raft")).unwrap();
        let port = free_ports();
        let configuration = laboratory.write("bao.hcl", &configuration(port));
        let command = command(program, laboratory, &format!("-config={configuration}"));
        let mut server = Self::new(command);
        let destination = Destination::default();
        let peer = (&destination, &*format!("http://127.0.0.1:{port}"));
        let api = server.wait(peer, "", NOT_INITIALISED);
        let shares = json!({ "secret_shares": 1, "secret_threshold": 1 });
        let secrets = api.demand("PUT", "sys/init", &shares);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        server.unseal_key = text(&secrets["keys"][0]);
        server.unseal(&api);
        let api = server.wait(peer, &text(&secrets["root_token"]), 200);
        (server, api)
    }

    fn new(mut command: Command) -> Self {
        Self {
            child: command.spawn().unwrap(),
            command,
            unseal_key: String::new(),
        }
    }

    pub(crate) fn unseal(&self, api: &Api) {
        api.demand("PUT", "sys/unseal", &json!({ "key": self.unseal_key }));
    }

    /// Ends it, without a word to those who are connected.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after it was killed; it is sealed then.
    pub(crate) fn start_again(&mut self, api: &Api) {
        self.child = self.command.spawn().unwrap();
        self.until(|| is_at(api, SEALED).then_some(()));
    }

    fn wait(&mut self, peer: (&Destination, &str), root_token: &str, status: u16) -> Api {
        self.until(|| {
            // With TLS there is no client before the server has made its CA.
            let client = HttpClient::new(peer.0.clone()).ok()?;
            let api = Api::new(client, peer.1.to_owned(), root_token);
            is_at(&api, status).then_some(api)
        })
    }

    fn until<T>(&mut self, mut found: impl FnMut() -> Option<T>) -> T {
        for _ in 0..300 {
            if let Some(found) = found() {
                return found;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "OpenBao ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("OpenBao does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether its health has this status, of those in OpenBao's documentation.
fn is_at(api: &Api, status: u16) -> bool {
    let question = Question {
        method: "GET",
        path: "sys/health",
        token: None,
        body: &Value::Null,
    };
    api.try_ask(question)
        .is_ok_and(|answer| answer.status == status)
}

const NOT_INITIALISED: u16 = 501;
const SEALED: u16 = 503;

/// From what the development mode prints.
fn unseal_key(said: &str) -> Option<String> {
    let (_, key) = said.split_once("Unseal Key: ")?;
    let (key, _) = key.split_once('\n')?;
    Some(key.to_owned())
}

fn configuration(port: u16) -> String {
    format!(
        r#"
        storage "raft" {{
          path = "raft"
          node_id = "one"
        }}
        listener "tcp" {{
          address = "127.0.0.1:{port}"
          tls_disable = true
        }}
        api_addr = "http://127.0.0.1:{port}"
        cluster_addr = "http://127.0.0.1:{}"
        "#,
        port + 1
    )
}

fn command(program: &Peer, laboratory: &Laboratory, how: &str) -> Command {
    let mut command = program.command(laboratory);
    command
        .args(["server", how])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // It is a server here, whatever the client's environment says.
    for name in ["VAULT_ADDR", "VAULT_TOKEN", "VAULT_CACERT"] {
        command.env_remove(name);
    }
    command
}

/// A port that is free together with the next one, which OpenBao takes for its
/// cluster.
fn free_ports() -> u16 {
    for _ in 0..100 {
        let api = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = api.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two neighbouring ports are free");
}
