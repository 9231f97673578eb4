use std::time::SystemTime;

use refresh::{Due, Lifetime, Schedule};

/// What decides what is done about a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenLife {
    /// From when until when it is valid; absent for one that does not expire.
    pub(super) lifetime: Option<Lifetime>,
    /// Whether nobody has asked Vault yet how long it lives.
    pub(super) is_unknown: bool,
    /// Whether another renewal may extend its life.
    pub(super) can_renew: bool,
    /// Whether it is replaced before anybody needs another: it is ours, and a
    /// login that can be had now may not be had later.
    pub(super) can_replace: bool,
}

/// What to do about a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    /// Nothing, until there is another one.
    Rest,
    /// Look again at that time.
    Wait(SystemTime),
    /// Ask Vault what it is.
    LookUp,
    /// Renew it.
    Renew,
    /// Log in again, while it is still good.
    Replace,
}

impl TokenLife {
    /// What to do at `now`. `random` is uniform in `0.0..1.0`, and drawn once
    /// for a token.
    pub(super) fn next_action(&self, now: SystemTime, random: f64) -> Action {
        if self.is_unknown {
            return Action::LookUp;
        }
        let Some(lifetime) = self.lifetime else {
            return Action::Rest;
        };
        if !self.can_renew && !self.can_replace {
            return Action::Rest;
        }
        match SCHEDULE.at(lifetime, now, random) {
            Due::Fresh { until } => Action::Wait(until),
            // The next call finds it so, and logs in.
            Due::Expired => Action::Rest,
            Due::Due | Due::NotYetValid if self.can_renew => Action::Renew,
            Due::Due | Due::NotYetValid => Action::Replace,
        }
    }

    /// Whether so much of its life is over that another one is better for a
    /// new certificate, which may hang on it.
    pub(super) fn is_worn(&self, now: SystemTime, random: f64) -> bool {
        let due = self
            .lifetime
            .map(|lifetime| SCHEDULE.at(lifetime, now, random));
        !self.can_renew
            && !self.is_unknown
            && due.is_some_and(|due| !matches!(due, Due::Fresh { .. }))
    }
}

/// At two thirds of the lease, as for a certificate.
const SCHEDULE: Schedule = Schedule::CERTIFICATE;

#[cfg(test)]
mod tests;
