use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What was issued, by name: of a long run the latest, as nobody comes back with
/// the oldest.
#[derive(Debug)]
pub(crate) struct Latest<T>(Mutex<HashMap<String, T>>);

/// What ends at some time.
pub(crate) trait Ending {
    fn end(&self) -> SystemTime;
}

impl<T: Ending + Clone> Latest<T> {
    pub(crate) fn insert(&self, name: String, value: T) {
        let mut values = self.lock();
        if values.len() >= MANY {
            let mut ends: Vec<_> = values.values().map(Ending::end).collect();
            ends.sort_unstable();
            values.retain(|_, it| it.end() > ends[MANY / 2]);
        }
        values.insert(name, value);
    }

    /// The one of that name, whether it has ended or not.
    pub(crate) fn find(&self, name: &str) -> Option<T> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// No more are remembered.
const MANY: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Thing(u64);

    impl Ending for Thing {
        fn end(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + Duration::from_secs(self.0)
        }
    }

    #[test]
    fn of_a_long_run_the_latest_are_known() {
        let things = Latest::default();
        let count = u64::try_from(2 * MANY).unwrap();
        (0..count).for_each(|number| things.insert(number.to_string(), Thing(number)));
        assert_eq!(things.find("0"), None);
        let last = count - 1;
        assert_eq!(things.find(&last.to_string()), Some(Thing(last)));
        assert!(things.lock().len() <= MANY);
    }
}
