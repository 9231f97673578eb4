use std::path::PathBuf;

use bytes::Bytes;
use destination::{
    CertificateProblem, ClientIdentity, Destination, Error, HttpClient, Response, Roots,
    ServerName, Verification,
};
use http::Request;
use refresh::{Fault as _, FaultKind};
use tokio::io::AsyncWriteExt as _;

use crate::peer::{Ca, OK, serve};

async fn fetch(destination: Destination, host: &str, port: u16) -> Result<Response, Error> {
    let request = Request::get(format!("https://{host}:{port}/"))
        .body(Bytes::new())
        .unwrap();
    HttpClient::new(destination)?.send(request).await
}

fn trusting(ca: &Ca) -> Destination {
    Destination {
        roots: Roots::Pem(ca.pem().into_bytes()),
        ..Destination::default()
    }
}

fn problem(result: Result<Response, Error>) -> CertificateProblem {
    match result.unwrap_err() {
        Error::UntrustedCertificate { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_the_given_ca_is_trusted() {
    let (ours, theirs) = (Ca::new(), Ca::new());
    let port = serve(Some(ours.server("localhost", None)), OK).await;
    assert!(fetch(trusting(&ours), "localhost", port).await.is_ok());
    for destination in [trusting(&theirs), Destination::default()] {
        let problem = problem(fetch(destination, "localhost", port).await);
        assert_eq!(problem, CertificateProblem::UnknownIssuer);
    }
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_matter_of_configuration() {
    let port = serve(Some(Ca::new().server("localhost", None)), OK).await;
    let error = fetch(Destination::default(), "localhost", port)
        .await
        .unwrap_err();
    let expected = "the certificate of localhost is not trusted: it was issued by an unknown CA";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.fault(), FaultKind::Configuration);
}

#[tokio::test]
async fn another_name_is_refused_unless_it_is_the_one_asked_for() {
    let ca = Ca::new();
    let port = serve(Some(ca.server("vault.example", None)), "{echo}").await;
    let refused = problem(fetch(trusting(&ca), "127.0.0.1", port).await);
    assert_eq!(refused, CertificateProblem::OtherName);
    let named = |name: &str| Destination {
        server_name: Some(ServerName {
            host: "127.0.0.1".to_owned(),
            name: name.to_owned(),
        }),
        ..trusting(&ca)
    };
    let response = fetch(named("vault.example"), "127.0.0.1", port)
        .await
        .unwrap();
    let head = String::from_utf8(response.body.to_vec())
        .unwrap()
        .to_lowercase();
    assert!(head.contains(&format!("host: 127.0.0.1:{port}")), "{head}");
    let refused = problem(fetch(named("other.example"), "127.0.0.1", port).await);
    assert_eq!(refused, CertificateProblem::OtherName);
}

#[tokio::test]
async fn a_check_that_is_switched_off_is_off_for_this_destination_only() {
    let port = serve(Some(Ca::new().server("other", None)), OK).await;
    let unchecked = Destination {
        verification: Verification::DangerousNone,
        ..Destination::default()
    };
    assert!(fetch(unchecked, "localhost", port).await.is_ok());
    assert!(
        fetch(Destination::default(), "localhost", port)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn plain_http_at_an_https_address_is_a_failed_handshake() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let error = fetch(Destination::default(), "127.0.0.1", port)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_read_again_when_it_changes() {
    let (ca, clients, strangers) = (Ca::new(), Ca::new(), Ca::new());
    let port = serve(Some(ca.server("localhost", Some(&clients))), OK).await;
    let folder = tempfile::tempdir().unwrap();
    let place = |issuer: &Ca, padding: &str| {
        let (_, certificate, key) = issuer.issue("client");
        write(
            folder.path().join("tls.crt"),
            &format!("{certificate}{padding}"),
        );
        write(folder.path().join("tls.key"), &key.serialize_pem());
    };
    place(&strangers, "");
    let client = HttpClient::new(Destination {
        client_identity: Some(ClientIdentity::Files {
            certificate: folder.path().join("tls.crt"),
            private_key: folder.path().join("tls.key"),
        }),
        ..trusting(&ca)
    })
    .unwrap();
    let request = || {
        Request::get(format!("https://localhost:{port}/"))
            .body(Bytes::new())
            .unwrap()
    };
    assert!(client.send(request()).await.is_err());
    place(&clients, "\n");
    assert!(client.send(request()).await.is_ok());
    // Half a rotation: what stands there cannot be used, so the last good one is.
    write(folder.path().join("tls.key"), "not a key");
    assert!(client.send(request()).await.is_ok());
}

#[tokio::test]
async fn a_ca_file_is_read_again_when_it_changes() {
    let (old, new) = (Ca::new(), Ca::new());
    let port = serve(Some(new.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    write(path.clone(), &old.pem());
    let client = HttpClient::new(Destination {
        roots: Roots::File(path.clone()),
        ..Destination::default()
    })
    .unwrap();
    let request = || {
        Request::get(format!("https://localhost:{port}/"))
            .body(Bytes::new())
            .unwrap()
    };
    assert!(client.send(request()).await.is_err());
    write(path, &format!("{}{}", old.pem(), new.pem()));
    assert!(client.send(request()).await.is_ok());
}

#[tokio::test]
async fn a_folder_of_certificates_is_read_past_what_is_none() {
    let ca = Ca::new();
    let port = serve(Some(ca.server("localhost", None)), OK).await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path().join("README"), "not a certificate");
    write(folder.path().join("ca.pem"), &ca.pem());
    std::fs::create_dir(folder.path().join("old")).unwrap();
    let destination = Destination {
        roots: Roots::Directory(folder.path().to_owned()),
        ..Destination::default()
    };
    assert!(fetch(destination, "localhost", port).await.is_ok());
}

#[test]
fn files_that_are_no_use_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(path("empty.pem"), "");
    write(
        path("broken.pem"),
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    );
    for (roots, expected) in [
        (
            Roots::File(path("missing.pem")),
            "cannot read FOLDER/missing.pem",
        ),
        (
            Roots::File(path("empty.pem")),
            "FOLDER/empty.pem holds no CA certificate",
        ),
        (
            Roots::File(path("broken.pem")),
            "FOLDER/broken.pem is not valid PEM of the expected kind",
        ),
        (
            Roots::Directory(path("missing")),
            "cannot read FOLDER/missing",
        ),
        (Roots::Pem(Vec::new()), "(PEM text) holds no CA certificate"),
    ] {
        let destination = Destination {
            roots,
            ..Destination::default()
        };
        let error = HttpClient::new(destination).unwrap_err().to_string();
        assert_eq!(
            error.replace(folder.path().to_str().unwrap(), "FOLDER"),
            expected
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
fn write(path: PathBuf, text: &str) {
    std::fs::write(path, text).unwrap();
}
