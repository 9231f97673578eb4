use std::time::Duration;

use crate::vault::duration::short_duration;

/// What kind of Vault token a login or an operator makes.
///
/// The default is what a login gives: 20 minutes, renewable up to an hour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenRules {
    /// The first lease.
    pub ttl: Duration,
    /// The longest that renewing reaches, from the token's start on; it does
    /// not bound a periodic token.
    pub max_ttl: Duration,
    /// The longest that renewing reaches, for a periodic token, too.
    pub explicit_max_ttl: Option<Duration>,
    /// A periodic token: each renewal makes it last this long again, for ever.
    pub period: Option<Duration>,
    /// How many requests it is good for; 0 for any number.
    pub num_uses: u32,
    /// Whether it can be renewed. Batch tokens cannot.
    pub renewable: bool,
    /// A batch token, which is neither renewed nor revoked.
    pub batch: bool,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(20 * 60),
            max_ttl: Duration::from_secs(60 * 60),
            explicit_max_ttl: None,
            period: None,
            num_uses: 0,
            renewable: true,
            batch: false,
        }
    }
}

impl TokenRules {
    /// As an operator makes them who says nothing about it: 32 days.
    pub fn operator() -> Self {
        Self {
            ttl: SYSTEM_TTL,
            max_ttl: SYSTEM_TTL,
            ..Self::default()
        }
    }

    /// Those of a root token.
    pub(super) fn for_ever() -> Self {
        Self {
            ttl: Duration::ZERO,
            max_ttl: Duration::ZERO,
            ..Self::default()
        }
    }

    pub(super) fn first_ttl(&self) -> Duration {
        let ttl = self.period.unwrap_or(self.ttl);
        self.longest().map_or(ttl, |longest| ttl.min(longest))
    }

    /// What is said where the first lease is shorter than was asked for.
    pub(in crate::vault) fn cut_warning(&self) -> Option<String> {
        let longest = self.longest()?;
        let ttl = self.period.unwrap_or(self.ttl);
        (ttl > longest).then(|| exceeded(ttl, longest))
    }

    /// The whole life of a token; none for no bound.
    pub(super) fn longest(&self) -> Option<Duration> {
        let max_ttl = Some(self.max_ttl).filter(|_| self.period.is_none());
        let both = max_ttl.into_iter().chain(self.explicit_max_ttl);
        both.min()
    }

    pub(super) fn is_renewable(&self) -> bool {
        self.renewable && !self.batch
    }
}

/// Vault's words for a lease that is cut.
pub(super) fn exceeded(asked: Duration, longest: Duration) -> String {
    format!(
        "TTL of \"{}\" exceeded the effective max_ttl of \"{}\"; TTL value is capped accordingly",
        short_duration(asked),
        short_duration(longest)
    )
}

/// The system's default and maximum.
const SYSTEM_TTL: Duration = Duration::from_secs(768 * 60 * 60);
