//! How trust anchors and profiles are registered.

use aws_credential_types::Credentials;
use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation};
use refresh::{Fault as _, FaultKind};
use rolesanywhere::{Error, RefusalCause};
use secrecy::ExposeSecret as _;

use crate::laboratory::Laboratory;

fn administrator(laboratory: &Laboratory) -> Credentials {
    let user = laboratory.sandbox.iam_user();
    let secret = user.secret_access_key.expose_secret();
    Credentials::new(&user.access_key_id, secret, None, None, "test")
}

#[tokio::test]
async fn an_administrator_reads_both() {
    let laboratory = Laboratory::new().await;
    let (client, request) = (laboratory.roles_anywhere(), laboratory.request());
    let credentials = administrator(&laboratory);
    let anchor = client
        .trust_anchor(&credentials, request.trust_anchor())
        .await;
    let anchor = anchor.unwrap();
    assert!(anchor.is_enabled);
    let certificates = anchor.certificates.unwrap();
    let [root] = certificates.certificates() else {
        panic!("{certificates:?}");
    };
    assert_eq!(root.subject(), "CN=iamra sandbox root");
    let profile = client.profile(&credentials, request.profile()).await;
    let profile = profile.unwrap();
    assert!(profile.is_enabled && !profile.accepts_role_session_name);
    assert_eq!(profile.role_arns, [laboratory.sandbox.role_arn()]);
    assert_eq!(profile.duration.unwrap().as_secs(), 12 * 3600);
}

#[tokio::test]
async fn a_session_reads_them_where_its_role_may() {
    let laboratory = Laboratory::new().await;
    let (client, request) = (laboratory.roles_anywhere(), laboratory.request());
    let identity = laboratory.identity("iamra").await;
    let session = client.create_session(&identity, &request).await.unwrap();
    let credentials = Credentials::from(&session);
    let error = client.profile(&credentials, request.profile()).await;
    let error = error.unwrap_err();
    assert_eq!(error.fault(), FaultKind::Denied);
    let refusal = error.refusal().unwrap();
    assert_eq!(refusal.code, "AccessDeniedException");
    laboratory
        .sandbox
        .configure_roles_anywhere(|account| account.roles_may_read = true);
    client
        .profile(&credentials, request.profile())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_not_there_or_wrongly_signed_is_refused() {
    let laboratory = Laboratory::new().await;
    let (client, request) = (laboratory.roles_anywhere(), laboratory.request());
    let user = laboratory.sandbox.iam_user();
    let guessed = Credentials::new(&user.access_key_id, "guessed", None, None, "test");
    let error = client
        .profile(&guessed, request.profile())
        .await
        .unwrap_err();
    assert_eq!(error.refusal().unwrap().code, "InvalidSignatureException");
    let credentials = administrator(&laboratory);
    laboratory
        .sandbox
        .configure_roles_anywhere(|account| account.trust_anchors.clear());
    let error = client
        .trust_anchor(&credentials, request.trust_anchor())
        .await;
    let refusal = error.unwrap_err();
    let refusal = refusal.refusal().unwrap();
    assert_eq!(refusal.cause(), Some(RefusalCause::NoSuchResource));
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::GetProfile), 1);
    assert_eq!(requests.count(Operation::GetTrustAnchor), 1);
}

#[tokio::test]
async fn a_page_of_html_is_not_aws() {
    let laboratory = Laboratory::new().await;
    let page = FaultEffect::HtmlPage { status: 200 };
    let faults = laboratory.sandbox.faults();
    faults.add(Fault::always(FaultTarget::RolesAnywhere, page));
    let credentials = administrator(&laboratory);
    let request = laboratory.request();
    let read = laboratory.roles_anywhere();
    let error = read.profile(&credentials, request.profile()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::UnusableAnswer { .. }), "{error}");
}
