//! What a server may listen on.

use std::sync::Arc;

use credential_server::{ContainerAccess, CredentialServer, Doors, Listener, Settings};
use refresh::ManualClock;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};

use crate::client::{get, is_closed, receive, request, send, token};
use crate::fixture::{broker, serving_with, start};

const OPEN: Doors = Doors {
    imds: true,
    container: ContainerAccess::Open,
};

fn server() -> CredentialServer<crate::fixture::TestBroker> {
    let clock = Arc::new(ManualClock::new(start()));
    CredentialServer::new(broker(), clock, Settings::default()).unwrap()
}

#[tokio::test]
async fn both_loopbacks_are_served_and_a_token_is_good_at_both() {
    let server = server();
    let four = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let Ok(six) = TcpListener::bind("[::1]:0").await else {
        println!("SKIPPED: no IPv6 loopback here");
        return;
    };
    let addresses = [four.local_addr().unwrap(), six.local_addr().unwrap()];
    let listeners = vec![
        Listener::tcp(four, Doors::IMDS),
        Listener::tcp(six, Doors::IMDS),
    ];
    let test = async {
        for first in addresses {
            let token = token(first, 60).await;
            for second in addresses {
                let headers = [("X-aws-ec2-metadata-token", token.as_str())];
                let reply = get(
                    second,
                    "/latest/meta-data/iam/security-credentials/app",
                    &headers,
                );
                assert_eq!(reply.await.status, 200);
            }
        }
    };
    tokio::select! {
        never = server.serve(listeners) => match never {},
        () = test => {}
    }
}

#[tokio::test]
async fn connections_end_with_the_future_that_serves_them() {
    let server = server();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut stream = tokio::select! {
        never = server.serve(vec![Listener::tcp(socket, OPEN)]) => match never {},
        stream = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            send(&mut stream, &request("GET", "/nothing", &[])).await;
            assert_eq!(receive(&mut stream).await.unwrap().status, 404);
            stream
        } => stream,
    };
    assert!(is_closed(&mut stream).await);
    assert!(TcpStream::connect(address).await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_knows_its_peer() {
    use tokio::net::{UnixListener, UnixStream};
    let me = rustix::process::geteuid().as_raw();
    let folder = tempfile::tempdir().unwrap();
    for (index, (allowed, status)) in [
        (None, 200),
        (Some(vec![me]), 200),
        (Some(vec![me + 1]), 403),
        (Some(vec![]), 403),
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{index}.sock"));
        let mut listener = Listener::unix(UnixListener::bind(&path).unwrap(), OPEN);
        if let Some(uids) = allowed {
            listener = listener.with_allowed_uids(uids);
        }
        serving_with(
            Settings::default(),
            async |_| listener,
            async |fixture| {
                let mut stream = UnixStream::connect(&path).await.unwrap();
                send(&mut stream, &request("GET", "/creds", &[])).await;
                let reply = receive(&mut stream).await.unwrap();
                assert_eq!(reply.status, status);
                let audit = fixture.server.broker().audit.lock().unwrap().len();
                assert_eq!(audit == 1, status == 200);
            },
        )
        .await;
    }
}

#[tokio::test]
async fn tls_is_spoken_where_it_is_configured() {
    let (server, client) = tls();
    let listener = async |socket| Listener::tcp(socket, Doors::ALL).with_tls(server);
    serving_with(Settings::default(), listener, async |fixture| {
        let tcp = TcpStream::connect(fixture.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = client.connect(name, tcp).await.unwrap();
        let headers = [("Authorization", "t0ken")];
        send(&mut stream, &request("GET", "/creds", &headers)).await;
        assert_eq!(receive(&mut stream).await.unwrap().status, 200);

        let mut plain = TcpStream::connect(fixture.address).await.unwrap();
        send(&mut plain, &request("GET", "/creds", &headers)).await;
        let mut answer = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut plain, &mut answer).await;
        assert!(!answer.starts_with(b"HTTP"));
        assert_eq!(fixture.server.counters().broken_connections(), 1);
    })
    .await;
}

fn tls() -> (Arc<ServerConfig>, tokio_rustls::TlsConnector) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client).into())
}
