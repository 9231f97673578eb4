use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use credential_server::HandOut;
use pod_identity::{Association, ServiceAccount};
use refresh::{AtHand, Expires as _};

use super::aws::{NotAsked, Obtaining, PodSession};
use super::brokers::Question;
use super::errand::{Errand, seconds};
use super::flown::Flown;
use super::holders::Holders;
use super::proof::Proof;
use super::replicas::Replica;
use super::roster::{Known, Problem};
use super::siblings::{Siblings, Told};
use crate::audit;
use crate::identity::IdentityKeeper;
use crate::refreshed;
use crate::session::SessionKey;

/// One service account in its role.
pub(super) struct Account {
    pub(super) association: Arc<Association>,
    pub(super) identity: Arc<IdentityKeeper>,
    pub(super) proof: Proof,
    pub(super) session: Flown<Obtaining>,
    moments: Mutex<Moments>,
    holders: Mutex<Holders>,
}

/// When what happened last.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub(super) asked: SystemTime,
    pub(super) handed_out: Option<SystemTime>,
}

impl Account {
    pub(super) fn new(
        association: Arc<Association>,
        (identity, proof): (Arc<IdentityKeeper>, Proof),
        session: Flown<Obtaining>,
        moments: Moments,
    ) -> Self {
        Self {
            association,
            identity,
            proof,
            session,
            moments: Mutex::new(moments),
            holders: Mutex::default(),
        }
    }

    pub(super) fn has(&self, association: &Arc<Association>) -> bool {
        Arc::ptr_eq(&self.association, association) || self.association == *association
    }

    pub(super) fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that is there, whether or not it is to be replaced soon.
    pub(super) fn at_hand(&self) -> Option<PodSession> {
        match self.session.at_hand() {
            AtHand::Good(session) | AtHand::Due(session) => Some(session),
            _ => None,
        }
    }

    /// Whether it is that session that is wanted here.
    pub(super) fn wants(&self, key: &SessionKey) -> bool {
        self.session.source().key == *key
    }

    /// Takes the session that another broker has and that ends then, unless the one
    /// at hand ends no earlier; what is at hand then. An error says that not all could
    /// be asked.
    pub(super) async fn take_copy(
        &self,
        end: SystemTime,
    ) -> Result<Option<Arc<HandOut>>, NotAsked> {
        let ends_in_time = |session: &PodSession| seconds(session.lifetime().end()) >= seconds(end);
        if !self.at_hand().as_ref().is_some_and(ends_in_time)
            && let Some(copy) = self.session.source().copy().await?
        {
            self.session.put(copy);
        }
        let at_hand = self.at_hand().filter(ends_in_time);
        Ok(at_hand.map(|session| session.hand_out))
    }

    /// Tells another broker of the session that ends then; whether that is settled.
    pub(super) async fn tell(
        &self,
        (account, end): (&ServiceAccount, SystemTime),
        replica: Replica,
        siblings: &Siblings,
    ) -> bool {
        let (fingerprint, token) = self.proof.shown_last();
        let question = Question {
            account,
            role_arn: &self.association.role_arn,
            token: &token,
        };
        let key = self.session.source().key.clone();
        let errand = Errand::Copy { key, end };
        let told = siblings.tell((&replica, &errand), question).await;
        match told {
            Told::Settled => self.holders().add(end, replica),
            Told::Refused => self.holders().refuse(fingerprint),
            Told::Unheard => {}
        }
        // A pod may have shown another token meanwhile.
        let is_stale = told == Told::Refused && self.proof.shown_last().0 != fingerprint;
        told != Told::Unheard && !is_stale
    }

    /// Who lacks the session at hand of those who are to have it, and when it ends.
    pub(super) fn lacking(&self, wanted: Vec<Replica>) -> Option<(Vec<Replica>, SystemTime)> {
        let end = self.at_hand()?.lifetime().end();
        let (fingerprint, _) = self.proof.shown_last();
        let lacking = self.holders().lacking(end, wanted, fingerprint);
        (!lacking.is_empty()).then_some((lacking, end))
    }

    /// Who else has the session, as far as is known.
    pub(super) fn holders(&self) -> MutexGuard<'_, Holders> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it stands.
    pub(super) fn known(&self, account: &ServiceAccount) -> Known {
        let session = self.session.status();
        let moments = *self.moments();
        let time = |time: Option<SystemTime>| time.map(audit::rfc3339_seconds);
        let problem = session.last_error.map(|error| {
            let failure = refreshed::failure(&error, "session.expired");
            Problem {
                code: failure.code().to_owned(),
                message: failure.to_string(),
            }
        });
        Known {
            namespace: account.namespace().to_owned(),
            service_account: account.name().to_owned(),
            role_arn: self.association.role_arn.clone(),
            asked: audit::rfc3339_seconds(moments.asked),
            certificate_ends: time(self.identity.not_after()),
            session_ends: time(session.lifetime.map(|lifetime| lifetime.end())),
            handed_out: time(moments.handed_out),
            problem,
        }
    }
}
