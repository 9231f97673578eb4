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
    /// login that can be had now may not be had later, or the certificate ends
    /// with the token.
    pub(super) can_replace: bool,
}

/// What to do about a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    /// Nothing, until there is another one, or time makes a difference.
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
            // The next call finds it so, and logs in; unless the clock is set
            // right again before.
            Due::Expired => Action::Rest,
            Due::Due | Due::NotYetValid if self.can_renew => Action::Renew,
            Due::Due | Due::NotYetValid => Action::Replace,
        }
    }
}

const SCHEDULE: Schedule = Schedule::LEASE;

#[cfg(test)]
mod tests;
