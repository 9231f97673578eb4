//! `AssumeRole`: what STS checks, and that what it issues is known.

use std::time::Duration;

use aws_credential_types::Credentials;
use iamra_sandbox::{AssumableRole, Fault, FaultEffect, FaultTarget, Operation};

use crate::sts::{Session, ask, caller_identity, session_with};

const NEXT: &str = "arn:aws:iam::210987654321:role/iamra-sandbox-next";
const LAST: &str = "arn:aws:iam::345678901234:role/path/iamra-sandbox-last";

/// The form with more parameters, which are encoded already.
fn form(role: &str, more: &str) -> String {
    let role = role.replace(':', "%3A").replace('/', "%2F");
    format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=build-7{more}")
}

async fn assume(it: &Session, credentials: &Credentials, form: String) -> (u16, String) {
    ask(&it.running, credentials, it.clock.now(), form).await
}

/// The credentials in an answer of STS.
pub(crate) fn credentials(answer: &str) -> Credentials {
    let text = |name: &str| {
        let after = answer.split_once(&format!("<{name}>")).unwrap().1;
        after.split_once('<').unwrap().0.to_owned()
    };
    let token = Some(text("SessionToken"));
    Credentials::new(
        text("AccessKeyId"),
        text("SecretAccessKey"),
        token,
        None,
        "test",
    )
}

#[tokio::test]
async fn from_role_to_role_and_account_to_account() {
    let it = session_with(|_| {}).await;
    let (status, first) = assume(&it, &it.credentials, form(NEXT, "")).await;
    assert_eq!(status, 200, "{first}");
    assert!(
        first.contains("<SourceIdentity>CN=app.example.test<"),
        "{first}"
    );
    let next = credentials(&first);
    let (status, text) = assume(&it, &next, form(LAST, "&DurationSeconds=900")).await;
    assert_eq!(status, 200, "{text}");
    let last = credentials(&text);
    let (status, text) = caller_identity(&it.running, &last, it.clock.now()).await;
    assert_eq!(status, 200, "{text}");
    let arn = "<Arn>arn:aws:sts::345678901234:assumed-role/iamra-sandbox-last/build-7</Arn>";
    assert!(text.contains(arn), "{text}");
    // Fifteen minutes are over for the one, and not for the other.
    it.clock.advance(Duration::from_secs(901));
    let (status, _) = caller_identity(&it.running, &last, it.clock.now()).await;
    assert_eq!(status, 403);
    let (status, _) = caller_identity(&it.running, &next, it.clock.now()).await;
    assert_eq!(status, 200);
    let secrets = it.running.secrets();
    for secret in [next.secret_access_key(), next.session_token().unwrap()] {
        assert!(secrets.iter().any(|known| known == secret));
    }
    assert_eq!(it.running.requests().count(Operation::AssumeRole), 2);
}

const STRICT: &str = "arn:aws:iam::210987654321:role/strict";
const ANONYMOUS: &str = "arn:aws:iam::210987654321:role/anonymous";
const TAG: &str = "&Tags.member.1.Key=a&Tags.member.1.Value=b";

/// Sends each form, and looks for its text in the answer.
async fn check(cases: &[(&str, &str, u16, &str)]) {
    let it = session_with(|settings| {
        let strict = AssumableRole {
            external_id: Some("x-1".into()),
            allows_tags: false,
            max_session_duration: Duration::from_secs(1800),
            ..AssumableRole::trusting(STRICT, OUR_ROOT)
        };
        let anonymous = AssumableRole {
            allows_source_identity: false,
            ..AssumableRole::trusting(ANONYMOUS, OUR_ROOT)
        };
        settings.assumable_roles.extend([strict, anonymous]);
    })
    .await;
    for (role, more, status, expected) in cases {
        let (answered, text) = assume(&it, &it.credentials, form(role, more)).await;
        assert!(
            answered == *status && text.contains(expected),
            "{role} {more}: {text}"
        );
    }
}

#[tokio::test]
async fn a_role_is_what_its_trust_policy_says() {
    let tagged = format!("&ExternalId=x-1{TAG}");
    check(&[
        (
            STRICT,
            "&ExternalId=x-1&DurationSeconds=1800",
            200,
            "<AssumeRoleResult>",
        ),
        (NEXT, TAG, 200, "<AssumeRoleResult>"),
        (
            STRICT,
            "",
            403,
            "sts:AssumeRole on resource: arn:aws:iam::210987654321:role/strict<",
        ),
        (
            STRICT,
            "&ExternalId=x-2",
            403,
            "not authorized to perform: sts:AssumeRole",
        ),
        (STRICT, &tagged, 403, "perform: sts:TagSession"),
        (
            STRICT,
            "&ExternalId=x-1&DurationSeconds=1801",
            400,
            "exceeds the MaxSessionDuration",
        ),
        (ANONYMOUS, "", 403, "perform: sts:SetSourceIdentity"),
        // It trusts the next role, not ours.
        (LAST, "", 403, "<Code>AccessDenied</Code>"),
        (
            "arn:aws:iam::1:role/none",
            "",
            403,
            "<Code>AccessDenied</Code>",
        ),
    ])
    .await;
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let policy = format!("&Policy=%7B%22Statement%22%3A%22{}%22%7D", "x".repeat(2048));
    let value = "v".repeat(256);
    let many: Vec<String> = (1..=17)
        .map(|it| format!("&Tags.member.{it}.Key=k{it}&Tags.member.{it}.Value={value}"))
        .collect();
    check(&[
        (NEXT, "&DurationSeconds=3601", 400, "1 hour session limit"),
        (NEXT, "&DurationSeconds=899", 400, "between 900 and 43200"),
        (NEXT, "&DurationSeconds=x", 400, "between 900 and 43200"),
        (
            NEXT,
            "&RoleSessionName=x&Policy=%7B%7D",
            400,
            "<Code>MalformedPolicyDocument</Code>",
        ),
        (NEXT, &policy, 400, "less than or equal to 2048"),
        (
            NEXT,
            &format!("{TAG}&Tags.member.2.Key=A&Tags.member.2.Value=b"),
            400,
            "Duplicate tag keys",
        ),
        (
            NEXT,
            "&Tags.member.1.Key=aws%3Ax&Tags.member.1.Value=b",
            400,
            "at 'tags'",
        ),
        (
            NEXT,
            "&Tags.member.1.Key=a&Tags.member.1.Value=b%2Cc",
            400,
            "at 'tags'",
        ),
        (
            NEXT,
            &format!("{TAG}&TransitiveTagKeys.member.1=b"),
            400,
            "must be included",
        ),
        (
            NEXT,
            &many.concat(),
            400,
            "<Code>PackedPolicyTooLarge</Code>",
        ),
        ("", "", 400, "'roleArn' failed"),
    ])
    .await;
    let it = session_with(|_| {}).await;
    let short = form(NEXT, "").replace("build-7", "a");
    let (status, text) = assume(&it, &it.credentials, short).await;
    assert!(
        status == 400 && text.contains("'roleSessionName' failed"),
        "{text}"
    );
}

const OUR_ROOT: &str = "arn:aws:iam::123456789012:root";

#[tokio::test]
async fn a_transitive_tag_goes_on_and_cannot_be_set_again() {
    let it = session_with(|_| {}).await;
    let tag = "&Tags.member.1.Key=a&Tags.member.1.Value=b";
    let transitive = format!("{tag}&TransitiveTagKeys.member.1=a");
    let (status, text) = assume(&it, &it.credentials, form(NEXT, &transitive)).await;
    assert_eq!(status, 200, "{text}");
    let next = credentials(&text);
    let (status, text) = assume(&it, &next, form(LAST, tag)).await;
    assert!(status == 400 && text.contains("conflicts with"), "{text}");
    let (status, text) = assume(&it, &next, form(LAST, "")).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn only_who_holds_a_session_may_ask() {
    let it = session_with(|_| {}).await;
    let stranger = Credentials::new("ASIAUNKNOWN", "x", Some("y".into()), None, "test");
    let (status, text) = assume(&it, &stranger, form(NEXT, "")).await;
    assert!(
        status == 403 && text.contains("InvalidClientTokenId"),
        "{text}"
    );
    it.running
        .faults()
        .add(Fault::once(FaultTarget::Sts, FaultEffect::Expired));
    let (status, text) = assume(&it, &it.credentials, form(NEXT, "")).await;
    assert_eq!(status, 200, "{text}");
    let (status, text) = caller_identity(&it.running, &credentials(&text), it.clock.now()).await;
    assert!(status == 403 && text.contains("ExpiredToken"), "{text}");
}
