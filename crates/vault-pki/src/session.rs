use std::time::{Duration, SystemTime};

use refresh::Lifetime;

use crate::envelope::AuthBlock;
use crate::{Token, TokenInfo};

/// What a login gives: a token, and what is known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Session {
    /// The token; none behind an Agent that adds its own.
    pub token: Option<Token>,
    /// Whether we obtained it: then we replace it, and revoke it in the end.
    pub is_ours: bool,
    /// Vault's name for the login, which its audit log has, too.
    pub request_id: Option<String>,
    /// The token's accessor, which names it in Vault's audit log.
    pub accessor: Option<String>,
    /// The policies of the token.
    pub policies: Vec<String>,
    /// From when until when it is valid, where Vault said so.
    pub lifetime: Option<Lifetime>,
    /// When we logged in for it; a renewal does not change that.
    pub obtained_at: Option<SystemTime>,
    /// Whether it can be renewed.
    pub is_renewable: bool,
    /// `service` or `batch`.
    pub token_type: Option<String>,
    /// How often it could be used when it was obtained; as often as one likes,
    /// where absent.
    pub num_uses: Option<u64>,
    /// What each renewal extends it to, for ever; where a look-up said so.
    pub period: Option<Duration>,
    /// How long it lives at most, however often it is renewed; where a look-up
    /// said so.
    pub explicit_max_ttl: Option<Duration>,
}

impl Session {
    /// A token that is somebody else's.
    pub fn foreign(token: Token) -> Self {
        Self {
            token: Some(token),
            ..Self::without_token()
        }
    }

    /// No token: an Agent adds its own, or each call brings its login.
    pub fn without_token() -> Self {
        Self {
            token: None,
            is_ours: false,
            request_id: None,
            accessor: None,
            policies: Vec::new(),
            lifetime: None,
            obtained_at: None,
            is_renewable: false,
            token_type: None,
            num_uses: None,
            period: None,
            explicit_max_ttl: None,
        }
    }

    /// A token that a login gave us at `now`.
    pub(crate) fn obtained(token: Token, auth: AuthBlock, now: SystemTime) -> Self {
        Self {
            token: Some(token),
            is_ours: true,
            accessor: auth.accessor.filter(|accessor| !accessor.is_empty()),
            policies: auth.policies.unwrap_or_default(),
            lifetime: lifetime(auth.lease_duration, now),
            obtained_at: Some(now),
            is_renewable: auth.renewable.unwrap_or_default(),
            token_type: auth.token_type,
            num_uses: uses(auth.num_uses),
            ..Self::without_token()
        }
    }

    /// The same token, renewed at `now`.
    pub(crate) fn renewed(&self, auth: &AuthBlock, now: SystemTime) -> Self {
        Self {
            lifetime: lifetime(auth.lease_duration, now),
            is_renewable: auth.renewable.unwrap_or_default(),
            ..self.clone()
        }
    }

    /// The same token, looked up at `now`.
    pub(crate) fn looked_up(&self, info: TokenInfo, now: SystemTime) -> Self {
        let some = |duration: Duration| (!duration.is_zero()).then_some(duration);
        let end = some(info.remaining).and_then(|remaining| now.checked_add(remaining));
        Self {
            accessor: Some(info.accessor).filter(|accessor| !accessor.is_empty()),
            policies: info.policies,
            lifetime: end.map(|end| Lifetime::new(now, end)),
            is_renewable: info.is_renewable,
            token_type: Some(info.token_type).filter(|kind| !kind.is_empty()),
            num_uses: uses(Some(info.num_uses)),
            period: some(info.period),
            explicit_max_ttl: some(info.explicit_max_ttl),
            ..self.clone()
        }
    }

    /// When it ends, where that is known.
    pub(crate) fn end(&self) -> Option<SystemTime> {
        self.lifetime.map(|lifetime| lifetime.end())
    }

    /// Whether it may still be used at `now`.
    pub(crate) fn is_alive(&self, now: SystemTime) -> bool {
        self.lifetime.is_none_or(|lifetime| now < lifetime.end())
    }

    /// Whether it was obtained a moment ago, so that another login would give
    /// the same rights.
    pub(crate) fn is_new(&self, now: SystemTime) -> bool {
        let age = self.obtained_at.map(|start| now.duration_since(start));
        age.is_some_and(|age| age.is_ok_and(|age| age < NEW))
    }

    /// A batch token has no storage: there is nothing to revoke.
    pub(crate) fn is_revocable(&self) -> bool {
        self.is_ours && self.token_type.as_deref() != Some("batch")
    }
}

/// From now on for so many seconds; zero: it does not expire.
fn lifetime(seconds: Option<i64>, now: SystemTime) -> Option<Lifetime> {
    let seconds = u64::try_from(seconds?)
        .ok()
        .filter(|seconds| *seconds > 0)?;
    let end = now.checked_add(Duration::from_secs(seconds))?;
    Some(Lifetime::new(now, end))
}

/// Zero: as often as one likes.
fn uses(number: Option<i64>) -> Option<u64> {
    u64::try_from(number?).ok().filter(|number| *number > 0)
}

/// For so long nobody's policies have changed.
const NEW: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn session(lease: i64) -> Session {
        let auth = AuthBlock {
            lease_duration: Some(lease),
            ..AuthBlock::default()
        };
        Session::obtained(Token::new(&"hunter2".into()).unwrap(), auth, UNIX_EPOCH)
    }

    #[test]
    fn a_lease_of_nothing_lasts_for_ever() {
        let later = UNIX_EPOCH + Duration::from_secs(1200);
        assert!(session(0).is_alive(later));
        assert!(session(-1).is_alive(later));
        assert!(session(i64::MAX).is_alive(later));
        assert!(session(1201).is_alive(later));
        assert!(!session(1200).is_alive(later));
    }

    #[test]
    fn debug_shows_no_token() {
        let text = format!("{:?}", session(0));
        assert!(text.starts_with("Session { token: Some(Token), is_ours: true,"));
        assert!(!text.contains("hunter2"));
    }
}
