use std::sync::Arc;
use std::time::SystemTime;

use crate::Session;

/// The session that we have, and what hangs on it.
#[derive(Debug, Default)]
pub(super) struct State {
    session: Option<Arc<Session>>,
    /// How often the token may still be used, where that is limited.
    uses_left: Option<u64>,
    lease: LeaseHolder,
}

/// On which token the last certificate hangs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum LeaseHolder {
    /// On none.
    #[default]
    Nobody,
    /// On that of the session.
    Session,
    /// On one that was replaced since, and lives until then.
    Former(Option<SystemTime>),
}

impl State {
    pub(super) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// The session, if it is ours and good for another call.
    pub(super) fn usable(&self, now: SystemTime) -> Option<Arc<Session>> {
        let session = self.session.clone().filter(|session| session.is_ours)?;
        (session.is_alive(now) && self.uses_left != Some(0)).then_some(session)
    }

    /// Takes a session in the place of another; one with the token that we
    /// have, and know more of, changes nothing.
    pub(super) fn install(&mut self, session: Arc<Session>) -> Arc<Session> {
        if let Some(known) = &self.session
            && known.token == session.token
            && !session.is_ours
        {
            return Arc::clone(known);
        }
        self.forget();
        self.uses_left = session.num_uses;
        self.session = Some(Arc::clone(&session));
        session
    }

    /// The session is no more; its certificate may still be good for a while.
    pub(super) fn forget(&mut self) -> Option<Arc<Session>> {
        let session = self.session.take();
        if self.lease == LeaseHolder::Session {
            let end = session.as_ref().and_then(|session| session.end());
            self.lease = LeaseHolder::Former(end);
        }
        self.uses_left = None;
        session
    }

    /// The token is sent with a call.
    pub(super) fn spend(&mut self) {
        self.uses_left = self.uses_left.map(|uses| uses.saturating_sub(1));
    }

    /// A certificate was obtained.
    pub(super) fn certified(&mut self, has_lease: bool) {
        self.lease = if has_lease {
            LeaseHolder::Session
        } else {
            LeaseHolder::Nobody
        };
    }

    pub(super) fn holds_lease(&self) -> bool {
        self.lease == LeaseHolder::Session
    }

    /// Whether there is something to revoke: a token that was used up is gone.
    pub(super) fn is_revocable(&self) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|session| session.is_revocable()) && self.uses_left != Some(0)
    }

    /// Until when the last certificate lives, if it hangs on a token whose end
    /// is known.
    pub(super) fn lease_end(&self) -> Option<SystemTime> {
        match self.lease {
            LeaseHolder::Nobody => None,
            LeaseHolder::Session => self.session.as_ref()?.end(),
            LeaseHolder::Former(end) => end,
        }
    }
}
