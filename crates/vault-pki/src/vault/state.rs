use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::token_life::TokenLife;
use crate::Session;

/// The session that we have, and what hangs on it.
#[derive(Debug, Default)]
pub(super) struct State {
    session: Option<Arc<Session>>,
    /// How often the token may still be used, where that is limited.
    uses_left: Option<u64>,
    lease: LeaseHolder,
    renewal: Renewal,
    /// Whether another login was refused.
    is_last: bool,
    /// Whether there was a certificate: a token of somebody else is not looked
    /// up before, as that spends a use.
    has_served: bool,
    /// Drawn once for a token.
    random: f64,
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

/// Whether a renewal would extend the token's life.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Renewal {
    /// Vault has not said how long it lives: neither at a login of ours, nor
    /// when it was looked up.
    #[default]
    Unknown,
    /// As far as is known.
    Possible,
    /// Not any more.
    Over,
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

    /// Whether a new certificate had better have another token.
    pub(super) fn is_worn(&self, now: SystemTime) -> bool {
        let life = self.life(true).filter(|_| !self.is_last);
        life.is_some_and(|life| life.is_worn(now, self.random))
    }

    /// What decides what is done about the token; nothing, where there is none,
    /// or one that nobody may ask about yet.
    pub(super) fn life(&self, is_repeatable: bool) -> Option<TokenLife> {
        let session = self.session.as_ref()?;
        session.token.as_ref()?;
        if self.renewal == Renewal::Unknown && !self.has_served {
            return None;
        }
        // A renewal is a use, too.
        let has_uses = self.uses_left.is_none_or(|uses| uses > 1);
        Some(TokenLife {
            lifetime: session.lifetime,
            is_unknown: self.renewal == Renewal::Unknown,
            can_renew: session.is_renewable && self.renewal == Renewal::Possible && has_uses,
            can_replace: session.is_ours && !is_repeatable && !self.is_last,
        })
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
        self.renewal = if session.is_ours {
            Renewal::Possible
        } else {
            Renewal::Unknown
        };
        self.is_last = false;
        self.random = fastrand::f64();
        self.session = Some(Arc::clone(&session));
        session
    }

    /// What Vault has answered when `old` was renewed.
    pub(super) fn renewed(&mut self, old: &Arc<Session>, session: Session) {
        if self.holds(old) {
            if !is_extended(old, &session) {
                self.renewal = Renewal::Over;
            }
            self.session = Some(Arc::new(session));
        }
    }

    /// What Vault has answered when `old` was looked up, if it has.
    pub(super) fn looked_up(&mut self, old: &Arc<Session>, session: Option<Session>) {
        if self.holds(old) {
            self.renewal = Renewal::Possible;
            if let Some(session) = session {
                self.uses_left = session.num_uses;
                self.session = Some(Arc::new(session));
            }
        }
    }

    /// Vault will never renew `old`.
    pub(super) fn cannot_renew(&mut self, old: &Arc<Session>) {
        if self.holds(old) {
            self.renewal = Renewal::Over;
        }
    }

    /// There is no other login as long as this session lasts.
    pub(super) fn cannot_replace(&mut self, old: &Arc<Session>) {
        self.is_last |= self.holds(old);
    }

    pub(super) fn holds(&self, session: &Arc<Session>) -> bool {
        let held = self.session.as_ref();
        held.is_some_and(|held| Arc::ptr_eq(held, session))
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

    /// Vault no longer knows the token, and has revoked what hung on it.
    pub(super) fn lost(&mut self, old: &Arc<Session>, now: SystemTime) {
        if !self.holds(old) {
            return;
        }
        if self.lease == LeaseHolder::Session {
            self.lease = LeaseHolder::Former(Some(now));
        }
        if old.is_ours {
            self.forget();
        } else {
            self.renewal = Renewal::Over;
        }
    }

    /// The token is sent with a call.
    pub(super) fn spend(&mut self) {
        self.uses_left = self.uses_left.map(|uses| uses.saturating_sub(1));
    }

    /// A certificate was obtained.
    pub(super) fn certified(&mut self, has_lease: bool) {
        self.has_served = true;
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

    /// Whether the last certificate hangs on a token that ends, and that no
    /// renewal extends. A token of somebody else is theirs to replace.
    pub(super) fn is_lease_worn(&self, now: SystemTime) -> bool {
        match (self.lease, &self.session) {
            (LeaseHolder::Session, Some(session)) => {
                (session.is_ours && self.is_worn(now)) || !session.is_alive(now)
            }
            (LeaseHolder::Former(_), _) => true,
            _ => false,
        }
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

/// Whether a renewal has moved the end, by more than two clocks and a rounded
/// second make of it.
fn is_extended(old: &Session, new: &Session) -> bool {
    let (Some(before), Some(lifetime)) = (old.lifetime, new.lifetime) else {
        return true;
    };
    // The clock was set back: the ends cannot be compared.
    if lifetime.start() < before.start() {
        return true;
    }
    let gained = lifetime.end().duration_since(before.end());
    gained.unwrap_or_default() > (lifetime.duration() / 10).min(NOISE)
}

const NOISE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use refresh::Lifetime;

    use super::*;
    use crate::Token;

    fn session(start: u64, end: u64) -> Session {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        Session {
            is_ours: true,
            is_renewable: true,
            lifetime: Some(Lifetime::new(at(start), at(end))),
            ..Session::foreign(Token::new(&"s.1".into()).unwrap())
        }
    }

    #[test]
    fn a_renewal_that_gains_nothing_is_the_last() {
        for (start, end, extended) in [
            (800, 2000, true),
            (800, 1210, true),
            (800, 1205, false),
            (800, 1200, false),
            (800, 1100, false),
        ] {
            let new = session(start, end);
            assert_eq!(is_extended(&session(0, 1200), &new), extended, "{end}");
        }
        // A period of ten seconds.
        assert!(is_extended(&session(0, 10), &session(3, 13)));
        assert!(!is_extended(&session(0, 10), &session(7, 10)));
        // The clock was set back by an hour.
        assert!(is_extended(&session(3600, 4800), &session(800, 2000)));
    }

    #[test]
    fn a_lease_lives_as_long_as_the_token_that_it_hangs_on() {
        let end = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        let mut state = State::default();
        let first = state.install(Arc::new(session(0, 100)));
        assert_eq!(state.lease_end(), None);
        state.certified(true);
        assert_eq!(state.lease_end(), end(100));
        state.renewed(&first, session(50, 150));
        assert_eq!(state.lease_end(), end(150));
        state.install(Arc::new(session(120, 220)));
        assert_eq!(state.lease_end(), end(150), "the former token's");
        assert!(!state.holds_lease());
        state.certified(true);
        assert_eq!(state.lease_end(), end(220));
        let held = Arc::clone(state.session().unwrap());
        state.lost(&held, UNIX_EPOCH);
        assert_eq!(state.lease_end(), end(0), "revoked with the token");
        state.certified(false);
        assert_eq!(state.lease_end(), None);
    }

    #[test]
    fn a_lease_is_worn_when_nothing_extends_its_token() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut state = State::default();
        let held = state.install(Arc::new(session(0, 100)));
        assert!(!state.is_lease_worn(at(99)), "nothing hangs on it");
        state.certified(true);
        assert!(!state.is_lease_worn(at(90)), "it can be renewed");
        assert!(state.is_lease_worn(at(100)), "it was not");
        // Renewed over and over, for far longer than its first life.
        state.renewed(&held, session(900, 1000));
        assert!(!state.is_lease_worn(at(990)));
        let held = Arc::clone(state.session().unwrap());
        state.cannot_renew(&held);
        assert!(!state.is_lease_worn(at(950)));
        assert!(state.is_lease_worn(at(970)));
        state.cannot_replace(&held);
        assert!(!state.is_lease_worn(at(970)), "another hangs on the same");
        state.install(Arc::new(session(980, 1080)));
        assert!(state.is_lease_worn(at(980)), "it hangs on the former");
        state.certified(false);
        assert!(!state.is_lease_worn(at(2000)));
    }

    #[test]
    fn the_last_use_is_not_spent_on_a_renewal() {
        let mut state = State::default();
        state.install(Arc::new(Session {
            num_uses: Some(2),
            ..session(0, 100)
        }));
        assert!(state.life(true).unwrap().can_renew);
        state.spend();
        assert!(!state.life(true).unwrap().can_renew);
        assert!(state.usable(UNIX_EPOCH).is_some() && state.is_revocable());
        state.spend();
        assert!(state.usable(UNIX_EPOCH).is_none() && !state.is_revocable());
    }

    #[test]
    fn a_token_of_somebody_else_is_not_looked_up_before_it_has_served() {
        let mut state = State::default();
        let foreign = || Arc::new(Session::foreign(Token::new(&"s.t".into()).unwrap()));
        let held = state.install(foreign());
        assert!(state.life(true).is_none());
        state.certified(false);
        assert!(state.life(true).unwrap().is_unknown);
        state.looked_up(&held, Some(session(0, 100)));
        let known = state.install(foreign());
        assert!(known.lifetime.is_none(), "another token");
    }
}
