use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use destination::Roots;
use iamra_sandbox::{Operation, PkiRole};
use refresh::{Fault as _, FaultKind};
use rolesanywhere::{
    Error, RefusalCause, RolesAnywhere, RolesAnywhereProvider, SessionDuration, Unfitness,
};

use crate::laboratory::{Laboratory, client};

#[tokio::test]
async fn every_kind_of_key_opens_a_session_that_sts_knows() {
    let laboratory = Laboratory::with(|settings| {
        let role = |name: &str, key_type: &str, key_bits| PkiRole {
            key_type: key_type.into(),
            key_bits,
            allow_any_name: true,
            ..PkiRole::named(name)
        };
        settings.pki_roles = vec![
            role("rsa", "rsa", 2048),
            role("p256", "ec", 256),
            role("p384", "ec", 384),
            role("p521", "ec", 521),
        ];
    })
    .await;
    for role in ["rsa", "p256", "p384", "p521"] {
        let identity = laboratory.identity(role).await;
        let (client, request) = (laboratory.roles_anywhere(), laboratory.request());
        let session = client.create_session(&identity, &request).await;
        let session = session.unwrap_or_else(|error| panic!("{role}: {error}"));
        let credentials = Credentials::from(&session);
        let caller = laboratory
            .sts()
            .caller_identity(&credentials)
            .await
            .unwrap();
        assert_eq!(caller.arn, session.assumed_role_arn, "{role}");
        assert_eq!(session.source_identity, "CN=app.example.test", "{role}");
    }
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 4);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_was_asked_for() {
    let laboratory = Laboratory::new().await;
    let identity = laboratory.identity("iamra").await;
    let mut request = laboratory.request();
    request.duration = Some("900".parse::<SessionDuration>().unwrap());
    let session = laboratory
        .roles_anywhere()
        .create_session(&identity, &request)
        .await
        .unwrap();
    let life = session
        .expires_at
        .duration_since(session.created_at)
        .unwrap();
    assert!(
        (Duration::from_secs(895)..=Duration::from_secs(900)).contains(&life),
        "{life:?}"
    );
}

#[tokio::test]
async fn over_tls_only_the_right_ca_is_trusted() {
    let laboratory = Laboratory::with(|settings| settings.tls = true).await;
    let identity = laboratory.identity("iamra").await;
    let request = laboratory.request();
    assert!(
        laboratory
            .roles_anywhere()
            .create_session(&identity, &request)
            .await
            .is_ok()
    );
    // Vault's CA vouches for nobody at AWS's address.
    let vaults = Roots::Pem(laboratory.sandbox.vault_ca_pem().unwrap().into());
    for roots in [vaults, Roots::System] {
        let client = RolesAnywhere::new(client(roots))
            .with_endpoint(laboratory.sandbox.aws_url().parse().unwrap());
        let error = client
            .create_session(&identity, &request)
            .await
            .unwrap_err();
        assert_eq!(error.fault(), FaultKind::Configuration, "{error}");
    }
}

#[tokio::test]
async fn refusals_carry_what_aws_says() {
    let laboratory = Laboratory::new().await;
    let identity = laboratory.identity("iamra").await;
    let mut named = laboratory.request();
    named.role_session_name = Some("build-7".parse().unwrap());
    let role = "arn:aws:iam::123456789012:role/other".parse().unwrap();
    let [anchor, profile] = [
        laboratory.sandbox.trust_anchor_arn(),
        laboratory.sandbox.profile_arn(),
    ];
    let other_role =
        rolesanywhere::SessionRequest::new(anchor.parse().unwrap(), profile.parse().unwrap(), role);
    for request in [named, other_role.unwrap()] {
        let before = laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession);
        let error = laboratory
            .roles_anywhere()
            .create_session(&identity, &request)
            .await
            .unwrap_err();
        let refusal = error.refusal().unwrap_or_else(|| panic!("{error}"));
        assert_eq!(refusal.code, "AccessDeniedException");
        assert!(refusal.request_id.is_some());
        assert_eq!(error.fault(), FaultKind::Denied);
        // A refusal is not tried again.
        let after = laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession);
        assert_eq!(after, before + 1);
    }
}

#[tokio::test]
async fn unfit_certificates_are_refused_with_the_foretold_error() {
    let laboratory = Laboratory::new().await;
    let identity = laboratory.identity("no-keyusage").await;
    let now = identity.certificate().not_before() + Duration::from_secs(60);
    let foretold = identity
        .fitness(now)
        .into_iter()
        .find(|finding| matches!(finding.unfitness, Unfitness::NoDigitalSignature { .. }));
    assert!(
        foretold
            .unwrap()
            .prevents()
            .contains("Insufficient certificate")
    );
    let error = laboratory
        .roles_anywhere()
        .create_session(&identity, &laboratory.request())
        .await
        .unwrap_err();
    assert_eq!(
        error.refusal().unwrap().cause(),
        Some(RefusalCause::InsufficientCertificate),
        "{error}"
    );
}

#[tokio::test]
async fn the_sdks_get_credentials_that_expire() {
    let laboratory = Laboratory::new().await;
    let identity = Arc::new(laboratory.identity("iamra").await);
    let provider =
        RolesAnywhereProvider::new(laboratory.roles_anywhere(), identity, laboratory.request());
    let credentials = provider.provide_credentials().await.unwrap();
    assert!(credentials.session_token().is_some() && credentials.expiry().is_some());
    // However many ask, there is one session.
    for _ in 0..20 {
        let again = provider.provide_credentials().await.unwrap();
        assert_eq!(again.access_key_id(), credentials.access_key_id());
    }
    assert_eq!(
        laboratory
            .sandbox
            .requests()
            .count(Operation::CreateSession),
        1
    );
    assert!(laboratory.sts().caller_identity(&credentials).await.is_ok());
    let stolen = Credentials::new(
        credentials.access_key_id(),
        "wrong",
        credentials.session_token().map(str::to_owned),
        None,
        "test",
    );
    let error = laboratory.sts().caller_identity(&stolen).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { refusal, .. } if refusal.code == "SignatureDoesNotMatch"),
        "{error}"
    );
}

#[tokio::test]
async fn a_driven_provider_opens_its_session_before_anybody_asks() {
    let laboratory = Laboratory::new().await;
    let identity = Arc::new(laboratory.identity("iamra").await);
    let provider =
        RolesAnywhereProvider::new(laboratory.roles_anywhere(), identity, laboratory.request());
    let count = || {
        let requests = laboratory.sandbox.requests();
        requests.count(Operation::CreateSession)
    };
    let opened = async {
        while count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Waits for the driver where the answer is still under way.
        provider.provide_credentials().await
    };
    let credentials = tokio::select! {
        credentials = opened => credentials,
        never = provider.keep_fresh() => match never {},
    };
    assert!(credentials.is_ok(), "{credentials:?}");
    assert_eq!(count(), 1);
}
