use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use refresh::{Due, Schedule};
use rolesanywhere::Session;

/// The first session of a chain, for as long as it is not due, and the serial
/// number of the certificate that has opened it.
#[derive(Default)]
pub(super) struct First(Mutex<Option<(String, Arc<Session>)>>);

impl First {
    /// What another certificate has opened does not count: who asks for another
    /// one wants another session.
    pub(super) fn kept(&self, serial: &str, now: SystemTime) -> Option<Arc<Session>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (opener, session) = kept.as_ref()?;
        let due = Schedule::SESSION.at(session.lifetime(), now, 0.0);
        let is_fresh = matches!(due, Due::Fresh { .. });
        (opener == serial && is_fresh).then(|| Arc::clone(session))
    }

    pub(super) fn keep(&self, serial: &str, session: &Arc<Session>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((serial.to_owned(), Arc::clone(session)));
    }
}
