use secrecy::ExposeSecret as _;

use super::*;
use crate::Session;
use crate::sender::Answer;
use crate::sts::assumed;

fn request() -> AssumeRole {
    AssumeRole::new(
        "arn:aws:iam::210987654321:role/next".parse().unwrap(),
        "7b".parse().unwrap(),
    )
}

/// The whole is what botocore 1.43 sends for the same, byte for byte.
#[test]
fn the_form_holds_what_was_asked_for_and_no_more() {
    let mut request = request();
    let start = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fnext&RoleSessionName=7b";
    assert_eq!(request.body(), start);
    request.duration = Some("900".parse().unwrap());
    request.external_id = Some("a/b:c".parse().unwrap());
    request.policy = Some("{ }".parse().unwrap());
    request.policy_arns = vec!["arn:aws:iam::aws:policy/X".parse().unwrap()];
    let tags = vec![("Team".into(), "a b".into()), ("x".into(), String::new())];
    request.tags = SessionTags::new(tags, vec!["x".into()]).unwrap();
    let expected = [
        start,
        "DurationSeconds=900",
        "ExternalId=a%2Fb%3Ac",
        "Policy=%7B%7D",
        "PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FX",
        "Tags.member.1.Key=Team",
        "Tags.member.1.Value=a+b",
        "Tags.member.2.Key=x",
        "Tags.member.2.Value=",
        "TransitiveTagKeys.member.1=x",
    ];
    assert_eq!(request.body(), expected.join("&"));
}

#[test]
fn external_ids_have_bounds() {
    for text in ["ab", "a_+=,.@:/-Z9", &"a".repeat(1224)] {
        assert!(text.parse::<ExternalId>().is_ok(), "{text}");
    }
    for text in ["", "a", "a b", "ü1", &"a".repeat(1225)] {
        assert!(text.parse::<ExternalId>().is_err(), "{text}");
    }
}

const ANSWER: &str = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:7b</AssumedRoleId>
  <Arn>arn:aws:sts::210987654321:assumed-role/next/7b</Arn></AssumedRoleUser>
  <Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>hunter2</SecretAccessKey>
  <SessionToken>hunter3</SessionToken><Expiration>2026-11-21T05:51:05Z</Expiration></Credentials>
  <SourceIdentity>CN=app</SourceIdentity><PackedPolicySize>6</PackedPolicySize></AssumeRoleResult>
  <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></AssumeRoleResponse>"#;

fn read(body: &str) -> Result<Session, String> {
    let answer = Answer {
        response: Response {
            status: http::StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: body.as_bytes().to_vec().into(),
        },
        sent_at: SystemTime::UNIX_EPOCH,
        signed_at: SystemTime::UNIX_EPOCH,
        skew: None,
    };
    assumed::session(Assumption::NAME, request().role(), &answer).map_err(|error| error.to_string())
}

#[test]
fn the_answer_becomes_a_session() {
    let session = read(ANSWER).unwrap();
    assert_eq!(session.access_key_id, "ASIAEXAMPLE");
    assert_eq!(session.secret_access_key.expose_secret(), "hunter2");
    assert_eq!(session.session_token.expose_secret(), "hunter3");
    assert_eq!(session.expiration, "2026-11-21T05:51:05Z");
    assert_eq!(session.role_arn, "arn:aws:iam::210987654321:role/next");
    assert_eq!(session.name().unwrap().to_string(), "7b");
    assert_eq!(session.source_identity, "CN=app");
    assert_eq!(session.packed_policy_size, Some(6));
}

#[test]
fn an_answer_without_whole_credentials_is_an_error() {
    for (from, to, expected) in [
        ("hunter2", "", "its secret access key is empty"),
        ("hunter3", " ", "its session token is empty"),
        ("ASIAEXAMPLE", "", "its access key id is empty"),
        (
            "2026-11-21T05:51:05Z",
            "soon",
            "its expiration is not a time",
        ),
        (
            "2026-11-21T05:51:05Z",
            "1970-01-01T00:00:00Z",
            "its credentials have expired already",
        ),
        ("Credentials>", "Other>", "it holds no credentials"),
        (
            "AssumeRoleResult>",
            "Other>",
            "it is not the XML of a session",
        ),
        (
            "</AssumeRoleResponse>",
            "",
            "it is not the XML of a session",
        ),
    ] {
        let answer = ANSWER.replace(from, to);
        assert_ne!(answer, ANSWER);
        assert_eq!(read(&answer).unwrap_err(), expected, "{from}");
    }
    for (from, to) in [
        ("<PackedPolicySize>6</PackedPolicySize>", ""),
        ("Arn>", "Other>"),
    ] {
        assert!(read(&ANSWER.replace(from, to)).is_ok(), "{from}");
    }
}
