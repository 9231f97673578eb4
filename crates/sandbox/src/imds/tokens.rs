use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::random::{BASE64, Random};

/// The tokens of IMDSv2, and when each ends.
#[derive(Default)]
pub(crate) struct ImdsTokens(Mutex<HashMap<String, SystemTime>>);

impl ImdsTokens {
    pub(super) fn issue(&self, ttl: Duration, now: SystemTime, random: &Random) -> String {
        let token = random.text::<56>(BASE64);
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, end| now < *end);
        tokens.insert(token.clone(), now + ttl);
        token
    }

    pub(super) fn is_live(&self, token: &str, now: SystemTime) -> bool {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(token).is_some_and(|end| now < *end)
    }
}

impl fmt::Debug for ImdsTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ImdsTokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let tokens = ImdsTokens::default();
        let (random, now) = (Random::new().unwrap(), SystemTime::UNIX_EPOCH);
        let token = tokens.issue(Duration::from_secs(1), now, &random);
        assert!(tokens.is_live(&token, now));
        assert_eq!(format!("{tokens:?}"), "ImdsTokens { .. }");
    }
}
