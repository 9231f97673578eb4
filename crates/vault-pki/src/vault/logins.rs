use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::{Session, Vault};

/// The sessions that nobody has asked for yet. Bounded, so that a process
/// which never asks does not gather tokens.
#[derive(Debug, Default)]
pub(super) struct Logins {
    sessions: Mutex<VecDeque<Arc<Session>>>,
    added: Notify,
}

impl Logins {
    pub(super) fn remember(&self, session: &Arc<Session>) {
        let mut logins = self.lock();
        if logins.len() == Vault::LOGINS_KEPT {
            logins.pop_front();
        }
        logins.push_back(Arc::clone(session));
        drop(logins);
        self.added.notify_one();
    }

    /// Waits until there is one.
    pub(super) async fn next(&self) -> Vec<Arc<Session>> {
        loop {
            let taken = self.take();
            if !taken.is_empty() {
                return taken;
            }
            self.added.notified().await;
        }
    }

    pub(super) fn take(&self) -> Vec<Arc<Session>> {
        self.lock().drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Token;

    #[test]
    fn the_newest_are_kept_and_given_once() {
        let logins = Logins::default();
        for number in 0..=Vault::LOGINS_KEPT {
            let token = Token::new(&format!("s.{number}").into()).unwrap();
            let mut session = Session::foreign(token);
            session.accessor = Some(number.to_string());
            logins.remember(&Arc::new(session));
        }
        let taken = logins.take();
        assert_eq!(taken.len(), Vault::LOGINS_KEPT);
        assert_eq!(taken[0].accessor.as_deref(), Some("1"));
        assert!(logins.take().is_empty());
    }

    #[tokio::test]
    async fn whoever_waits_is_told_of_the_next() {
        let logins = Logins::default();
        let token = Token::new(&"s.1".into()).unwrap();
        let session = Arc::new(Session::foreign(token));
        let remember = async {
            tokio::task::yield_now().await;
            logins.remember(&session);
        };
        let (found, ()) = tokio::join!(logins.next(), remember);
        assert_eq!(found.len(), 1);
        assert!(logins.take().is_empty());
    }
}
