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
#[derive(Clone, PartialEq)]
pub(super) struct Copied {
    pub(super) by: Replica,
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

    /// What is still to happen, where that broker is to have a copy.
    pub(super) fn uncopied(&self, by: Option<Replica>) -> Option<Copied> {
        let end = self.at_hand().map(|session| session.lifetime().end());
        let wanted = by.zip(end).map(|(by, end)| Copied { by, end });
        let mut copied = self.copies();
        if *copied == wanted {
            return None;
        }
        // Who is gone comes back with nothing in memory.
        *copied = None;
        wanted
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
