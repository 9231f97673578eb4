//! Tokens of every kind at a real OpenBao, with lives of seconds.

use std::sync::Arc;
use std::time::Duration;

use refresh::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use vault_pki::{
    AppRoleLogin, CertificateRequest, LoginMethod, Names, SecretSource, TokenLogin, Vault,
    VaultSettings,
};

use super::deployment::Deployment;
use super::login_setup;

fn vault(deployment: &Deployment, login: Box<dyn LoginMethod>) -> Vault {
    let settings = VaultSettings {
        address: deployment.bao.url().parse().unwrap(),
        max_retries: 0,
        ..VaultSettings::default()
    };
    Vault::new(settings, login, Arc::new(SystemClock)).unwrap()
}

fn app_role(deployment: &Deployment, more: &Value) -> Box<dyn LoginMethod> {
    let role_id = login_setup::app_role(&deployment.bao, more);
    let secret_id = login_setup::secret_id(&deployment.bao);
    let text = |text: String| SecretSource::Text(text.into());
    let mount = "approle".parse().unwrap();
    Box::new(AppRoleLogin::new(
        mount,
        text(role_id),
        Some(text(secret_id)),
    ))
}

async fn sign(vault: &Vault, role: &str) -> Result<bool, vault_pki::Error> {
    let names = Names::common_name("app.example.test");
    let role = role.parse().unwrap();
    let request = CertificateRequest::new("pki-aws".parse().unwrap(), role, names);
    let issued = vault.sign(&request, SystemClock.now()).await?;
    Ok(issued.lease.is_some())
}

/// Signs, keeps the token alive for so many seconds, and signs again; says how
/// many logins that took.
fn logins(deployment: &Deployment, login: Box<dyn LoginMethod>, seconds: u64) -> usize {
    let vault = vault(deployment, login);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        sign(&vault, "iamra").await.unwrap();
        tokio::select! {
            never = vault.keep_alive() => match never {},
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        }
        sign(&vault, "iamra").await.unwrap();
    });
    vault.take_logins().len()
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_periodic_token_needs_one_login() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let login = app_role(&deployment, &json!({ "token_period": "4s" }));
    assert_eq!(logins(&deployment, login, 13), 1);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn at_its_longest_life_another_login_takes_its_place() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let longest = json!({ "token_ttl": "4s", "token_max_ttl": "8s" });
    let login = app_role(&deployment, &longest);
    assert_eq!(logins(&deployment, login, 12), 2);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_batch_token_is_replaced_and_not_revoked() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let batch = json!({ "token_type": "batch", "token_ttl": "6s" });
    let login = app_role(&deployment, &batch);
    let number = logins(&deployment, login, 7);
    assert!((2..=3).contains(&number), "{number}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_token_for_one_use_is_replaced_without_a_refusal() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let login = app_role(&deployment, &json!({ "token_num_uses": 1 }));
    assert_eq!(logins(&deployment, login, 0), 2);
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_token_of_somebody_else_is_renewed_if_it_can_be() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    for (more, survives) in [
        (json!({ "period": "5s" }), true),
        (json!({ "ttl": "5s", "renewable": false }), false),
    ] {
        let mut body = json!({ "policies": ["iamra"] });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let made = deployment.bao.demand("POST", "auth/token/create", &body);
        let token = login_setup::text(&made["auth"]["client_token"]);
        let login = Box::new(TokenLogin::new(&token.into()).unwrap());
        let vault = vault(&deployment, login);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let second = runtime.block_on(async {
            sign(&vault, "iamra").await.unwrap();
            tokio::select! {
                never = vault.keep_alive() => match never {},
                () = tokio::time::sleep(Duration::from_secs(8)) => {}
            }
            let second = sign(&vault, "iamra").await;
            assert!(vault.finish().await.unwrap().is_none());
            second
        });
        assert_eq!(second.is_ok(), survives, "{more}: {second:?}");
        assert!(vault.take_logins().is_empty());
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_certificate_on_a_lease_keeps_its_token_and_lives_on_with_it() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let role = json!({ "allow_any_name": true, "key_type": "ec", "generate_lease": true });
    deployment.bao.demand("POST", "pki-aws/roles/leased", &role);
    let login = app_role(&deployment, &json!({ "token_period": "5s" }));
    let vault = vault(&deployment, login);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert!(sign(&vault, "leased").await.unwrap());
        let first = vault.lease_end().await.unwrap();
        assert!(vault.rest().await.unwrap().is_none());
        tokio::select! {
            never = vault.keep_alive() => match never {},
            () = tokio::time::sleep(Duration::from_secs(6)) => {}
        }
        assert!(vault.lease_end().await.unwrap() > first);
        assert!(vault.finish().await.unwrap().is_none());
    });
    let path = "sys/leases/lookup/pki-aws/sign/leased";
    let leases = deployment.bao.demand("LIST", path, &Value::Null);
    assert_eq!(leases["data"]["keys"].as_array().unwrap().len(), 1);
}
