//! Against the sandbox, which allows and refuses as the real server does.

use std::io::Write as _;
use std::sync::Arc;

use destination::Roots;
use iamra_sandbox::{Sandbox, ServiceAccount, Settings};
use refresh::{Clock as _, Fault as _, FaultKind, SystemClock};
use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;
use vault_pki::{
    CertificateRequest, Error, IssuedCertificate, KeyFormat, KubernetesLogin, Names, RefusalCause,
    RequestedLifetime, TokenLogin, Vault, VaultSettings,
};

struct Laboratory {
    sandbox: Sandbox,
    jwt: NamedTempFile,
}

impl Laboratory {
    async fn new(settings: fn(iamra_sandbox::Now) -> Settings) -> Self {
        let settings = settings(Arc::new(|| SystemClock.now()));
        let sandbox = Sandbox::bind(settings).await.unwrap();
        tokio::spawn(sandbox.serve());
        let jwt = sandbox.service_account_token(&ServiceAccount::default());
        let mut file = NamedTempFile::new().unwrap();
        writeln!(file, "{}", jwt.unwrap().expose_secret()).unwrap();
        Self { sandbox, jwt: file }
    }

    fn settings(&self) -> VaultSettings {
        let ca = self.sandbox.vault_ca_pem();
        VaultSettings {
            address: self.sandbox.vault_url().parse().unwrap(),
            roots: ca.map_or(Roots::System, |pem| Roots::Pem(pem.into())),
            max_retries: 0,
            ..VaultSettings::default()
        }
    }

    /// The variables that a client of the sandbox gets.
    fn variable(&self, name: &str) -> String {
        let variables = self.sandbox.environment();
        let found = variables.into_iter().find(|(known, _)| known == name);
        found.unwrap().1
    }

    fn by_service_account(&self) -> Vault {
        let login = KubernetesLogin {
            mount: "kubernetes".parse().unwrap(),
            role: self.variable("VAULT_ROLE"),
            jwt_file: self.jwt.path().to_owned(),
        };
        Vault::new(self.settings(), Box::new(login), Arc::new(SystemClock)).unwrap()
    }

    fn by_token(&self, settings: VaultSettings) -> Vault {
        let login = TokenLogin::new(&self.sandbox.vault_root_token()).unwrap();
        Vault::new(settings, Box::new(login), Arc::new(SystemClock)).unwrap()
    }
}

fn for_role(role: &str) -> CertificateRequest {
    let names = Names::common_name("app.example.test");
    CertificateRequest::new("pki-aws".parse().unwrap(), role.parse().unwrap(), names)
}

async fn sign(vault: &Vault, request: &CertificateRequest) -> Result<IssuedCertificate, Error> {
    vault.sign(request, SystemClock.now()).await
}

fn with_tls(now: iamra_sandbox::Now) -> Settings {
    let mut settings = Settings::new(now);
    settings.tls = true;
    settings
}

#[tokio::test]
async fn login_certificate_and_revocation_over_tls() {
    let laboratory = Laboratory::new(with_tls).await;
    let vault = laboratory.by_service_account();
    let mut request = for_role("iamra");
    request.names.uri = vec!["spiffe://example.test/ns/a".to_owned()];
    let issued = sign(&vault, &request).await.unwrap();
    assert_eq!(issued.intermediates.len(), 1);
    assert!(issued.root.is_some());
    assert_eq!(issued.served_serial.as_ref(), Some(&issued.serial));
    assert_eq!(laboratory.sandbox.requests().len(), 2);
    vault.finish().await.unwrap();
    assert_eq!(laboratory.sandbox.requests().len(), 3);
    let shown = format!("{vault:?} {issued:?}");
    for secret in laboratory.sandbox.secrets() {
        assert!(!shown.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn a_ca_that_is_not_vaults_is_a_matter_of_configuration() {
    let laboratory = Laboratory::new(with_tls).await;
    let foreign = laboratory.sandbox.aws_ca_pem().unwrap();
    let settings = VaultSettings {
        roots: Roots::Pem(foreign.into()),
        ..laboratory.settings()
    };
    let vault = laboratory.by_token(settings);
    let error = sign(&vault, &for_role("iamra")).await.unwrap_err();
    assert_eq!(error.fault(), FaultKind::Configuration);
    assert!(error.hint().unwrap().contains("VAULT_CACERT"));
}

#[tokio::test]
async fn every_key_that_a_role_can_want() {
    let laboratory = Laboratory::new(Settings::new).await;
    let vault = laboratory.by_token(laboratory.settings());
    for role in ["iamra", "default-role", "p384", "rsa-3072", "any-sign-ed"] {
        let issued = sign(&vault, &for_role(role)).await;
        assert!(issued.is_ok(), "{role}: {issued:?}");
    }
    for role in ["p521", "ed25519"] {
        let error = sign(&vault, &for_role(role)).await.unwrap_err();
        let cause = &error.refusal().unwrap().cause;
        assert!(matches!(cause, RefusalCause::KeyRefused { .. }), "{role}");
    }
    for role in ["iamra", "default-role", "p521", "ed25519", "any-sign-ed"] {
        for key_format in [KeyFormat::Pkcs8, KeyFormat::Legacy] {
            let request = CertificateRequest {
                key_format,
                ..for_role(role)
            };
            let issued = vault.issue(&request, SystemClock.now()).await.unwrap();
            assert!(issued.server_key_pem().is_some(), "{role}");
        }
    }
}

#[tokio::test]
async fn where_only_issue_is_allowed_the_refusal_says_so() {
    let laboratory = Laboratory::new(Settings::seed).await;
    let vault = laboratory.by_service_account();
    let name = laboratory.variable("VAULT_CERT_NAME");
    let mut request = for_role(&name);
    request.names = Names::common_name(laboratory.variable("VAULT_CERT_CN"));
    let error = sign(&vault, &request).await.unwrap_err();
    assert_eq!(error.fault(), FaultKind::Denied);
    let hint = error.hint().unwrap();
    let stanza = format!("path \"pki-aws/sign/{name}\" {{ capabilities = [\"update\"] }}");
    assert!(
        hint.contains(&stanza) && hint.contains("mode issue"),
        "{hint}"
    );
    let issued = vault.issue(&request, SystemClock.now()).await.unwrap();
    assert!(issued.server_key_pem().is_some());
}

#[tokio::test]
async fn lives_are_shortened_with_a_warning_or_refused() {
    let laboratory = Laboratory::new(Settings::new).await;
    let vault = laboratory.by_token(laboratory.settings());
    let lasting = |role, days: u64| CertificateRequest {
        lifetime: RequestedLifetime::Ttl(std::time::Duration::from_hours(24 * days)),
        ..for_role(role)
    };
    let issued = sign(&vault, &lasting("iamra", 30)).await.unwrap();
    assert!(issued.lifetime().duration().as_secs() < 2 * 86400);
    let clamped = |text: &String| text.contains("longer than permitted maxTTL");
    assert!(issued.warnings.iter().any(clamped), "{:?}", issued.warnings);
    let error = sign(&vault, &lasting("long", 399)).await.unwrap_err();
    let cause = &error.refusal().unwrap().cause;
    assert!(
        matches!(cause, RefusalCause::CaExpiresFirst { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_lease_keeps_the_token() {
    let laboratory = Laboratory::new(Settings::new).await;
    let vault = laboratory.by_token(laboratory.settings());
    assert!(
        sign(&vault, &for_role("lease"))
            .await
            .unwrap()
            .lease
            .is_some()
    );
    assert!(
        sign(&vault, &for_role("nostore"))
            .await
            .unwrap()
            .lease
            .is_none()
    );
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let laboratory = Laboratory::new(Settings::new).await;
    let vault = laboratory.by_token(laboratory.settings());
    let other_mount = CertificateRequest {
        mount: "pki-none".parse().unwrap(),
        ..for_role("iamra")
    };
    let other_name = CertificateRequest {
        names: Names::common_name("evil.invalid"),
        ..for_role("iamra")
    };
    let no_name = CertificateRequest {
        names: Names::default(),
        ..for_role("iamra")
    };
    for (request, expected) in [
        (for_role("nope"), RefusalCause::RoleMissing),
        (other_mount, RefusalCause::MountMissing),
        (other_name, RefusalCause::NameNotAllowed),
        (no_name, RefusalCause::CommonNameRequired),
    ] {
        let error = sign(&vault, &request).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().cause, expected, "{error}");
    }
    let elsewhere = VaultSettings {
        namespace: Some("nowhere".parse().unwrap()),
        ..laboratory.settings()
    };
    let error = sign(&laboratory.by_token(elsewhere), &for_role("iamra")).await;
    let cause = error.unwrap_err().refusal().unwrap().cause.clone();
    assert_eq!(cause, RefusalCause::NamespaceMissing);
    laboratory.sandbox.seal(true);
    let error = sign(&vault, &for_role("iamra")).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().cause, RefusalCause::Sealed);
    assert!(vault.health().await.unwrap().is_sealed);
}
