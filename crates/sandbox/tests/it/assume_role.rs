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

fn credentials(answer: &str) -> Credentials {
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

#[tokio::test]
async fn wrong_requests_are_refused() {
    let it = session_with(|settings| {
        let strict = AssumableRole {
            external_id: Some("x-1".into()),
            allows_tags: false,
            max_session_duration: Duration::from_secs(1800),
            ..AssumableRole::trusting("arn:aws:iam::210987654321:role/strict", OUR_ROOT)
        };
        let anonymous = AssumableRole {
            allows_source_identity: false,
            ..AssumableRole::trusting("arn:aws:iam::210987654321:role/anonymous", OUR_ROOT)
        };
        settings.assumable_roles.extend([strict, anonymous]);
    })
    .await;
    let strict = "arn:aws:iam::210987654321:role/strict";
    let anonymous = "arn:aws:iam::210987654321:role/anonymous";
    let tag = "&Tags.member.1.Key=a&Tags.member.1.Value=b";
    let long_policy = format!("&Policy=%7B%22Statement%22%3A%22{}%22%7D", "x".repeat(2048));
    let many: String = (1..=17)
        .map(|number| {
            format!(
                "&Tags.member.{number}.Key=k{number}&Tags.member.{number}.Value={}",
                "v".repeat(256)
            )
        })
        .collect();
    for (role, more, status, expected) in [
        (
            strict,
            "&ExternalId=x-1&DurationSeconds=1800",
            200,
            "<AssumeRoleResult>",
        ),
        (NEXT, tag, 200, "<AssumeRoleResult>"),
        (
            strict,
            "",
            403,
            "sts:AssumeRole on resource: arn:aws:iam::210987654321:role/strict<",
        ),
        (
            strict,
            "&ExternalId=x-2",
            403,
            "not authorized to perform: sts:AssumeRole",
        ),
        (
            strict,
            &format!("&ExternalId=x-1{tag}"),
            403,
            "perform: sts:TagSession",
        ),
        (
            strict,
            "&ExternalId=x-1&DurationSeconds=1801",
            400,
            "exceeds the MaxSessionDuration",
        ),
        (anonymous, "", 403, "perform: sts:SetSourceIdentity"),
        // It trusts the next role, not ours.
        (LAST, "", 403, "<Code>AccessDenied</Code>"),
        (
            "arn:aws:iam::1:role/none",
            "",
            403,
            "<Code>AccessDenied</Code>",
        ),
        (NEXT, "&DurationSeconds=3601", 400, "1 hour session limit"),
        (NEXT, "&DurationSeconds=899", 400, "between 900 and 43200"),
        (NEXT, "&DurationSeconds=x", 400, "between 900 and 43200"),
        (
            NEXT,
            "&Policy=%7B%7D",
            400,
            "<Code>MalformedPolicyDocument</Code>",
        ),
        (NEXT, &long_policy, 400, "less than or equal to 2048"),
        (
            NEXT,
            &format!("{tag}&Tags.member.2.Key=A&Tags.member.2.Value=b"),
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
            &format!("{tag}&TransitiveTagKeys.member.1=b"),
            400,
            "must be included",
        ),
        (NEXT, &many, 400, "<Code>PackedPolicyTooLarge</Code>"),
    ] {
        let (answered, text) = assume(&it, &it.credentials, form(role, more)).await;
        assert!(
            answered == status && text.contains(expected),
            "{role} {more}: {text}"
        );
    }
    for form in [
        "Action=AssumeRole&Version=2011-06-15",
        "Action=AssumeRole&Version=2011-06-15&RoleArn=x&RoleSessionName=a",
    ] {
        let (status, text) = assume(&it, &it.credentials, form.to_owned()).await;
        assert!(
            status == 400 && text.contains("<Code>ValidationError</Code>"),
            "{text}"
        );
    }
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
