use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;

/// The certificates of a mount that have not expired, by serial number.
#[derive(Debug, Default)]
pub(super) struct Store(Mutex<Stored>);

#[derive(Debug, Default)]
struct Stored {
    by_serial: BTreeMap<String, Entry>,
    /// None expires earlier.
    next_end: Option<SystemTime>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) not_after: SystemTime,
    pub(super) revoked: Option<SystemTime>,
}

impl Store {
    /// Adds a certificate, and drops those that have expired.
    pub(super) fn add(&self, serial: &str, entry: Entry, now: SystemTime) {
        let mut stored = self.lock();
        if stored.next_end.is_some_and(|next| next <= now) {
            stored.by_serial.retain(|_, entry| now < entry.not_after);
            stored.next_end = stored.by_serial.values().map(|it| it.not_after).min();
        }
        let next = stored.next_end.into_iter().chain([entry.not_after]).min();
        stored.next_end = next;
        stored.by_serial.insert(serial.to_owned(), entry);
    }

    pub(super) fn find(&self, serial: &str) -> Option<Entry> {
        self.lock().by_serial.get(&normal(serial)).cloned()
    }

    /// Revokes a certificate that is here, unless it is revoked already; when
    /// that was.
    pub(super) fn revoke(&self, serial: &str, now: SystemTime) -> Option<SystemTime> {
        let mut stored = self.lock();
        let entry = stored.by_serial.get_mut(&normal(serial))?;
        Some(*entry.revoked.get_or_insert(now))
    }

    pub(super) fn revoked_serials(&self) -> Vec<String> {
        let stored = self.lock();
        let revoked = stored
            .by_serial
            .iter()
            .filter(|(_, it)| it.revoked.is_some());
        revoked.map(|(serial, _)| serial.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// With colons and in lower case, however it was written.
fn normal(serial: &str) -> String {
    serial.to_lowercase().replace('-', ":")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_has_expired_is_dropped() {
        let (store, start) = (Store::default(), SystemTime::UNIX_EPOCH);
        for minute in 0..1000 {
            let now = start + Duration::from_secs(60 * minute);
            let entry = Entry {
                certificate: CertificateDer::from(vec![0; 8]),
                not_after: now + Duration::from_secs(15 * 60),
                revoked: None,
            };
            store.add(&minute.to_string(), entry, now);
        }
        assert!(store.lock().by_serial.len() <= 16);
        assert_eq!(store.revoke("999", start), Some(start));
        assert_eq!(store.revoke("0", start), None);
        assert_eq!(store.revoked_serials(), ["999"]);
    }
}
