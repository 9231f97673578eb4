use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::{Presented, Refusal};
use k8s_sinks::kubernetes::{Cluster, Reviewed};
use pod_identity::{Fingerprint, PodToken, TokenFault};
use refresh::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Notify;

use super::refusals;
use super::turns::Turns;

mod keys;

use keys::Keys;

/// Says whose token it is that a pod has shown, and asks the cluster only so
/// often about the same one.
///
/// Whoever is believed does not wait for a slow cluster: it is asked by a task of
/// its own, whose answer counts when it comes.
pub(super) struct Verifier {
    cluster: Cluster,
    audience: String,
    method: Method,
    keys: Keys,
    clock: Arc<dyn Clock>,
    verdicts: Mutex<HashMap<Fingerprint, Verdict>>,
    /// What is being asked about.
    asked_about: Mutex<HashSet<Fingerprint>>,
    turns: Turns,
    /// Something came of asking: look again.
    landed: Notify,
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
    /// When it was given: a clock that was set back makes none last longer.
    given_at: SystemTime,
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
            asked_about: Mutex::default(),
            turns: Turns::new(),
            landed: Notify::new(),
        }
    }

    /// Whose token it is. The answer is at hand where the token is known.
    pub(super) async fn verify(
        self: &Arc<Self>,
        token: Presented<'_>,
    ) -> Result<Arc<Proven>, Refusal> {
        let fingerprint = Fingerprint::of(token.expose_secret());
        match self.known(fingerprint) {
            Some(answer) => answer.map_err(|fault| refusals::token(&fault)),
            // What is at hand does not carry the room for this with it.
            None => Box::pin(self.verify_anew(&token.to_secret(), fingerprint)).await,
        }
    }

    async fn verify_anew(
        self: &Arc<Self>,
        token: &SecretString,
        fingerprint: Fingerprint,
    ) -> Result<Arc<Proven>, Refusal> {
        let read = PodToken::read(token, &self.audience, self.clock.now());
        let read = read.map_err(|fault| refusals::token(&fault))?;
        let believed = self.believed(fingerprint);
        self.ask(token, read, believed.is_some());
        let patience = if believed.is_some() {
            BRIEFLY
        } else {
            PATIENCE
        };
        match tokio::time::timeout(patience, self.answered(fingerprint)).await {
            Ok(Some(answer)) => answer.map_err(|fault| refusals::token(&fault)),
            Ok(None) | Err(_) => {
                believed.ok_or_else(|| refusals::unavailable("The token cannot be verified now"))
            }
        }
    }

    /// Has a task ask about a token, unless one does already.
    fn ask(self: &Arc<Self>, token: &SecretString, read: PodToken, is_known: bool) {
        let proven = Proven {
            fingerprint: Fingerprint::of(token.expose_secret()),
            token: read,
        };
        {
            let mut asked_about = self.asked_about();
            // Who floods us with tokens while the cluster is slow waits for nothing.
            let is_full = asked_about.len() >= MOST_WAITING && !is_known;
            if is_full || !asked_about.insert(proven.fingerprint) {
                return;
            }
        }
        let (verifier, token) = (Arc::clone(self), token.clone());
        tokio::spawn(async move {
            let fingerprint = proven.fingerprint;
            if let Some(_turn) = verifier.turns.turn(is_known).await {
                match verifier.asked(&token, &proven.token).await {
                    Ok(answer) => {
                        verifier.remember(fingerprint, answer.map(|()| Arc::new(proven)));
                    }
                    Err(_) => verifier.postpone(fingerprint),
                }
            }
            verifier.asked_about().remove(&fingerprint);
            verifier.landed.notify_waiters();
        });
    }

    /// What came of asking; `None` where nothing did.
    async fn answered(&self, fingerprint: Fingerprint) -> Option<Result<Arc<Proven>, TokenFault>> {
        loop {
            // Before the look: a landing in between is not missed.
            let mut landed = pin!(self.landed.notified());
            landed.as_mut().enable();
            let is_asked_about = self.asked_about().contains(&fingerprint);
            if let Some(answer) = self.known(fingerprint) {
                return Some(answer);
            }
            if !is_asked_about {
                return None;
            }
            landed.await;
        }
    }

    async fn asked(
        &self,
        token: &SecretString,
        read: &PodToken,
    ) -> Result<Result<(), TokenFault>, Refusal> {
        match self.method {
            Method::TokenReview { .. } => self.review(token, read).await,
            Method::Keys { most_age } => self.look(token, read, most_age).await,
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
        let lasts = verdict.given_at <= now && now < verdict.good_until;
        lasts.then(|| verdict.answer.clone())
    }

    /// A token that was genuine when somebody could be asked.
    fn believed(&self, fingerprint: Fingerprint) -> Option<Arc<Proven>> {
        let now = self.clock.now();
        let verdicts = self.verdicts();
        let verdict = verdicts.get(&fingerprint)?;
        let is_believed = verdict.given_at <= now && now < verdict.believed_until;
        verdict.answer.clone().ok().filter(|_| is_believed)
    }

    /// Nobody could be asked: a token that is believed is asked about again in a
    /// moment, and not with each request.
    fn postpone(&self, fingerprint: Fingerprint) {
        let now = self.clock.now();
        if let Some(verdict) = self.verdicts().get_mut(&fingerprint)
            && verdict.answer.is_ok()
        {
            verdict.given_at = now.min(verdict.given_at);
            verdict.good_until = verdict.believed_until.min(now + A_MOMENT);
        }
    }

    fn remember(&self, fingerprint: Fingerprint, answer: Result<Arc<Proven>, TokenFault>) {
        let now = self.clock.now();
        let verdict = match &answer {
            Ok(proven) => self.verdict_of(&proven.token, now, answer.clone()),
            Err(_) => Verdict {
                given_at: now,
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
            given_at: now,
            good_until: good_until.min(token.expires_at),
            believed_until: believed_until.min(token.expires_at),
        }
    }

    fn asked_about(&self) -> std::sync::MutexGuard<'_, HashSet<Fingerprint>> {
        self.asked_about
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
/// Tasks of strangers' tokens, each with its token: 2 MiB.
const MOST_WAITING: usize = 1024;
const PATIENCE: Duration = Duration::from_secs(5);
/// With that of who looks up the role less than a broker has for one answer.
const BRIEFLY: Duration = Duration::from_millis(300);
const A_MOMENT: Duration = Duration::from_secs(10);
/// About 4 MiB.
const MOST_VERDICTS: usize = 8192;

#[cfg(test)]
mod tests;
