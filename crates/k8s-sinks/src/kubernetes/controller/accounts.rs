use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use refresh::Pause;

use super::super::{Error, Pattern, SeenServiceAccount};
use super::agenda::Agenda;
use super::place::{FIGHT, FIGHT_WITHIN, TRUCE, pause};

/// Service accounts that lack the Secret's name.
///
/// Pure, as the roster is: it is told what is seen, and says whom to attach
/// next. Of those that have the name, nothing is remembered but when they got it.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    wanted: Vec<Pattern>,
    secret: String,
    lacking: BTreeMap<Key, Account>,
    attached: BTreeMap<Key, Attachments>,
    agenda: Agenda<Key>,
}

/// Its namespace and its name.
pub(super) type Key = (String, String);

#[derive(Debug)]
struct Account {
    seen: SeenServiceAccount,
    misses: u32,
    pause: Option<Pause>,
    is_under_way: bool,
}

/// How often one has got the name from us lately.
#[derive(Debug)]
struct Attachments {
    times: usize,
    since: SystemTime,
    /// Who takes it away again and again gets one.
    truce: Option<Pause>,
}

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
        let key = key(&seen);
        let is_wanted = self.wanted.iter().any(|it| it.matches(&seen.name));
        if !is_wanted || seen.pull_secrets.contains(&self.secret) {
            self.lacking.remove(&key);
            return;
        }
        let account = Account {
            seen: seen.clone(),
            misses: 0,
            pause: None,
            is_under_way: false,
        };
        self.lacking.entry(key.clone()).or_insert(account).seen = seen;
        self.agenda.add(key);
    }

    /// One is not there any more.
    pub(super) fn gone(&mut self, key: &Key) {
        self.lacking.remove(key);
        self.attached.remove(key);
        self.agenda.remove(key);
    }

    /// The namespace may have its Secret now.
    pub(super) fn has_secret(&mut self, namespace: &str) {
        let from = (namespace.to_owned(), String::new());
        let of = self.lacking.range(from..);
        let of = of.take_while(|((its, _), _)| its == namespace);
        of.for_each(|(key, _)| self.agenda.add(key.clone()));
    }

    /// Whom to attach next, in a namespace that `has` the Secret.
    pub(super) fn next(
        &mut self,
        has: impl Fn(&str) -> bool,
        now: SystemTime,
    ) -> Option<SeenServiceAccount> {
        while let Some(key) = self.agenda.next(now) {
            let Some(account) = self.lacking.get_mut(&key) else {
                continue;
            };
            if account.is_under_way || !has(&key.0) {
                continue;
            }
            let attached = self.attached.get(&key);
            let truce = attached.and_then(|attached| attached.truce);
            let pauses = [account.pause, truce].into_iter().flatten();
            let left = pauses.filter_map(|pause| pause.left(now)).max();
            if let Some(left) = left {
                self.agenda.add_later(key, now + left);
                continue;
            }
            account.is_under_way = true;
            return Some(account.seen.clone());
        }
        None
    }

    /// It has the name, because we have given it to it or because it had it, or
    /// it is not there any more.
    pub(super) fn ended(&mut self, seen: &SeenServiceAccount, is_ours: bool, now: SystemTime) {
        let key = key(seen);
        if is_ours {
            self.count(&key, now);
        }
        let Some(account) = self.lacking.get_mut(&key) else {
            return;
        };
        if account.seen.resource_version == seen.resource_version {
            self.lacking.remove(&key);
            return;
        }
        // It was seen anew meanwhile.
        account.is_under_way = false;
        self.agenda.add(key);
    }

    fn count(&mut self, key: &Key, now: SystemTime) {
        let first = Attachments {
            times: 0,
            since: now,
            truce: None,
        };
        let attached = self.attached.entry(key.clone()).or_insert(first);
        let since = now.duration_since(attached.since);
        if !since.is_ok_and(|since| since < FIGHT_WITHIN) {
            (attached.times, attached.since) = (0, now);
        }
        attached.times += 1;
        if attached.times > FIGHT {
            attached.times = 0;
            attached.truce = Some(Pause::new(now, TRUCE));
        }
    }

    /// It could not be attached: it is tried again after a while.
    pub(super) fn failed(&mut self, seen: &SeenServiceAccount, error: &Error, now: SystemTime) {
        let Some(account) = self.lacking.get_mut(&key(seen)) else {
            return;
        };
        account.is_under_way = false;
        account.pause = Some(pause(error, account.misses, now));
        account.misses += 1;
        self.agenda.add(key(seen));
    }

    /// Nothing is under way any more, whatever has come of it.
    pub(super) fn abandon(&mut self) {
        for account in self.lacking.values_mut() {
            account.is_under_way = false;
        }
        self.wake_all();
    }

    /// All may have their Secrets now.
    pub(super) fn wake_all(&mut self) {
        for key in self.lacking.keys() {
            self.agenda.add(key.clone());
        }
    }

    /// When to ask again, where nothing else happens.
    pub(super) fn rest(&self, now: SystemTime) -> Option<Duration> {
        self.agenda.rest(now)
    }
}

fn key(seen: &SeenServiceAccount) -> Key {
    (seen.namespace.clone(), seen.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str, secrets: &[&str], version: u32) -> SeenServiceAccount {
        let secrets = secrets.iter();
        let secrets: Vec<_> = secrets
            .map(|name| serde_json::json!({ "name": name }))
            .collect();
        let metadata = serde_json::json!({
            "namespace": "a", "name": name, "resourceVersion": version.to_string(),
        });
        let object = serde_json::json!({ "metadata": metadata, "imagePullSecrets": secrets });
        serde_json::from_value(object).unwrap()
    }

    fn accounts() -> Accounts {
        let patterns = ["default", "ci-*"].map(|text| Pattern::new(text).unwrap());
        Accounts::new(patterns.to_vec(), "pull")
    }

    fn denied() -> Error {
        Error::Unauthorized {
            message: String::new(),
        }
    }

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn who_lacks_the_name_gets_it_where_the_secret_is() {
        let mut accounts = accounts();
        accounts.saw(account("default", &["other"], 1));
        accounts.saw(account("ci-1", &["pull"], 1));
        accounts.saw(account("app", &[], 1));
        assert!(accounts.next(|_| false, NOW).is_none());
        // The namespace has its Secret later.
        accounts.has_secret("b");
        assert!(accounts.next(|_| true, NOW).is_none());
        accounts.has_secret("a");
        let next = accounts.next(|_| true, NOW).unwrap();
        assert_eq!(next.name, "default");
        accounts.ended(&next, true, NOW);
        assert!(accounts.next(|_| true, NOW).is_none());
    }

    #[test]
    fn what_is_seen_meanwhile_is_not_lost_and_begins_nothing_twice() {
        let mut accounts = accounts();
        accounts.saw(account("default", &[], 1));
        let first = accounts.next(|_| true, NOW).unwrap();
        accounts.saw(account("default", &[], 2));
        assert!(accounts.next(|_| true, NOW).is_none());
        accounts.ended(&first, true, NOW);
        let second = accounts.next(|_| true, NOW).unwrap();
        assert_eq!(second.resource_version, "2");
        // Who has no say any more gives it back.
        accounts.abandon();
        assert!(accounts.next(|_| true, NOW).is_some());
        accounts.gone(&("a".to_owned(), "default".to_owned()));
        accounts.abandon();
        assert!(accounts.next(|_| true, NOW).is_none());
    }

    #[test]
    fn what_fails_rests_whatever_is_seen_and_once() {
        let mut accounts = accounts();
        accounts.saw(account("default", &[], 1));
        let next = accounts.next(|_| true, NOW).unwrap();
        accounts.failed(&next, &denied(), NOW);
        for version in 2..100 {
            accounts.saw(account("default", &[], version));
            accounts.has_secret("a");
            assert!(accounts.next(|_| true, NOW).is_none());
        }
        let rest = accounts.rest(NOW).unwrap();
        let then = NOW + rest;
        let again = accounts.next(|_| true, then).unwrap();
        assert!(accounts.next(|_| true, then).is_none());
        accounts.failed(&again, &denied(), then);
        assert!(accounts.next(|_| true, then).is_none());
        assert_eq!(accounts.rest(then), Some(rest));
    }

    #[test]
    fn who_takes_the_name_away_again_and_again_gets_a_truce() {
        let mut accounts = accounts();
        let mut version = 0;
        let mut attach = |accounts: &mut Accounts, now| {
            version += 2;
            accounts.saw(account("default", &[], version));
            let Some(next) = accounts.next(|_| true, now) else {
                return false;
            };
            accounts.ended(&next, true, now);
            accounts.saw(account("default", &["pull"], version + 1));
            true
        };
        for _ in 0..=FIGHT {
            assert!(attach(&mut accounts, NOW));
        }
        assert!(!attach(&mut accounts, NOW));
        assert!(attach(&mut accounts, NOW + TRUCE));
    }
}
