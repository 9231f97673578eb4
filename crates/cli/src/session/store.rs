use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use private_file::{Change, Hold, Options, Target};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::noted_life::millis;
use super::{LONGEST_SESSION, NotedLife, SessionCredentials, SessionKey, Values};
use crate::audit;

/// One session on disk, for whoever asks for the same one: the next process, or
/// this one after a restart. 0600 in a folder of its own.
///
/// What cannot be read or written costs a session, never the command.
#[derive(Clone, Debug)]
pub(crate) struct SessionStore {
    key: SessionKey,
    file: Target,
    /// Says when it could not be opened last: others need not find that out
    /// each for itself.
    missed: Target,
    /// Held by whoever opens a session, so that the others wait for it.
    turn: Target,
}

impl SessionStore {
    /// The place of this session in a folder, which is made where it is missing.
    pub(crate) fn in_folder(folder: &Path, key: &SessionKey) -> Self {
        let options = Options::new().create_folder();
        let place = |suffix: &str| folder.join(format!("session-{key}{suffix}"));
        Self {
            key: key.clone(),
            file: Target::new(place(".json"), options),
            missed: Target::new(place(".missed"), options),
            turn: Target::new(place(""), options.lock_wait(PATIENCE)),
        }
    }

    /// The session, unless it is over.
    pub(crate) fn read(&self, now: SystemTime) -> Option<SessionCredentials> {
        // Not what somebody else may have put there.
        let content = match self.file.read() {
            Ok(content) => content?,
            Err(error) => {
                tracing::warn!(%error, "a session on disk is not used");
                return None;
            }
        };
        let stored: Stored = serde_json::from_slice(&content).ok()?;
        stored.credentials(&self.key, now)
    }

    /// Notes that it could not be opened.
    pub(crate) fn miss(&self, now: SystemTime) {
        // Where that cannot be noted, the next process finds out by itself.
        let _ = self.missed.replace(millis(now).to_string().as_bytes());
    }

    /// Whether it could not be opened a moment ago.
    pub(crate) fn was_missed(&self, now: SystemTime) -> bool {
        let noted = self.missed.read().ok().flatten();
        let noted = noted.and_then(|text| String::from_utf8(text.to_vec()).ok()?.parse().ok());
        let since = noted.and_then(|at: u64| millis(now).checked_sub(at));
        since.is_some_and(|since| Duration::from_millis(since) < AFTER_A_MISS)
    }

    /// Keeps the session in place of the one before.
    pub(crate) fn write(&self, credentials: &SessionCredentials) {
        match self.file.replace(&Stored::text(&self.key, credentials)) {
            Ok(change) => audit::written(self.file.path(), change == Change::Written),
            Err(error) => tracing::warn!(%error, "the session cannot be kept on disk"),
        }
        self.sweep(credentials.lifetime.start());
    }

    /// Waits until nobody else opens this session, or for as long as that may
    /// take; `None`: no longer.
    pub(crate) async fn turn(&self) -> Option<Hold> {
        let turn = self.turn.clone();
        let held = tokio::task::spawn_blocking(move || turn.hold())
            .await
            .ok()?;
        held.inspect_err(|error| tracing::debug!(%error, "not waited for others any longer"))
            .ok()
    }

    /// The same without a wait; `None`: somebody else opens it just now.
    pub(crate) async fn turn_at_once(&self) -> Option<Hold> {
        let path = self.turn.path().to_owned();
        let options = Options::new().create_folder().lock_wait(Duration::ZERO);
        let turn = Target::new(path, options);
        tokio::task::spawn_blocking(move || turn.hold().ok())
            .await
            .ok()?
    }

    /// Removes sessions that have long been over, of settings that nobody uses
    /// any more.
    fn sweep(&self, now: SystemTime) {
        let Some(Ok(entries)) = self.file.path().parent().map(std::fs::read_dir) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if is_session(&path) && is_older(&path, now) {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

fn is_session(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let rest = name.and_then(|name| name.strip_prefix("session-"));
    let key = rest.and_then(|rest| {
        let missed = rest.strip_suffix(".missed");
        rest.strip_suffix(".json").or(missed)
    });
    key.is_some_and(|key| key.len() == SessionKey::LENGTH)
}

fn is_older(path: &PathBuf, now: SystemTime) -> bool {
    let modified = std::fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| {
        now.duration_since(at)
            .is_ok_and(|age| age > LONGEST_SESSION)
    })
}

/// The form on disk.
#[derive(Deserialize)]
struct Stored {
    schema: u8,
    key: String,
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: SecretString,
    life: NotedLife,
    expiration: String,
    role_arn: Option<String>,
}

impl Stored {
    /// `None` if it is another session's, or another version's, or over.
    fn credentials(self, key: &SessionKey, now: SystemTime) -> Option<SessionCredentials> {
        if self.schema != SCHEMA || self.key != key.as_str() {
            return None;
        }
        Some(SessionCredentials::new(Values {
            lifetime: self.life.at(now)?,
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            session_token: self.session_token,
            expiration: self.expiration,
            role_arn: self.role_arn,
        }))
    }

    fn text(key: &SessionKey, credentials: &SessionCredentials) -> Zeroizing<Vec<u8>> {
        #[derive(Serialize)]
        struct Form<'a> {
            schema: u8,
            key: &'a str,
            access_key_id: &'a str,
            secret_access_key: &'a str,
            session_token: &'a str,
            life: NotedLife,
            expiration: &'a str,
            role_arn: Option<&'a str>,
        }
        let form = Form {
            schema: SCHEMA,
            key: key.as_str(),
            access_key_id: &credentials.access_key_id,
            secret_access_key: credentials.secret_access_key.expose_secret(),
            session_token: credentials.session_token.expose_secret(),
            life: credentials.lifetime.into(),
            expiration: &credentials.expiration,
            role_arn: credentials.role_arn.as_deref(),
        };
        // Growing would leave copies of the secrets behind.
        let mut text = Zeroizing::new(Vec::with_capacity(16 * 1024));
        // Texts and numbers into memory: that does not fail.
        let _ = serde_json::to_writer(&mut *text, &form);
        text
    }
}

const SCHEMA: u8 = 1;
/// How long nobody else tries, while the last session is still good.
const AFTER_A_MISS: Duration = Duration::from_secs(30);
/// Longer than opening a session takes as a rule, shorter than an SDK waits for
/// a `credential_process`.
const PATIENCE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use refresh::Lifetime;

    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn credentials() -> SessionCredentials {
        SessionCredentials::new(Values {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
            lifetime: Lifetime::new(at(1000), at(4600)),
            expiration: "1970-01-01T01:16:40Z".to_owned(),
            role_arn: Some("arn:aws:iam::123456789012:role/a".to_owned()),
        })
    }

    #[test]
    fn what_is_kept_is_found_while_it_is_valid_and_by_its_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made");
        let key = SessionKey::of(&[("role-arn", "a")]);
        let store = SessionStore::in_folder(&folder, &key);
        assert!(store.read(at(1000)).is_none());
        store.write(&credentials());
        for (now, found) in [(999, false), (1000, true), (4599, true), (4600, false)] {
            assert_eq!(store.read(at(now)).is_some(), found, "{now}");
        }
        let found = store.read(at(1000)).unwrap();
        assert!(found.is(&credentials()));
        assert_eq!(found.session_token.expose_secret(), "hunter3");
        assert_eq!(found.role_arn, credentials().role_arn);
        let other = SessionStore::in_folder(&folder, &SessionKey::of(&[("role-arn", "b")]));
        assert!(other.read(at(1000)).is_none());
        // Somebody has renamed the file.
        std::fs::rename(store.file.path(), other.file.path()).unwrap();
        assert!(other.read(at(1000)).is_none());
    }

    #[test]
    fn a_session_that_no_service_gives_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::in_folder(folder.path(), &SessionKey::of(&[("x", "y")]));
        let endless = SessionCredentials::new(Values {
            access_key_id: "ASIAEVIL".to_owned(),
            secret_access_key: "hunter2".into(),
            session_token: "hunter3".into(),
            lifetime: Lifetime::new(at(1000), at(1000 + 13 * 3600)),
            expiration: "2286-11-20T17:46:39Z".to_owned(),
            role_arn: None,
        });
        store.write(&endless);
        assert!(store.read(at(1000)).is_none());
    }

    #[test]
    fn a_miss_is_known_for_a_moment() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::in_folder(folder.path(), &SessionKey::of(&[("x", "y")]));
        assert!(!store.was_missed(at(1000)));
        store.miss(at(1000));
        for (now, missed) in [(1000, true), (1029, true), (1030, false), (999, false)] {
            assert_eq!(store.was_missed(at(now)), missed, "{now}");
        }
    }

    #[tokio::test]
    async fn one_opens_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::in_folder(folder.path(), &SessionKey::of(&[("x", "y")]));
        let held = store.turn().await.unwrap();
        let other = store.clone();
        let waiting = tokio::spawn(async move { other.turn().await.is_some() });
        assert!(!waiting.is_finished());
        drop(held);
        assert!(waiting.await.unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn damaged_files_are_no_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let key = SessionKey::of(&[("x", "y")]);
        let store = SessionStore::in_folder(folder.path(), &key);
        store.write(&credentials());
        let whole = store.file.read().unwrap().unwrap();
        for length in 0..whole.len() {
            store.file.replace(&whole[..length]).unwrap();
            assert!(store.read(at(1000)).is_none(), "{length}");
        }
    }
}
