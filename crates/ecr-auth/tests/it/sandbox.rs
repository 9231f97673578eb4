//! Tokens and registries of the sandbox.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_partition::Endpoint;
use destination::{Destination, HttpClient};
use ecr_auth::{
    AuthorizationToken, Ecr, Error, RefusalCause, RegistryClient, RegistryHost, TokenScope,
};
use iamra_sandbox::{EcrAction, EcrDenial, Operation, Sandbox, Settings};
use refresh::{Backoff, Fault as _, FaultKind, Retry};
use secrecy::ExposeSecret as _;

const NOON: SystemTime = SystemTime::UNIX_EPOCH;
const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

fn now() -> SystemTime {
    NOON + Duration::from_secs(1_795_262_400)
}

/// Our clock: the sandbox's, or off by so much.
#[derive(Debug)]
struct Clock(i64);

impl refresh::Clock for Clock {
    fn now(&self) -> SystemTime {
        let by = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 { now() - by } else { now() + by }
    }

    fn sleep(&self, _: Duration) -> refresh::Sleep<'_> {
        Box::pin(async {})
    }
}

struct Laboratory {
    sandbox: Sandbox,
    http: Arc<HttpClient>,
}

impl Laboratory {
    async fn new() -> Self {
        let sandbox = Sandbox::bind(Settings::new(Arc::new(now))).await.unwrap();
        let http = Arc::new(HttpClient::new(Destination::default()).unwrap());
        // Ends with the test's runtime.
        tokio::spawn(sandbox.serve());
        Self { sandbox, http }
    }

    fn ecr(&self, skew: i64) -> Ecr {
        let endpoint: http::Uri = self.sandbox.aws_url().parse().unwrap();
        Ecr::new(Arc::clone(&self.http))
            .with_endpoint(endpoint.clone())
            .with_public_endpoint(endpoint)
            .with_clock(Arc::new(Clock(skew)))
            .with_retry(Retry {
                attempts: 3,
                backoff: Backoff::REQUEST,
                within: Duration::from_secs(30),
            })
    }

    fn credentials(&self) -> Credentials {
        let user = self.sandbox.iam_user();
        let secret = user.secret_access_key.expose_secret();
        Credentials::new(user.access_key_id, secret, None, None, "test")
    }

    async fn token(&self, ecr: &Ecr, scope: &TokenScope) -> Result<AuthorizationToken, Error> {
        let credentials = self.credentials();
        ecr.authorization_token(scope, &credentials).await
    }

    fn registry(&self, token: &AuthorizationToken) -> RegistryClient<'_> {
        let host: RegistryHost = HOST.parse().unwrap();
        let base = self.sandbox.aws_url().parse().unwrap();
        RegistryClient::new(&self.http, host, token).with_endpoint(base)
    }
}

fn private() -> TokenScope {
    TokenScope::Private {
        region: "us-east-1".parse().unwrap(),
        endpoint: Endpoint::default(),
    }
}

const PUBLIC: TokenScope = TokenScope::Public { dual_stack: false };

#[tokio::test]
async fn a_token_lives_as_long_as_ecr_says_and_opens_the_registry() {
    let laboratory = Laboratory::new().await;
    for scope in [private(), PUBLIC] {
        let token = laboratory.token(&laboratory.ecr(0), &scope).await.unwrap();
        assert_eq!(token.username, "AWS");
        assert_eq!(token.lifetime.start(), now());
        assert_eq!(token.lifetime.duration(), Duration::from_secs(12 * 3600));
        let own = (scope == private()).then(|| format!("https://{HOST}"));
        assert_eq!(token.proxy_endpoint, own);
    }
    let token = laboratory
        .token(&laboratory.ecr(0), &private())
        .await
        .unwrap();
    let registry = laboratory.registry(&token);
    registry.check().await.unwrap();
    let name = "team/app:1".parse().unwrap();
    let manifest = registry.manifest(&name).await.unwrap();
    assert_eq!(
        manifest.media_type,
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert!(manifest.digest.unwrap().starts_with("sha256:"));
    let tags = registry.tags(&"many".parse().unwrap()).await.unwrap();
    assert_eq!(tags.len(), 250);
    let refused = registry.manifest(&"forbidden:1".parse().unwrap()).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.to_string().contains("ecr:BatchGetImage"),
        "{refused}"
    );
    assert_eq!(refused.fault(), FaultKind::Denied);
}

#[tokio::test]
async fn a_refusal_tells_its_cause_and_is_not_tried_again() {
    let laboratory = Laboratory::new().await;
    let user = laboratory.sandbox.iam_user();
    laboratory.sandbox.configure_ecr(|settings| {
        settings.denials.push(EcrDenial {
            principal_arn: user.arn.clone(),
            action: EcrAction::GetAuthorizationToken,
        });
    });
    let refused = laboratory
        .token(&laboratory.ecr(0), &private())
        .await
        .unwrap_err();
    let refusal = refused.refusal().unwrap();
    assert_eq!(refusal.cause(), Some(RefusalCause::Denied));
    assert!(refusal.request_id.is_some());
    let wrong = Credentials::new(user.access_key_id, "hunter2", None, None, "test");
    for scope in [private(), PUBLIC] {
        let ecr = laboratory.ecr(0);
        let refused = ecr.authorization_token(&scope, &wrong).await;
        let refused = refused.unwrap_err();
        let cause = refused.refusal().unwrap().cause();
        assert_eq!(cause, Some(RefusalCause::CredentialsUnknown), "{refused}");
        assert!(!format!("{refused:?}").contains("hunter2"), "{refused:?}");
    }
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::EcrToken), 2);
    assert_eq!(requests.count(Operation::EcrPublicToken), 1);
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let laboratory = Laboratory::new().await;
    for (scope, fault) in [
        (private(), "ecr=status:500*2"),
        (private(), "ecr=throttle*2"),
        (PUBLIC, "ecr=close*2"),
    ] {
        laboratory.sandbox.faults().add(fault.parse().unwrap());
        laboratory.token(&laboratory.ecr(0), &scope).await.unwrap();
    }
}

/// Nobody else's words come into an error.
#[tokio::test]
async fn what_is_not_aws_is_said_to_be_that() {
    let laboratory = Laboratory::new().await;
    for scope in [private(), PUBLIC] {
        for (fault, kind) in [
            ("ecr=html:403", FaultKind::Failed),
            ("ecr=html:502*3", FaultKind::Unavailable),
            ("ecr=html:200", FaultKind::Failed),
        ] {
            laboratory.sandbox.faults().clear();
            laboratory.sandbox.faults().add(fault.parse().unwrap());
            let error = laboratory
                .token(&laboratory.ecr(0), &scope)
                .await
                .unwrap_err();
            assert_eq!(error.fault(), kind, "{fault}: {error}");
            assert!(!error.to_string().contains('<'), "{error}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_said_or_corrected() {
    let laboratory = Laboratory::new().await;
    for (scope, skew) in [(private(), 3600), (private(), -7200), (PUBLIC, 3600)] {
        let ecr = laboratory.ecr(skew);
        let refused = laboratory.token(&ecr, &scope).await.unwrap_err();
        let cause = refused.refusal().unwrap().cause();
        assert_eq!(cause, Some(RefusalCause::ClockSkew), "{refused}");
        let ecr = ecr.with_clock_skew_correction(true);
        let token = laboratory.token(&ecr, &scope).await.unwrap();
        // By our own clock, which is the one that it is judged with.
        let ours = refresh::Clock::now(&Clock(skew));
        let life = token.lifetime.end().duration_since(ours).unwrap();
        let off = life.abs_diff(Duration::from_secs(12 * 3600));
        assert!(off <= Duration::from_secs(1), "{life:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_silent_is_given_up() {
    let laboratory = Laboratory::new().await;
    laboratory.sandbox.faults().add("ecr=hang".parse().unwrap());
    let retry = Retry {
        attempts: 3,
        backoff: Backoff::REQUEST,
        within: Duration::from_millis(200),
    };
    for scope in [private(), PUBLIC] {
        let ecr = laboratory.ecr(0).with_retry(retry);
        let error = laboratory.token(&ecr, &scope).await.unwrap_err();
        assert!(matches!(error, Error::DeadlineExceeded { .. }), "{error}");
    }
}
