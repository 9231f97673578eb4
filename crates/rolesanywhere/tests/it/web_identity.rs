//! From a token of an identity provider to a role. The sandbox is no identity
//! provider: a few bytes play STS.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use destination::{Destination, HttpClient};
use refresh::{Backoff, Fault as _, FaultKind, Retry};
use rolesanywhere::{AssumeRoleWithWebIdentity, Error, Session, Sts};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
const SESSION: &str = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>\
    <AssumedRoleUser><Arn>arn:aws:sts::210987654321:assumed-role/next/pod</Arn></AssumedRoleUser>\
    <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
    <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>\
    </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

/// What STS is asked, and the session, where each answer is given once.
async fn assumed(answers: &[(u16, &str)]) -> (Result<Session, Error>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let answers: Vec<String> = answers
        .iter()
        .map(|(status, body)| whole(*status, body))
        .collect();
    let log = Arc::clone(&asked);
    let server = tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !String::from_utf8_lossy(&request).contains("c2ln") {
                stream.read_buf(&mut request).await.unwrap();
            }
            log.lock()
                .unwrap()
                .push(String::from_utf8(request).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let http = Arc::new(HttpClient::new(Destination::default()).unwrap());
    let sts = Sts::new(http, "us-east-1".parse().unwrap())
        .with_endpoint(url.parse().unwrap())
        .with_retry(Retry {
            attempts: 2,
            backoff: Backoff::REQUEST,
            within: Duration::from_secs(20),
        });
    let role = "arn:aws:iam::210987654321:role/next".parse().unwrap();
    let request = AssumeRoleWithWebIdentity::new(role, "pod".parse().unwrap(), TOKEN.into());
    let session = sts.assume_role_with_web_identity(&request).await;
    server.abort();
    let asked = asked.lock().unwrap().clone();
    (session, asked)
}

/// An answer of a year long past.
fn whole(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nDate: Thu, 01 Jan 2015 00:00:00 GMT\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn refusal(code: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>")
}

#[tokio::test]
async fn the_token_alone_opens_a_session() {
    let (session, asked) = assumed(&[(200, SESSION)]).await;
    let session = session.unwrap();
    assert_eq!(session.access_key_id, "ASIAEXAMPLE");
    assert_eq!(session.name().unwrap().to_string(), "pod");
    let head = asked[0].to_lowercase();
    assert!(head.starts_with("post / http/1.1\r\n"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    assert!(!head.contains("x-amz-date"), "{head}");
}

#[tokio::test]
async fn an_identity_provider_that_does_not_answer_is_asked_again() {
    let away = refusal("IDPCommunicationError");
    let (session, asked) = assumed(&[(400, &away), (200, SESSION)]).await;
    assert!(session.is_ok(), "{session:?}");
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn a_refusal_is_final_and_not_due_to_the_clock() {
    let refusal = refusal("InvalidIdentityToken");
    let (session, asked) = assumed(&[(400, &refusal), (200, SESSION)]).await;
    let error = session.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert_eq!((error.fault(), asked.len()), (FaultKind::Denied, 1));
}
