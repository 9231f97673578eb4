//! The library's calls that concern the CA, at a real OpenBao.

use std::sync::Arc;

use refresh::{Clock as _, SystemClock};
use rustls_pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::runtime::Builder;
use vault_pki::{
    CertificateRequest, Mount, Names, NoLogin, Revocable, TokenLogin, Vault, VaultSettings,
};

use super::deployment::Deployment;

fn settings(deployment: &Deployment) -> VaultSettings {
    VaultSettings {
        address: deployment.bao.url().parse().unwrap(),
        max_retries: 0,
        ..VaultSettings::default()
    }
}

fn by_token(deployment: &Deployment, policy: &str) -> Vault {
    let login = TokenLogin::new(&deployment.bao.token(policy).into()).unwrap();
    Vault::new(settings(deployment), Box::new(login), Arc::new(SystemClock)).unwrap()
}

fn request() -> CertificateRequest {
    let names = Names::common_name("app.example.test");
    CertificateRequest::new(mount(), "iamra".parse().unwrap(), names)
}

fn mount() -> Mount {
    "pki-aws".parse().unwrap()
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn issuers_are_read_without_a_token() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let login = Box::new(NoLogin::default());
    let vault = Vault::new(settings(&deployment), login, Arc::new(SystemClock)).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let issuer = vault.issuer(&mount(), None).await.unwrap();
        assert_eq!(issuer.subject, "CN=test intermediate");
        assert!(!issuer.is_self_signed && issuer.not_after > SystemClock.now());
        assert_eq!(issuer.ca_chain.len(), 1, "the root");
        let all = vault.issuers(&mount()).await.unwrap();
        let subjects: Vec<_> = all.iter().map(|issuer| issuer.subject.as_str()).collect();
        assert_eq!(subjects, ["CN=test intermediate", "CN=test root"]);
        assert!(all[1].is_self_signed && all[1].is_default == Some(false));
        let by_id = vault
            .issuer(&mount(), Some(&all[1].id.parse().unwrap()))
            .await;
        assert_eq!(by_id.unwrap().certificate, all[1].certificate);
        let missing = vault.issuer(&mount(), Some(&"nope".parse().unwrap())).await;
        let hint = missing.unwrap_err().hint().unwrap();
        assert!(hint.contains("check the issuer"), "{hint}");
    });
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn revocation_with_the_key_needs_no_wide_policy() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let policy = r#"
        path "pki-aws/sign/iamra" { capabilities = ["update"] }
        path "pki-aws/sign-verbatim/iamra" { capabilities = ["update"] }
        path "pki-aws/roles" { capabilities = ["list"] }
        path "pki-aws/revoke-with-key" { capabilities = ["update"] }
    "#;
    let bao = &deployment.bao;
    bao.demand("PUT", "sys/policies/acl/own", &json!({ "policy": policy }));
    let policy = r#"path "pki-aws/revoke" { capabilities = ["update"] }"#;
    bao.demand("PUT", "sys/policies/acl/all", &json!({ "policy": policy }));
    let (own, all) = (by_token(&deployment, "own"), by_token(&deployment, "all"));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mount, now) = (mount(), SystemClock.now());
        let issued = own.sign(&request(), now).await.unwrap();
        let other = own.sign_verbatim(&request(), now).await.unwrap();
        assert!(
            own.roles(&mount)
                .await
                .unwrap()
                .contains(&"iamra".to_owned())
        );
        let serial = Revocable::Serial(issued.serial.clone());
        let denied = own.revoke(&mount, &serial).await.unwrap_err();
        let hint = denied.hint().unwrap();
        assert!(hint.contains("path \"pki-aws/revoke\""), "{hint}");
        let wrong = PrivateKeyDer::from(other.private_key());
        let mismatch = own
            .revoke_with_key(&mount, &issued.end_entity, &wrong)
            .await;
        let hint = mismatch.unwrap_err().hint().unwrap();
        assert!(hint.contains("that very certificate"), "{hint}");
        let key = PrivateKeyDer::from(issued.private_key());
        let first = own.revoke_with_key(&mount, &issued.end_entity, &key);
        let first = first.await.unwrap();
        assert!(first.revoked_at.is_some());
        let again = own.revoke_with_key(&mount, &issued.end_entity, &key);
        assert_eq!(again.await.unwrap(), first, "revoked once");
        assert_eq!(all.revoke(&mount, &serial).await.unwrap(), first);
        let certificate = Revocable::Certificate(other.end_entity.clone());
        all.revoke(&mount, &certificate).await.unwrap();
        let unknown = Revocable::Serial("11:22".to_owned());
        let unknown = all.revoke(&mount, &unknown).await.unwrap_err();
        assert!(unknown.hint().unwrap().contains("no_store"), "{unknown}");
    });
}
