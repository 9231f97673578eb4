use std::time::UNIX_EPOCH;

use refresh::{Fault as _, Lifetime, SystemClock};
use serde::Serialize;

use super::*;
use crate::session::SessionKey;

/// A thing that a service gives seldom.
#[derive(Debug)]
struct Thing(Lifetime);

impl OnDisk for Thing {
    const NAME: &'static str = "thing";
    const LONGEST: Duration = Duration::from_secs(24 * 3600);
    const LEAST_LEFT: Duration = Duration::ZERO;
    const PATIENCE: Duration = Duration::from_millis(1);
    const IS_SCARCE: bool = true;
    type Form = ();

    fn form(&self) -> impl Serialize + '_ {}

    fn of_form((): (), life: Lifetime) -> Self {
        Self(life)
    }

    fn lifetime(&self) -> Lifetime {
        self.0
    }

    fn expiration(&self) -> String {
        "later".to_owned()
    }
}

fn store(folder: &tempfile::TempDir) -> Store<Thing> {
    Store::in_folder(folder.path(), SessionKey::of(&[("a", "b")]).as_str())
}

fn sharing(store: &Store<Thing>) -> Sharing<'_, Thing> {
    Sharing {
        store,
        clock: &SystemClock,
        schedule: Schedule::TOKEN,
    }
}

#[tokio::test]
async fn of_what_is_scarce_nobody_obtains_one_beside_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let own = sharing(&store);
    let turn = store.turn().await.unwrap();
    assert!(turn.is_some());
    let asked = std::cell::Cell::new(false);
    let obtain = async || {
        asked.set(true);
        Ok(Thing(Lifetime::new(UNIX_EPOCH, UNIX_EPOCH)))
    };
    let failure = own.value(obtain).await.unwrap_err();
    assert!(!asked.get());
    assert_eq!(failure.code(), "shared.held");
    assert_eq!(failure.fault(), FaultKind::Unavailable);
    let text = failure.to_string();
    assert_eq!(
        text,
        "another process is obtaining the thing and has not come to an end"
    );
    drop(turn);
    assert!(own.value(obtain).await.is_ok());
}

/// The time of timers stands still but for those who wait.
#[tokio::test(start_paused = true)]
async fn with_a_good_one_at_hand_nobody_waits_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder);
    let now = crate::refreshed::whole_seconds(SystemClock.now());
    let hour = Duration::from_secs(3600);
    let good = Lifetime::new(now - hour * 20, now + hour * 2);
    store.write(&Thing(good));
    let never = async || std::future::pending().await;
    let kept = sharing(&store).value(never).await.unwrap();
    assert_eq!(kept.0.end(), good.end());
    let missed = store.noted_miss().unwrap().failure_of_all().unwrap();
    let text = missed.to_string();
    assert!(text.ends_with("no thing could be had in time"), "{text}");
    // For a while, nobody tries again.
    let asked = std::cell::Cell::new(false);
    let obtain = async || {
        asked.set(true);
        Ok(Thing(good))
    };
    sharing(&store).value(obtain).await.unwrap();
    assert!(!asked.get());
}
