use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use refresh::Pause;

use super::super::{Pattern, SeenServiceAccount};

/// Service accounts that lack the Secret's name.
///
/// Pure, as the roster is: it is told what is seen, and says whom to attach
/// next. Those that have the name are not remembered.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    wanted: Vec<Pattern>,
    secret: String,
    lacking: BTreeMap<Key, SeenServiceAccount>,
    waiting: VecDeque<Key>,
    later: BTreeSet<(SystemTime, Key)>,
}

/// Its namespace and its name.
pub(super) type Key = (String, String);

impl Accounts {
    /// Those of such names get this Secret's name.
    pub(super) fn new(wanted: Vec<Pattern>, secret: &str) -> Self {
        Self {
            wanted,
            secret: secret.to_owned(),
            ..Self::default()
        }
    }

    /// One was seen like that.
    pub(super) fn saw(&mut self, seen: SeenServiceAccount) {
        let key = (seen.namespace.clone(), seen.name.clone());
        let is_wanted = self.wanted.iter().any(|it| it.matches(&seen.name));
        if !is_wanted || seen.pull_secrets.contains(&self.secret) {
            self.lacking.remove(&key);
            return;
        }
        self.lacking.insert(key.clone(), seen);
        self.waiting.push_back(key);
    }

    /// One is not there any more.
    pub(super) fn gone(&mut self, key: &Key) {
        self.lacking.remove(key);
    }

    /// The namespace has its Secret now.
    pub(super) fn has_secret(&mut self, namespace: &str) {
        let from = (namespace.to_owned(), String::new());
        let of = self.lacking.range(from..);
        let of = of.take_while(|((its, _), _)| its == namespace);
        self.waiting.extend(of.map(|(key, _)| key.clone()));
    }

    /// Whom to attach next, in a namespace that `has` the Secret.
    pub(super) fn next(
        &mut self,
        has: impl Fn(&str) -> bool,
        now: SystemTime,
    ) -> Option<SeenServiceAccount> {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            self.waiting
                .extend(self.later.pop_first().map(|(_, key)| key));
        }
        while let Some(key) = self.waiting.pop_front() {
            // Under way from here on: what is seen meanwhile brings it back.
            if has(&key.0)
                && let Some(seen) = self.lacking.remove(&key)
            {
                return Some(seen);
            }
        }
        None
    }

    /// It could not be attached: it is tried again after a while.
    pub(super) fn failed(&mut self, seen: SeenServiceAccount, pause: Pause, now: SystemTime) {
        let key = (seen.namespace.clone(), seen.name.clone());
        let at = pause.end(now).unwrap_or(now);
        self.lacking.entry(key.clone()).or_insert(seen);
        self.later.insert((at, key));
    }

    /// When to ask again, where nothing else happens.
    pub(super) fn rest(&self, now: SystemTime) -> Option<Duration> {
        let (at, _) = self.later.first()?;
        Some(at.duration_since(now).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(namespace: &str, name: &str, secrets: &[&str]) -> SeenServiceAccount {
        serde_json::from_value(serde_json::json!({
            "metadata": {"namespace": namespace, "name": name, "resourceVersion": "1"},
            "imagePullSecrets": secrets.iter().map(|name| serde_json::json!({"name": name})).collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn who_lacks_the_name_gets_it_where_the_secret_is() {
        let now = SystemTime::UNIX_EPOCH;
        let patterns = ["default", "ci-*"].map(|text| Pattern::new(text).unwrap());
        let mut accounts = Accounts::new(patterns.to_vec(), "pull");
        for (namespace, name, secrets) in [
            ("a", "default", &["other"][..]),
            ("a", "ci-1", &["pull"]),
            ("a", "app", &[]),
            ("b", "ci-2", &[]),
        ] {
            accounts.saw(account(namespace, name, secrets));
        }
        let next = accounts.next(|namespace| namespace == "a", now).unwrap();
        assert_eq!((&*next.namespace, &*next.name), ("a", "default"));
        assert!(accounts.next(|namespace| namespace == "a", now).is_none());
        // The other namespace has its Secret later.
        accounts.has_secret("b");
        let next = accounts.next(|_| true, now).unwrap();
        assert_eq!(next.name, "ci-2");
        // What fails comes back, but not at once.
        accounts.failed(next, Pause::new(now, Duration::from_secs(5)), now);
        assert!(accounts.next(|_| true, now).is_none());
        assert_eq!(accounts.rest(now), Some(Duration::from_secs(5)));
        let then = now + Duration::from_secs(5);
        assert!(accounts.next(|_| true, then).is_some());
        // One that is gone is not attached.
        accounts.saw(account("c", "default", &[]));
        accounts.gone(&("c".to_owned(), "default".to_owned()));
        assert!(accounts.next(|_| true, then).is_none());
    }
}
