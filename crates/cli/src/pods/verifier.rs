use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::Refusal;
use k8s_sinks::kubernetes::{Cluster, Reviewed};
use pod_identity::{Fingerprint, PodToken, TokenFault};
use refresh::Clock;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::refusals;

mod keys;

use keys::Keys;

/// Says whose token it is that a pod has shown, and asks the cluster only so
/// often about the same one.
pub(super) struct Verifier {
    cluster: Cluster,
    audience: String,
    method: Method,
    keys: Keys,
    clock: Arc<dyn Clock>,
    verdicts: Mutex<HashMap<Fingerprint, Verdict>>,
    /// The API server is asked about so many at once.
    asking: Semaphore,
}

/// How a token is verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    /// By a `TokenReview`, which knows of pods that are gone; believed for so long.
    TokenReview { believed_for: Duration },
    /// By the cluster's keys alone, and no older than this.
    Keys { most_age: Duration },
}

/// What came of a token.
#[derive(Clone)]
struct Verdict {
    answer: Result<Arc<Proven>, TokenFault>,
    /// When it has to be asked about again.
    good_until: SystemTime,
    /// Until when it is believed where nobody can be asked.
    believed_until: SystemTime,
}

/// A token that is genuine, and what it says.
#[derive(Debug)]
pub(super) struct Proven {
    pub(super) token: PodToken,
    pub(super) fingerprint: Fingerprint,
}

impl Verifier {
    pub(super) fn new(
        cluster: Cluster,
        audience: String,
        method: Method,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            keys: Keys::new(cluster.clone()),
            cluster,
            audience,
            method,
            clock,
            verdicts: Mutex::default(),
            asking: Semaphore::new(MOST_AT_ONCE),
        }
    }

    /// Whose token it is. The answer is at hand where the token is known.
    pub(super) async fn verify(&self, token: &SecretString) -> Result<Arc<Proven>, Refusal> {
        let fingerprint = Fingerprint::of(token);
        if let Some(answer) = self.known(fingerprint) {
            return answer.map_err(|fault| refusals::token(&fault));
        }
        let read = PodToken::read(token, &self.audience, self.clock.now());
        let read = read.map_err(|fault| refusals::token(&fault))?;
        let Ok(_turn) = self.asking.acquire().await else {
            return Err(refusals::unavailable("the agent ends"));
        };
        // Somebody else may have asked about the same one.
        if let Some(answer) = self.known(fingerprint) {
            return answer.map_err(|fault| refusals::token(&fault));
        }
        let proven = Proven {
            token: read,
            fingerprint,
        };
        self.ask(token, proven).await
    }

    async fn ask(&self, token: &SecretString, proven: Proven) -> Result<Arc<Proven>, Refusal> {
        let fingerprint = proven.fingerprint;
        let asked = match self.method {
            Method::TokenReview { .. } => self.review(token, &proven.token).await,
            Method::Keys { most_age } => self.look(token, &proven.token, most_age).await,
        };
        match asked {
            Ok(answer) => {
                let answer = answer.map(|()| Arc::new(proven));
                self.remember(fingerprint, answer.clone());
                answer.map_err(|fault| refusals::token(&fault))
            }
            Err(refusal) => self.believed(fingerprint).ok_or(refusal),
        }
    }

    /// What a `TokenReview` says; an error where there is none.
    async fn review(
        &self,
        token: &SecretString,
        read: &PodToken,
    ) -> Result<Result<(), TokenFault>, Refusal> {
        let reviewed = self.cluster.review_token(token, &[&self.audience]).await;
        match reviewed {
            Ok(Reviewed::Accepted(user)) if user.name == read.account.user_name() => Ok(Ok(())),
            Ok(Reviewed::Accepted(user)) => Ok(Err(TokenFault::NotGenuine {
                reason: format!("the cluster takes it for that of {}", user.name),
            })),
            Ok(Reviewed::Refused { reason }) => Ok(Err(TokenFault::NotGenuine { reason })),
            Ok(_) => Err(refusals::unavailable(
                "the cluster's answer is not understood",
            )),
            Err(error) => {
                tracing::warn!(%error, "a token could not be reviewed");
                Err(refusals::unavailable("The token cannot be reviewed now"))
            }
        }
    }

    /// What the cluster's keys say.
    async fn look(
        &self,
        token: &SecretString,
        read: &PodToken,
        most_age: Duration,
    ) -> Result<Result<(), TokenFault>, Refusal> {
        let age = read.age(self.clock.now());
        if age > most_age {
            return Ok(Err(TokenFault::TooOld {
                age: age.as_secs(),
                most: most_age.as_secs(),
            }));
        }
        let keys = self.keys.for_token(token, self.clock.now()).await?;
        Ok(keys.verify(token))
    }

    /// What is known of a token, as long as that is good.
    fn known(&self, fingerprint: Fingerprint) -> Option<Result<Arc<Proven>, TokenFault>> {
        let now = self.clock.now();
        let verdicts = self.verdicts();
        let verdict = verdicts.get(&fingerprint)?;
        (now < verdict.good_until).then(|| verdict.answer.clone())
    }

    /// A token that was genuine when somebody could be asked.
    fn believed(&self, fingerprint: Fingerprint) -> Option<Arc<Proven>> {
        let now = self.clock.now();
        let verdicts = self.verdicts();
        let verdict = verdicts.get(&fingerprint)?;
        let is_believed = now < verdict.believed_until;
        verdict.answer.clone().ok().filter(|_| is_believed)
    }

    fn remember(&self, fingerprint: Fingerprint, answer: Result<Arc<Proven>, TokenFault>) {
        let now = self.clock.now();
        let verdict = match &answer {
            Ok(proven) => self.verdict_of(&proven.token, now, answer.clone()),
            Err(_) => Verdict {
                good_until: now + REFUSED_FOR,
                believed_until: now,
                answer,
            },
        };
        let mut verdicts = self.verdicts();
        if verdicts.len() >= MOST_VERDICTS {
            verdicts.retain(|_, verdict| now < verdict.believed_until);
        }
        if verdicts.len() >= MOST_VERDICTS {
            let oldest = verdicts
                .iter()
                .min_by_key(|(_, verdict)| verdict.good_until);
            if let Some(oldest) = oldest.map(|(fingerprint, _)| *fingerprint) {
                verdicts.remove(&oldest);
            }
        }
        verdicts.insert(fingerprint, verdict);
    }

    /// No verdict outlives its token, and one by the keys not the age that is
    /// believed.
    fn verdict_of(
        &self,
        token: &PodToken,
        now: SystemTime,
        answer: Result<Arc<Proven>, TokenFault>,
    ) -> Verdict {
        let (good_until, believed_until) = match self.method {
            Method::TokenReview { believed_for } => (now + believed_for, now + OUTAGE),
            Method::Keys { most_age } => {
                let end = token.issued_at + most_age;
                (end, end)
            }
        };
        Verdict {
            answer,
            good_until: good_until.min(token.expires_at),
            believed_until: believed_until.min(token.expires_at),
        }
    }

    fn verdicts(&self) -> std::sync::MutexGuard<'_, HashMap<Fingerprint, Verdict>> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pod that shows what is none is not asked about at each attempt.
const REFUSED_FOR: Duration = Duration::from_secs(10);
/// While the API server is away, a token that it knew is believed for so long:
/// an outage of the control plane is none of the pods'.
const OUTAGE: Duration = Duration::from_mins(60);
const MOST_AT_ONCE: usize = 16;
/// About 4 MiB.
const MOST_VERDICTS: usize = 8192;
