use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use credential_server::HandOut;
use pod_identity::{Association, ServiceAccount};
use refresh::{AtHand, Expires as _};

use super::aws::{Obtaining, PodSession};
use super::flown::Flown;
use super::proof::Proof;
use super::replicas::Replica;
use super::roster::{Known, Problem};
use super::siblings::Siblings;
use crate::audit;
use crate::identity::IdentityKeeper;
use crate::refreshed;

/// One service account in its role.
pub(super) struct Account {
    pub(super) association: Arc<Association>,
    pub(super) identity: Arc<IdentityKeeper>,
    pub(super) proof: Proof,
    pub(super) session: Flown<Obtaining>,
    moments: Mutex<Moments>,
    copied: Mutex<Option<Copied>>,
}

/// Of which session who has a copy.
#[derive(PartialEq)]
pub(super) struct Copied {
    /// Nobody, where it is not for us to see to that.
    pub(super) by: Option<Replica>,
    /// When the session ends, which tells it from the one before.
    pub(super) end: SystemTime,
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
            copied: Mutex::default(),
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

    /// Takes the session that another broker has, where that is newer than ours.
    pub(super) async fn take_copy(&self) -> Option<Arc<HandOut>> {
        if let Some(copy) = self.session.source().copy().await {
            self.session.put(copy);
        }
        self.at_hand().map(|session| session.hand_out)
    }

    /// Has that broker take a copy; whether that is settled.
    pub(super) async fn have_copied(
        &self,
        (key, second): (&ServiceAccount, &Replica),
        siblings: &Siblings,
    ) -> bool {
        let (role_arn, token) = (&self.association.role_arn, &self.proof.token());
        let question = super::brokers::Question {
            account: key,
            role_arn,
            token,
        };
        siblings.have_copied(second, question).await
    }

    /// That has happened.
    pub(super) fn remember(&self, copied: Copied) {
        *self.copies() = Some(copied);
    }

    /// The end of the session at hand, unless it was seen to that there is a copy.
    pub(super) fn uncopied(&self) -> Option<SystemTime> {
        let end = self.at_hand()?.lifetime().end();
        let copied = self.copies();
        let is_copied = copied.as_ref().is_some_and(|copied| copied.end == end);
        (!is_copied).then_some(end)
    }

    /// The same where other brokers are ready: it counts for that one alone.
    pub(super) fn reconsider_copy(&self, second: Option<&Replica>) {
        let mut copied = self.copies();
        // Who was gone has nothing in memory when it is back.
        if copied
            .as_ref()
            .is_some_and(|copied| copied.by.as_ref() != second)
        {
            *copied = None;
        }
    }

    /// Who has a copy may have lost it.
    pub(super) fn forget_copy(&self) {
        *self.copies() = None;
    }

    fn copies(&self) -> MutexGuard<'_, Option<Copied>> {
        self.copied.lock().unwrap_or_else(PoisonError::into_inner)
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
