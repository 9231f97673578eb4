//! From role to role.

use aws_credential_types::Credentials;
use iamra_sandbox::{AssumableRole, Fault, FaultEffect, FaultTarget, Operation};
use refresh::{Fault as _, FaultKind};
use rolesanywhere::{AssumeRole, Error, RefusalCause, Session, SessionTags};

use crate::laboratory::Laboratory;

async fn first(laboratory: &Laboratory) -> Session {
    let identity = laboratory.identity("iamra").await;
    let opened = laboratory
        .roles_anywhere()
        .create_session(&identity, &laboratory.request())
        .await;
    opened.unwrap()
}

fn request(role: &str, before: &Session) -> AssumeRole {
    AssumeRole::new(role.parse().unwrap(), before.name().unwrap())
}

#[tokio::test]
async fn each_session_opens_the_next_in_another_account() {
    let laboratory = Laboratory::new().await;
    let mut session = first(&laboratory).await;
    let name = session.name();
    for role in [
        laboratory.sandbox.next_role_arn(),
        laboratory.sandbox.last_role_arn(),
    ] {
        let mut request = request(role, &session);
        request.duration = Some("900".parse().unwrap());
        request.external_id = Some("anything".parse().unwrap());
        request.policy = Some(r#"{ "Statement": [] }"#.parse().unwrap());
        request.policy_arns = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()];
        request.tags = SessionTags::new(vec![("team".into(), "a b/ä".into())], Vec::new()).unwrap();
        let credentials = Credentials::from(&session);
        let next = laboratory.sts().assume_role(&credentials, &request).await;
        session = next.unwrap();
        assert_eq!(session.role_arn, role);
        assert_eq!(session.name(), name);
        assert_eq!(session.source_identity, "CN=app.example.test");
        assert_eq!(session.packed_policy_size, Some(1));
        let life = session.lifetime();
        let seconds = life.end().duration_since(life.start()).unwrap().as_secs();
        assert!((890..=900).contains(&seconds), "{seconds}");
    }
    let credentials = Credentials::from(&session);
    let caller = laboratory
        .sts()
        .caller_identity(&credentials)
        .await
        .unwrap();
    assert_eq!(caller.account, "345678901234");
    assert_eq!(caller.arn, session.assumed_role_arn);
}

type Change = fn(&mut AssumeRole);

#[tokio::test]
async fn a_refusal_tells_its_cause_and_is_not_tried_again() {
    let laboratory = Laboratory::with(|settings| {
        let shy = AssumableRole {
            allows_tags: false,
            ..AssumableRole::trusting(SHY, "arn:aws:iam::123456789012:root")
        };
        settings.assumable_roles.push(shy);
    })
    .await;
    let session = first(&laboratory).await;
    let credentials = Credentials::from(&session);
    let last = laboratory.sandbox.last_role_arn();
    let next = laboratory.sandbox.next_role_arn();
    let cases: [(&str, Change, RefusalCause); 4] = [
        (last, |_| {}, RefusalCause::RoleNotAssumable),
        (
            SHY,
            |it| it.tags = SessionTags::new(vec![("a".into(), "b".into())], vec![]).unwrap(),
            RefusalCause::TaggingDenied,
        ),
        (
            next,
            |it| it.duration = Some("3601".parse().unwrap()),
            RefusalCause::ChainedDurationTooLong,
        ),
        (
            next,
            |it| it.policy = Some("{}".parse().unwrap()),
            RefusalCause::PolicyMalformed,
        ),
    ];
    for (number, (role, change, cause)) in (1..).zip(cases) {
        let mut request = request(role, &session);
        change(&mut request);
        let error = laboratory.sts().assume_role(&credentials, &request).await;
        let error = error.unwrap_err();
        assert_eq!(error.fault(), FaultKind::Denied, "{error}");
        assert_eq!(error.refusal().unwrap().cause(), Some(cause), "{error}");
        assert!(error.refusal().unwrap().request_id.is_some(), "{error}");
        let requests = laboratory.sandbox.requests();
        assert_eq!(requests.count(Operation::AssumeRole), number);
    }
}

const SHY: &str = "arn:aws:iam::210987654321:role/shy";

#[tokio::test]
async fn a_throttle_is_waited_for_and_a_foreign_page_is_no_session() {
    let laboratory = Laboratory::new().await;
    let session = first(&laboratory).await;
    let credentials = Credentials::from(&session);
    let request = request(laboratory.sandbox.next_role_arn(), &session);
    let faults = laboratory.sandbox.faults();
    let throttle = FaultEffect::Throttle { retry_after: None };
    faults.add(Fault::once(FaultTarget::Sts, throttle));
    let sts = laboratory.sts();
    assert!(sts.assume_role(&credentials, &request).await.is_ok());
    for (effect, expected) in [
        (
            FaultEffect::HtmlPage { status: 200 },
            "not the XML of a session",
        ),
        (FaultEffect::Expired, "expired already"),
    ] {
        faults.add(Fault::once(FaultTarget::Sts, effect));
        let error = sts.assume_role(&credentials, &request).await.unwrap_err();
        assert!(matches!(error, Error::UnusableAnswer { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}
