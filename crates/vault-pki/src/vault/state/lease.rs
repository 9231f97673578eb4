use std::time::SystemTime;

/// Which certificates hang on the leases of which tokens.
#[derive(Debug, Default)]
pub(super) struct Leases {
    /// Whether any certificate hangs on the session's token: the last one, or
    /// one before, which is still used where the last one is not.
    on_session: bool,
    last: Holder,
    /// Whether the last certificate was obtained with a token whose end, as far
    /// as we knew, had passed: another one would be no better.
    is_late: bool,
}

/// On which token the last certificate hangs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Holder {
    /// On none.
    #[default]
    Nobody,
    /// On that of the session.
    Session,
    /// On one that was replaced since, and lives until then.
    Former(Option<SystemTime>),
}

impl Leases {
    /// A certificate was obtained with the session's token.
    pub(super) fn on_session(&mut self, has_lease: bool, is_alive: bool) {
        self.on_session |= has_lease;
        self.last = if has_lease {
            Holder::Session
        } else {
            Holder::Nobody
        };
        self.is_late = !is_alive;
    }

    /// A certificate was obtained with a token that was replaced meanwhile.
    pub(super) fn elsewhere(&mut self, has_lease: bool, end: Option<SystemTime>) {
        self.last = if has_lease {
            Holder::Former(end)
        } else {
            Holder::Nobody
        };
    }

    /// There is no session, or another one; the token of the old lives until
    /// `end`.
    pub(super) fn forget_session(&mut self, end: Option<SystemTime>) {
        self.on_session = false;
        if self.last == Holder::Session {
            self.last = Holder::Former(end);
        }
    }

    /// The session's token is no more, and nothing that hung on it.
    pub(super) fn revoked(&mut self, now: SystemTime) {
        self.forget_session(Some(now));
    }

    pub(super) fn holds_any(&self) -> bool {
        self.on_session
    }

    pub(super) fn is_last_on_session(&self) -> bool {
        self.last == Holder::Session
    }

    /// Whether the last certificate ends with a token that nobody keeps alive:
    /// a former one, or the session's, which is over.
    ///
    /// While the session's is good, no other certificate would do better: it
    /// would hang on the same one. So says nobody twice of one token.
    pub(super) fn is_ending(&self, is_session_alive: bool) -> bool {
        match self.last {
            Holder::Nobody | Holder::Former(None) => false,
            Holder::Former(Some(_)) => true,
            Holder::Session => !is_session_alive && !self.is_late,
        }
    }

    /// When the last certificate ends with its token; the session's does at
    /// `session_end`.
    pub(super) fn end(&self, session_end: Option<SystemTime>) -> Option<SystemTime> {
        match self.last {
            Holder::Nobody => None,
            Holder::Session => session_end,
            Holder::Former(end) => end,
        }
    }
}
