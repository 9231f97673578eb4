//! Tokens of every kind at the sandbox, in simulated time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use iamra_sandbox::{Operation, Outcome, Sandbox, Settings, TokenRules};
use refresh::{Clock as _, ManualClock};
use secrecy::{ExposeSecret as _, SecretString};
use vault_pki::{
    AppRoleLogin, CertificateRequest, LoginMethod, Names, SecretSource, TokenLogin, UserpassLogin,
    Vault, VaultSettings,
};

struct Day {
    sandbox: Sandbox,
    clock: ManualClock,
}

impl Day {
    /// A sandbox whose logins give such tokens.
    async fn new(rules: TokenRules) -> Self {
        // The sandbox's authorities are valid on the day that it is made.
        let clock = ManualClock::new(refresh::SystemClock.now());
        let shown = clock.clone();
        let mut settings = Settings::new(Arc::new(move || shown.now()));
        settings.login_tokens = rules;
        let sandbox = Sandbox::bind(settings).await.unwrap();
        tokio::spawn(sandbox.serve());
        Self { sandbox, clock }
    }

    fn vault(&self, login: Box<dyn LoginMethod>) -> Vault {
        let settings = VaultSettings {
            address: self.sandbox.vault_url().parse().unwrap(),
            max_retries: 0,
            ..VaultSettings::default()
        };
        Vault::new(settings, login, Arc::new(self.clock.clone())).unwrap()
    }

    fn by_app_role(&self) -> Vault {
        let role = self.sandbox.app_role();
        let text = |text: SecretString| SecretSource::Text(text);
        let (role_id, secret_id) = (text(role.role_id.into()), text(role.secret_id));
        let mount = "approle".parse().unwrap();
        self.vault(Box::new(AppRoleLogin::new(mount, role_id, Some(secret_id))))
    }

    fn by_password(&self) -> Vault {
        let (username, password) = self.sandbox.userpass();
        self.vault(Box::new(UserpassLogin {
            mount: "userpass".parse().unwrap(),
            username,
            password: SecretSource::Text(password),
        }))
    }

    /// Lets minutes pass beside `keep_alive`.
    async fn pass(&self, vault: &Vault, minutes: u64) {
        let time = async {
            for _ in 0..minutes * 6 {
                self.clock.advance(Duration::from_secs(10));
                // What has come due goes over the network.
                tokio::time::sleep(Duration::from_millis(4)).await;
            }
        };
        tokio::select! {
            never = vault.keep_alive() => match never {},
            () = time => {}
        }
    }

    async fn sign(&self, vault: &Vault) -> Result<SystemTime, vault_pki::Error> {
        let names = Names::common_name("app.example.test");
        let role = "iamra".parse().unwrap();
        let request = CertificateRequest::new("pki-aws".parse().unwrap(), role, names);
        Ok(vault.sign(&request, self.clock.now()).await?.not_after)
    }

    fn counted(&self) -> [usize; 2] {
        let requests = self.sandbox.requests();
        [Operation::VaultLogin, Operation::VaultRenew].map(|operation| requests.count(operation))
    }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

#[tokio::test]
async fn a_periodic_token_needs_one_login_for_hours() {
    let day = Day::new(TokenRules {
        period: Some(minutes(20)),
        ..TokenRules::default()
    });
    let day = day.await;
    let vault = day.by_app_role();
    day.sign(&vault).await.unwrap();
    day.pass(&vault, 200).await;
    day.sign(&vault).await.unwrap();
    let [logins, renewals] = day.counted();
    assert_eq!(logins, 1);
    assert!((14..=17).contains(&renewals), "{renewals}");
}

/// Renewed up to an hour, then replaced while it is still good: a `secret_id`
/// is good for three logins.
#[tokio::test]
async fn a_capped_token_is_replaced_before_its_end() {
    let day = Day::new(TokenRules::default()).await;
    let vault = day.by_app_role();
    day.sign(&vault).await.unwrap();
    day.pass(&vault, 100).await;
    day.sign(&vault).await.unwrap();
    let [logins, renewals] = day.counted();
    assert_eq!(logins, 2);
    assert!((5..=9).contains(&renewals), "{renewals}");
}

#[tokio::test]
async fn what_cannot_be_renewed_is_not_asked_for_twice() {
    for (rules, most) in [
        (
            TokenRules {
                renewable: false,
                ..TokenRules::default()
            },
            0,
        ),
        (
            TokenRules {
                batch: true,
                ..TokenRules::default()
            },
            1,
        ),
    ] {
        let day = Day::new(rules).await;
        let vault = day.by_password();
        day.sign(&vault).await.unwrap();
        day.pass(&vault, 19).await;
        let [logins, renewals] = day.counted();
        assert_eq!(logins, 1);
        assert!(renewals <= most, "{renewals}");
        day.pass(&vault, 10).await;
        day.sign(&vault).await.unwrap();
        assert_eq!(day.counted()[0], 2);
    }
}

#[tokio::test]
async fn a_token_for_two_uses_never_meets_a_refusal() {
    let day = Day::new(TokenRules {
        num_uses: 2,
        ..TokenRules::default()
    });
    let day = day.await;
    let vault = day.by_password();
    for _ in 0..5 {
        day.sign(&vault).await.unwrap();
    }
    assert_eq!(day.counted()[0], 3);
    for record in day.sandbox.requests().log {
        assert_eq!(record.outcome, Outcome::Answered(200), "{record:?}");
    }
}

#[tokio::test]
async fn a_token_of_an_operator_lives_on_and_is_never_revoked() {
    let day = Day::new(TokenRules::default()).await;
    let token = day.sandbox.create_token(TokenRules {
        period: Some(minutes(30)),
        ..TokenRules::operator()
    });
    let vault = day.vault(Box::new(TokenLogin::new(&token).unwrap()));
    day.sign(&vault).await.unwrap();
    day.pass(&vault, 90).await;
    day.sign(&vault).await.unwrap();
    assert!(vault.finish().await.unwrap().is_none());
    day.sign(&vault).await.unwrap();
    assert!(!format!("{vault:?}").contains(token.expose_secret()));
    assert_eq!(day.counted()[0], 0);
}

#[tokio::test]
async fn a_sealed_vault_is_waited_for() {
    let day = Day::new(TokenRules::default()).await;
    let vault = day.by_password();
    day.sign(&vault).await.unwrap();
    day.sandbox.seal(true);
    day.pass(&vault, 17).await;
    day.sandbox.seal(false);
    day.pass(&vault, 6).await;
    assert_eq!(day.counted()[0], 1, "renewed in time");
    day.sign(&vault).await.unwrap();
    assert_eq!(day.counted()[0], 1);
}
