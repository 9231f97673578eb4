//! One `bao server -dev`, for as long as a test needs it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use destination::{Destination, HttpClient, Roots};
use serde_json::Value;

use super::api::{Api, Question};
use crate::laboratory::Laboratory;
use crate::peer::Peer;

/// The root token of the development mode; everything is in memory.
const ROOT_TOKEN: &str = "root-of-the-test";

pub(crate) struct Server(Child);

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
    /// Starts a server and waits until it answers.
    pub(crate) fn start(
        program: &Peer,
        laboratory: &Laboratory,
        transport: Transport,
    ) -> (Self, Api) {
        let port = free_ports();
        let mut command = command(program, laboratory, port);
        if transport == Transport::Tls {
            command.args(["-dev-tls", "-dev-tls-cert-dir", "."]);
        }
        let mut server = Self(command.spawn().unwrap());
        let (scheme, roots) = match transport {
            Transport::Plain => ("http", Roots::System),
            Transport::Tls => ("https", Roots::File(laboratory.path(CA_FILE))),
        };
        let destination = Destination {
            roots,
            ..Destination::default()
        };
        let api = server.wait(&destination, &format!("{scheme}://127.0.0.1:{port}"));
        (server, api)
    }

    fn wait(&mut self, destination: &Destination, url: &str) -> Api {
        let question = Question {
            method: "GET",
            path: "sys/health",
            token: None,
            body: &Value::Null,
        };
        for _ in 0..300 {
            // With TLS there is no client before the server has made its CA.
            if let Ok(client) = HttpClient::new(destination.clone()) {
                let api = Api::new(client, url.to_owned(), ROOT_TOKEN);
                if api.try_ask(question).is_ok_and(|a| a.status == 200) {
                    return api;
                }
            }
            let ended = self.0.try_wait().unwrap();
            assert!(ended.is_none(), "OpenBao ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("OpenBao does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(program: &Peer, laboratory: &Laboratory, port: u16) -> Command {
    let mut command = program.command(laboratory);
    command
        .args(["server", "-dev", "-dev-no-store-token"])
        .arg(format!("-dev-root-token-id={ROOT_TOKEN}"))
        .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
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
