use std::sync::Arc;
use std::time::{Duration, SystemTime};

use refresh::Pause;

use super::token_life::TokenLife;
use crate::Session;

mod lease;
mod renewal;

use lease::Leases;
use renewal::{Renewal, is_extended};

/// The session that we have, and what hangs on it.
#[derive(Debug, Default)]
pub(super) struct State {
    session: Option<Arc<Session>>,
    /// How often the token may still be used, where that is limited.
    uses_left: Option<u64>,
    /// One more owner for each call that is under way with the token.
    calls: Arc<()>,
    leases: Leases,
    renewal: Renewal,
    /// Another login was refused: it is asked for again when this is over.
    refused: Option<Pause>,
    /// Whether there was a certificate: a token of somebody else is not looked
    /// up before, as that spends a use.
    has_served: bool,
    /// Drawn once for a token.
    random: f64,
}

/// The session that one call is made with.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) session: Arc<Session>,
    /// Whether we logged in for it a moment ago.
    pub(super) is_fresh: bool,
    _call: Arc<()>,
}

impl State {
    pub(super) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    pub(super) fn random(&self) -> f64 {
        self.random
    }

    /// The session, if it is ours and good for another call.
    pub(super) fn usable(&self, now: SystemTime) -> Option<Arc<Session>> {
        let session = self.session.clone().filter(|session| session.is_ours)?;
        (session.is_alive(now) && self.uses_left != Some(0)).then_some(session)
    }

    /// The same for one call, which is now under way.
    pub(super) fn hold(&mut self, now: SystemTime) -> Option<Held> {
        let session = self.usable(now)?;
        let is_fresh = session.is_new(now);
        Some(self.begin(session, is_fresh))
    }

    /// A call with a session that we have.
    pub(super) fn begin(&mut self, session: Arc<Session>, is_fresh: bool) -> Held {
        self.spend(&session);
        Held {
            session,
            is_fresh,
            _call: Arc::clone(&self.calls),
        }
    }

    /// What decides what is done about the token; nothing, where there is none,
    /// or one that nobody may ask about yet.
    pub(super) fn life(&self, is_repeatable: bool, now: SystemTime) -> Option<TokenLife> {
        let session = self.session.as_ref()?;
        session.token.as_ref()?;
        if self.renewal == Renewal::Unknown && !self.has_served {
            return None;
        }
        // A renewal is a use, too.
        let has_uses = self.uses_left.is_none_or(|uses| uses > 1);
        // A login that can be had later need not be had now, unless the
        // certificate ends with this one.
        let is_wanted = !is_repeatable || self.leases.is_last_on_session();
        let is_refused = self.refused.is_some_and(|refused| refused.lasts(now));
        Some(TokenLife {
            lifetime: session.lifetime,
            is_unknown: self.renewal == Renewal::Unknown,
            can_renew: session.is_renewable && self.renewal == Renewal::Possible && has_uses,
            can_replace: session.is_ours && is_wanted && !is_refused,
        })
    }

    /// Takes a session in the place of another; one with the token that we
    /// have, and know more of, changes nothing.
    pub(super) fn install(&mut self, session: Arc<Session>) -> Arc<Session> {
        match &self.session {
            Some(known) if known.token == session.token && !session.is_ours => {
                return Arc::clone(known);
            }
            // The same token, from another login: what hangs on it still does.
            Some(known) if known.token == session.token => {}
            _ => {
                self.forget();
            }
        }
        self.uses_left = session.num_uses;
        self.renewal = if session.is_ours {
            Renewal::Possible
        } else {
            Renewal::Unknown
        };
        self.refused = None;
        self.random = fastrand::f64();
        self.session = Some(Arc::clone(&session));
        session
    }

    /// What Vault has answered when `old` was renewed.
    pub(super) fn renewed(&mut self, old: &Session, session: Session) {
        if self.holds(old) {
            if !is_extended(old, &session) {
                self.renewal = Renewal::Over;
            }
            self.session = Some(Arc::new(session));
        }
    }

    /// What Vault has answered when `old` was looked up, if it has.
    pub(super) fn looked_up(&mut self, old: &Session, session: Option<Session>) {
        if self.holds(old) {
            self.renewal = Renewal::Possible;
            if let Some(session) = session {
                self.uses_left = session.num_uses;
                self.session = Some(Arc::new(session));
            }
        }
    }

    /// Vault will never renew `old`.
    pub(super) fn cannot_renew(&mut self, old: &Session) {
        if self.holds(old) {
            self.renewal = Renewal::Over;
        }
    }

    /// There is no other login now. There may be one later: somebody delivers
    /// another secret, or corrects a role.
    pub(super) fn cannot_replace(&mut self, old: &Session, now: SystemTime) {
        if self.holds(old) {
            self.refused = Some(Pause::new(now, LOGIN_REFUSED));
        }
    }

    /// Whether the token is that of `session`, of which we may know more by now.
    pub(super) fn holds(&self, session: &Session) -> bool {
        let held = self.session.as_ref();
        held.is_some_and(|held| held.token == session.token)
    }

    /// The session is no more; its certificate may still be good for a while.
    pub(super) fn forget(&mut self) -> Option<Arc<Session>> {
        let session = self.session.take();
        let end = session.as_ref().and_then(|session| session.end());
        self.leases.forget_session(end);
        self.uses_left = None;
        self.calls = Arc::default();
        self.renewal = Renewal::Unknown;
        self.refused = None;
        self.has_served = false;
        session
    }

    /// Vault no longer knows the token, and has revoked what hung on it.
    pub(super) fn lost(&mut self, old: &Session, now: SystemTime) {
        if !self.holds(old) {
            return;
        }
        self.leases.revoked(now);
        if old.is_ours {
            self.forget();
        } else {
            self.renewal = Renewal::Over;
        }
    }

    /// The token of `session` is sent with a call.
    pub(super) fn spend(&mut self, session: &Session) {
        if self.holds(session) {
            self.uses_left = self.uses_left.map(|uses| uses.saturating_sub(1));
        }
    }

    /// A certificate was obtained with the token of `used`.
    pub(super) fn certified(&mut self, used: &Session, has_lease: bool, now: SystemTime) {
        let held = self.session.clone().filter(|_| self.holds(used));
        match held {
            Some(held) => {
                self.has_served = true;
                self.leases.on_session(has_lease, held.is_alive(now));
            }
            None => self.leases.elsewhere(has_lease, used.end()),
        }
    }

    /// Whether a certificate hangs on the token: the last one, or one before.
    pub(super) fn holds_lease(&self) -> bool {
        self.leases.holds_any()
    }

    /// Whether nobody needs the token of `session` any more, once there is
    /// another: nothing hangs on it, and no call but that of the asker may yet
    /// have something hang on it.
    pub(super) fn is_dispensable(&self, session: &Session) -> bool {
        self.holds(session) && !self.holds_lease() && Arc::strong_count(&self.calls) <= 2
    }

    /// Whether a call is under way, of which something may yet hang on the token.
    pub(super) fn is_busy(&self) -> bool {
        Arc::strong_count(&self.calls) > 1
    }

    /// Forgets a session of ours, and gives it where there is something to
    /// revoke: a token that was used up is gone. Whoever obtained one of
    /// somebody else goes on using it, and so do we.
    pub(super) fn give_back(&mut self) -> Option<Arc<Session>> {
        let is_used_up = self.uses_left == Some(0);
        if self.session.as_ref().is_some_and(|held| !held.is_ours) {
            return None;
        }
        let session = self.forget()?;
        (session.is_revocable() && !is_used_up).then_some(session)
    }

    /// Whether the last certificate ends with a token that nobody keeps alive,
    /// so that another one is wanted.
    pub(super) fn is_lease_ending(&self, now: SystemTime) -> bool {
        let is_alive = |session: &Arc<Session>| session.is_alive(now);
        let is_alive = self.session.as_ref().is_some_and(is_alive);
        self.leases.is_ending(is_alive)
    }

    /// Until when the last certificate lives, if it hangs on a token whose end
    /// is known.
    pub(super) fn lease_end(&self) -> Option<SystemTime> {
        let end = self.session.as_ref().and_then(|session| session.end());
        self.leases.end(end)
    }
}

/// A login that was refused is not asked for at every look: it may count as a
/// failed attempt.
const LOGIN_REFUSED: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests;
