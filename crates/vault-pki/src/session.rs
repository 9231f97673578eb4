use std::time::{Duration, SystemTime};

use refresh::Lifetime;

use crate::Token;
use crate::envelope::AuthBlock;

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
    /// Whether it can be renewed.
    pub is_renewable: bool,
    /// `service` or `batch`.
    pub token_type: Option<String>,
}

impl Session {
    /// A token that is somebody else's.
    pub fn foreign(token: Token) -> Self {
        Self {
            token: Some(token),
            is_ours: false,
            request_id: None,
            accessor: None,
            policies: Vec::new(),
            lifetime: None,
            is_renewable: false,
            token_type: None,
        }
    }

    /// A token that a login gave us at `now`.
    pub(crate) fn obtained(token: Token, auth: AuthBlock, now: SystemTime) -> Self {
        // Zero: it does not expire.
        let seconds = auth.lease_duration.unwrap_or_default();
        let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        let end = seconds.and_then(|seconds| now.checked_add(Duration::from_secs(seconds)));
        Self {
            token: Some(token),
            is_ours: true,
            request_id: None,
            accessor: auth.accessor,
            policies: auth.policies.unwrap_or_default(),
            lifetime: end.map(|end| Lifetime::new(now, end)),
            is_renewable: auth.renewable.unwrap_or_default(),
            token_type: auth.token_type,
        }
    }

    /// Whether it may still be used at `now`.
    pub(crate) fn is_alive(&self, now: SystemTime) -> bool {
        self.lifetime.is_none_or(|lifetime| now < lifetime.end())
    }

    /// Whether it was obtained a moment ago, so that another login would give
    /// the same rights.
    pub(crate) fn is_new(&self, now: SystemTime) -> bool {
        let start = self.lifetime.map(|lifetime| lifetime.start());
        start.is_some_and(|start| now.duration_since(start).is_ok_and(|age| age < NEW))
    }

    /// A batch token has no storage: there is nothing to revoke.
    pub(crate) fn is_revocable(&self) -> bool {
        self.is_ours && self.token_type.as_deref() != Some("batch")
    }
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
