//! A daemon's `Vault`, in simulated time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use refresh::{Clock, ManualClock, Sleep};
use serde_json::json;
use vault_pki::{IssuedCertificate, LoginMethod, Vault};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::authority::Authority;
use crate::server::{self, ISSUE, REVOKE, SIGN};

pub(crate) const APP_ROLE: &str = "/v1/auth/approle/login";
pub(crate) const RENEW: &str = "/v1/auth/token/renew-self";
pub(crate) const LOOKUP: &str = "/v1/auth/token/lookup-self";

pub(crate) struct Daemon {
    pub(crate) server: MockServer,
    pub(crate) clock: SetClock,
    pub(crate) vault: Vault,
}

impl Daemon {
    pub(crate) async fn new(login: Box<dyn LoginMethod>) -> Self {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path(SIGN))
            .respond_with(Authority::new().responder())
            .mount(&server)
            .await;
        server::answer(&server, REVOKE, 0, ResponseTemplate::new(204)).await;
        let clock = SetClock::new();
        let settings = vault_pki::VaultSettings {
            max_retries: 0,
            ..server::settings(&server)
        };
        let vault = Vault::new(settings, login, Arc::new(clock.clone())).unwrap();
        Self {
            server,
            clock,
            vault,
        }
    }

    pub(crate) async fn answers(&self, at: &str, times: u64, answer: ResponseTemplate) {
        server::answer(&self.server, at, times, answer).await;
    }

    pub(crate) async fn sign(&self) -> Result<(), vault_pki::Error> {
        self.vault.sign(&server::app(), server::noon()).await?;
        Ok(())
    }

    /// A certificate that hangs on the lease of the token.
    pub(crate) async fn issue_leased(&self) -> IssuedCertificate {
        let recorded_at = std::time::UNIX_EPOCH + Duration::from_secs(1_795_237_600);
        let issued = self.vault.issue(&server::app(), recorded_at).await.unwrap();
        assert!(issued.lease.is_some());
        issued
    }

    /// Answers `issue` with certificates that hang on the lease of the token.
    pub(crate) async fn leases(&self) {
        self.answers(ISSUE, 0, server::recording("146-issue-with-lease"))
            .await;
    }

    /// Answers look-ups of the token.
    pub(crate) async fn knows(&self, answer: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path(LOOKUP))
            .respond_with(answer)
            .mount(&self.server)
            .await;
    }

    /// Sets the clock by so many seconds.
    pub(crate) async fn jump(&self, seconds: i64) {
        self.clock.jump(seconds);
        settle(30).await;
    }

    /// Lets the time pass until so many requests were made; says how much did.
    pub(crate) async fn until(&self, requests: usize) -> u64 {
        let start = self.clock.now();
        while server::asked(&self.server).await.len() < requests {
            let passed = self.clock.now().duration_since(start).unwrap();
            let asked = server::asked(&self.server).await;
            assert!(passed < BOUND, "there is no request {requests}: {asked:?}");
            self.clock.advance(Duration::from_secs(5));
            // The answer has to come over the network.
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        // What came of it has to be noted.
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.clock.now().duration_since(start).unwrap().as_secs()
    }

    /// Lets so many seconds pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        for _ in 0..seconds / 5 {
            self.clock.advance(Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) async fn asked(&self) -> Vec<String> {
        server::asked(&self.server).await
    }

    /// Does `work` beside `keep_alive`.
    pub(crate) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            never = self.vault.keep_alive() => match never {},
            done = work => done,
        }
    }
}

/// A wall clock that is set: waits last as long as they would, whatever it
/// shows.
#[derive(Clone, Debug)]
pub(crate) struct SetClock {
    steady: ManualClock,
    offset: Arc<Mutex<i64>>,
}

impl SetClock {
    fn new() -> Self {
        Self {
            steady: ManualClock::new(server::noon()),
            offset: Arc::default(),
        }
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.steady.advance(duration);
    }

    fn jump(&self, seconds: i64) {
        *self.offset.lock().unwrap() += seconds;
    }
}

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        let offset = *self.offset.lock().unwrap();
        let by = Duration::from_secs(offset.unsigned_abs());
        let steady = self.steady.now();
        if offset < 0 { steady - by } else { steady + by }
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        self.steady.sleep(duration)
    }
}

/// The answer to a renewal: good for so many seconds from now on.
pub(crate) fn renewed(seconds: u64) -> ResponseTemplate {
    let auth = json!({"client_token": "s.1", "lease_duration": seconds, "renewable": true});
    ResponseTemplate::new(200).set_body_json(json!({"auth": auth}))
}

/// What goes over the network needs time that no clock of ours shows.
pub(crate) async fn settle(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// No test waits for longer.
const BOUND: Duration = Duration::from_hours(24);
