use http::{HeaderMap, StatusCode};

use super::*;
use crate::Session;
use crate::sender::Answer;
use crate::sts::assumed;

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";

fn request(token: &str) -> AssumeRoleWithWebIdentity {
    AssumeRoleWithWebIdentity::new(
        "arn:aws-cn:iam::210987654321:role/next".parse().unwrap(),
        "7b".parse().unwrap(),
        token.into(),
    )
}

fn response(status: u16, body: &str) -> Response {
    Response {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec().into(),
    }
}

#[test]
fn the_form_holds_what_was_asked_for_and_nothing_is_signed() {
    let mut asked = request(TOKEN);
    asked.duration = Some("900".parse().unwrap());
    let endpoint = "https://sts.cn-north-1.amazonaws.com.cn".parse().unwrap();
    let sent = WebIdentity(&asked).signed(&endpoint, SystemTime::UNIX_EPOCH);
    let sent = sent.unwrap();
    let names: Vec<&str> = sent
        .headers()
        .keys()
        .map(http::HeaderName::as_str)
        .collect();
    assert_eq!(names, ["content-type"]);
    assert_eq!(sent.uri(), "https://sts.cn-north-1.amazonaws.com.cn/");
    let expected = [
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15",
        "RoleArn=arn%3Aaws-cn%3Aiam%3A%3A210987654321%3Arole%2Fnext&RoleSessionName=7b",
        "DurationSeconds=900",
        &format!("WebIdentityToken={TOKEN}"),
    ];
    assert_eq!(sent.body(), expected.join("&").as_str());
}

#[test]
fn debug_shows_no_part_of_the_token() {
    assert_eq!(
        format!("{:?}", request(TOKEN)),
        r#"AssumeRoleWithWebIdentity { role: "arn:aws-cn:iam::210987654321:role/next", session_name: "7b", duration: None, .. }"#
    );
}

const ANSWER: &str = r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>system:serviceaccount:a:b</SubjectFromWebIdentityToken>
  <Audience>sts.amazonaws.com</Audience><AssumedRoleUser><Arn>arn:aws-cn:sts::210987654321:assumed-role/next/7b</Arn>
  <AssumedRoleId>AROA:7b</AssumedRoleId></AssumedRoleUser><Credentials><SessionToken>hunter3</SessionToken>
  <SecretAccessKey>hunter2</SecretAccessKey><Expiration>2026-11-21T05:51:05Z</Expiration>
  <AccessKeyId>ASIAEXAMPLE</AccessKeyId></Credentials><Provider>arn:aws-cn:iam::210987654321:oidc-provider/x</Provider>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"#;

fn read(body: &str) -> Result<Session, String> {
    let answer = Answer {
        response: response(200, body),
        sent_at: SystemTime::UNIX_EPOCH,
        signed_at: SystemTime::UNIX_EPOCH,
        skew: None,
    };
    let session = assumed::session(WebIdentity::NAME, request(TOKEN).role(), &answer);
    session.map_err(|error| error.to_string())
}

#[test]
fn the_answer_becomes_a_session() {
    let session = read(ANSWER).unwrap();
    assert_eq!(session.access_key_id, "ASIAEXAMPLE");
    assert_eq!(session.secret_access_key.expose_secret(), "hunter2");
    assert_eq!(session.session_token.expose_secret(), "hunter3");
    assert_eq!(session.expiration, "2026-11-21T05:51:05Z");
    assert_eq!(session.role_arn, "arn:aws-cn:iam::210987654321:role/next");
    assert_eq!(session.name().unwrap().to_string(), "7b");
}

#[test]
fn an_answer_without_whole_credentials_is_an_error() {
    for (from, to, expected) in [
        ("hunter2", "", "its secret access key is empty"),
        ("Credentials>", "Other>", "it holds no credentials"),
        (
            "WithWebIdentityResult>",
            "Result>",
            "it is not the XML of a session",
        ),
    ] {
        assert_eq!(read(&ANSWER.replace(from, to)).unwrap_err(), expected);
    }
}

#[test]
fn a_refusal_never_repeats_the_token() {
    let refusal = |message: &str| {
        let body = format!(
            "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>{message}</Message>\
             </Error><RequestId>r</RequestId></ErrorResponse>"
        );
        let asked = request(TOKEN);
        let refusal = WebIdentity(&asked).refusal(&response(400, &body));
        refusal.unwrap().to_string()
    };
    assert_eq!(
        refusal("No OpenIDConnect provider found"),
        "InvalidIdentityToken: No OpenIDConnect provider found (HTTP 400, request id r)"
    );
    for repeated in [TOKEN, &TOKEN[..20]] {
        let shown = refusal(&format!("Value '{repeated}' at 'webIdentityToken'"));
        assert_eq!(
            shown,
            "ValidationError: the message repeats the token and is not shown (HTTP 400, request id r)"
        );
    }
}
