//! Peers with which no connection comes about.

use destination::{ClientIdentity, Destination, Error};
use refresh::{Fault as _, FaultKind};
use tokio::io::AsyncWriteExt as _;

use crate::peer::{Ca, OK, serve};
use crate::trust::{fetch, trusting};

#[tokio::test]
async fn plain_http_at_an_https_address_is_a_matter_of_configuration() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    });
    let error = fetch(Destination::default(), "127.0.0.1", port)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotTls { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "127.0.0.1 does not speak TLS at this port"
    );
    assert_eq!(error.fault(), FaultKind::Configuration);
}

#[tokio::test]
async fn a_refused_client_certificate_is_a_matter_of_configuration() {
    let (ca, clients, strangers) = (Ca::new(), Ca::new(), Ca::new());
    let port = serve(Some(ca.server("localhost", Some(&clients))), OK).await;
    let (_, certificate, key) = strangers.issue("client");
    let strange = ClientIdentity::Pem {
        certificate: certificate.into_bytes(),
        private_key: key.serialize_pem().into_bytes().into(),
    };
    for (client_identity, expected) in [(None, "CertificateRequired"), (Some(strange), "UnknownCA")]
    {
        let destination = Destination {
            client_identity,
            ..trusting(&ca)
        };
        let error = fetch(destination, "localhost", port).await.unwrap_err();
        let Error::ClientCertificateRefused { host, alert } = &error else {
            panic!("{expected}: {error:?}");
        };
        assert_eq!((host.as_str(), alert.as_str()), ("localhost", expected));
        assert_eq!(error.fault(), FaultKind::Configuration);
    }
}
