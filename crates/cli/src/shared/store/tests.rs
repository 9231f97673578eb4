use std::time::UNIX_EPOCH;

use refresh::{Fault as _, FaultKind, Lifetime};
use secrecy::ExposeSecret as _;

use super::*;
use crate::session::{SessionCredentials, SessionKey, Values};

type SessionStore = Store<SessionCredentials>;

fn store(folder: &Path, name: &str) -> SessionStore {
    Store::in_folder(folder, SessionKey::of(&[("role-arn", name)]).as_str())
}

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
    let store = store(&folder, "a");
    assert!(store.read(at(1000)).is_none());
    store.write(&credentials());
    for (now, found) in [(999, false), (1000, true), (4599, true), (4600, false)] {
        assert_eq!(store.read(at(now)).is_some(), found, "{now}");
    }
    let found = store.read(at(1000)).unwrap();
    assert!(found.is(&credentials()));
    assert_eq!(found.session_token.expose_secret(), "hunter3");
    assert_eq!(found.role_arn, credentials().role_arn);
    let other = self::store(&folder, "b");
    assert!(other.read(at(1000)).is_none());
    // Somebody has renamed the file.
    std::fs::rename(store.file.path(), other.file.path()).unwrap();
    assert!(other.read(at(1000)).is_none());
}

#[test]
fn a_session_that_no_service_gives_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "a");
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
    let store = store(folder.path(), "a");
    assert!(!store.was_missed(at(1000)));
    let failure = Failure::configuration("config.invalid", "it is wrong").with_hint("mend it");
    store.miss(at(1000), &failure);
    for (now, missed) in [(1000, true), (1029, true), (1030, false), (999, false)] {
        assert_eq!(store.was_missed(at(now)), missed, "{now}");
    }
    // A mistake in what one was told is not that of all.
    assert!(store.noted_miss().unwrap().failure_of_all().is_none());
    let denied = Failure::new("x.denied", FaultKind::Denied, "no").with_hint("ask");
    store.miss(at(1000), &denied);
    let noted = store.noted_miss();
    let told = store.noted_miss().unwrap().failure_of_all().unwrap();
    assert_eq!(
        (told.fault(), told.hint()),
        (FaultKind::Denied, Some("ask"))
    );
    store.miss(at(1000), &denied);
    assert_ne!(store.noted_miss(), noted, "another one of the same moment");
    store.write(&credentials());
    assert_eq!(store.noted_miss(), None);
}

#[tokio::test]
async fn one_opens_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "a");
    let held = store.turn().await.unwrap().unwrap();
    let other = store.clone();
    let waiting = tokio::spawn(async move { other.turn().await.unwrap().is_some() });
    assert!(!waiting.is_finished());
    drop(held);
    assert!(waiting.await.unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn damaged_files_are_moved_aside_and_no_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "a");
    store.write(&credentials());
    let whole = store.file.read().unwrap().unwrap();
    let aside = format!("{}{DAMAGED}", store.file.path().display());
    for length in 0..whole.len() {
        store.file.replace(&whole[..length]).unwrap();
        assert!(store.read(at(1000)).is_none(), "{length}");
        assert!(!store.file.path().exists(), "{length}");
        assert_eq!(std::fs::read(&aside).unwrap(), whole[..length]);
    }
    store.file.replace(&whole).unwrap();
    assert!(store.read(at(1000)).is_some());
}

#[test]
fn what_another_version_has_written_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), "a");
    let other = br#"{"schema":1,"key":"k","more":[1e400]}"#;
    store.file.replace(other).unwrap();
    assert!(store.read(at(1000)).is_none());
    assert_eq!(store.file.read().unwrap().unwrap().as_slice(), other);
}

#[test]
fn debug_shows_where_it_is() {
    let text = format!("{:?}", store(Path::new("/x"), "a"));
    assert!(text.starts_with(r#"Store { file: "/x/session-"#), "{text}");
}
