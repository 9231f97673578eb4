use bytes::Bytes;
use destination::{
    CertificateProblem, ClientIdentity, Destination, Error, HttpClient, Response, Roots,
    ServerName, Verification,
};
use http::Request;
use refresh::{Fault as _, FaultKind};

use crate::peer::{Ca, OK, serve};

pub(crate) async fn fetch(
    destination: Destination,
    host: &str,
    port: u16,
) -> Result<Response, Error> {
    let request = Request::get(format!("https://{host}:{port}/"))
        .body(Bytes::new())
        .unwrap();
    HttpClient::new(destination)?.send(request).await
}

pub(crate) fn trusting(ca: &Ca) -> Destination {
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
async fn what_a_program_holds_needs_no_file() {
    let (ca, clients, others) = (Ca::new(), Ca::new(), Ca::new());
    let port = serve(Some(ca.server("localhost", Some(&clients))), OK).await;
    let (certificate, _, key) = clients.issue("client");
    let held = |ca: &Ca| Destination {
        roots: Roots::Held(vec![ca.der()]),
        client_identity: Some(ClientIdentity::Held {
            certificates: vec![certificate.clone()],
            private_key: key.serialize_der().into(),
        }),
        ..Destination::default()
    };
    assert!(fetch(held(&ca), "localhost", port).await.is_ok());
    let problem = problem(fetch(held(&others), "localhost", port).await);
    assert_eq!(problem, CertificateProblem::UnknownIssuer);
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
