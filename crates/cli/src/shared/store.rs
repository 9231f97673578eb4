use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::time::{Duration, SystemTime};

use private_file::{Change, Hold, Options, Target};
use refresh::{FaultKind, Lifetime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::NotedLife;
use super::miss::Miss;
use super::noted_life::millis;
use crate::audit;
use crate::failure::Failure;

/// A value that can be kept on disk.
pub(crate) trait OnDisk: Sized {
    /// What it is called, and how the names of its files begin.
    const NAME: &'static str;

    /// Nobody gives one for longer.
    const LONGEST: Duration;

    /// What must be left of its life for it to be of use.
    const LEAST_LEFT: Duration;

    /// How long others wait for whoever obtains one.
    const PATIENCE: Duration;

    /// Whether a service gives so few that those who wait for one do not try
    /// again what another has tried for all of them.
    const IS_SCARCE: bool;

    /// What is read from disk.
    type Form: DeserializeOwned;

    /// How it is written: what [`OnDisk::Form`] reads.
    fn form(&self) -> impl Serialize + '_;

    /// Of what was read.
    fn of_form(form: Self::Form, life: Lifetime) -> Self;

    /// From when until when it is valid.
    fn lifetime(&self) -> Lifetime;

    /// When it ends, for people.
    fn expiration(&self) -> String;
}

/// One value on disk, for whoever asks for the same one: the next process, or
/// this one after a restart. 0600 in a folder of its own.
///
/// What cannot be read or written costs another value, never the command.
pub(crate) struct Store<T> {
    key: String,
    file: Target,
    /// Says when none could be obtained last: others need not find that out
    /// each for itself.
    missed: Target,
    /// Held by whoever obtains one, so that the others wait for it.
    turn: Target,
    value: PhantomData<fn() -> T>,
}

impl<T: OnDisk> Store<T> {
    /// The place of the value with this key in a folder, which is made where it
    /// is missing.
    pub(crate) fn in_folder(folder: &Path, key: &str) -> Self {
        let options = Options::new().create_folder();
        let place = |suffix: &str| folder.join(format!("{}-{key}{suffix}", T::NAME));
        Self {
            key: key.to_owned(),
            file: Target::new(place(".json"), options),
            missed: Target::new(place(".missed"), options),
            turn: Target::new(place(""), options.lock_wait(T::PATIENCE)),
            value: PhantomData,
        }
    }

    /// The value, unless it is over. What is damaged is moved aside.
    pub(crate) fn read(&self, now: SystemTime) -> Option<T> {
        let name = T::NAME;
        // Not what somebody else may have put there.
        let content = match self.file.read() {
            Ok(content) => content?,
            Err(error) => {
                tracing::warn!(%error, "a {name} on disk is not used");
                return None;
            }
        };
        let Ok(stored) = Stored::<T::Form>::read(&content) else {
            self.set_aside(&content);
            return None;
        };
        let stored = stored.filter(|stored| stored.key == self.key)?;
        let life = stored.life.at(now, T::LONGEST)?;
        (life.remaining(now) > T::LEAST_LEFT).then(|| T::of_form(stored.value, life))
    }

    fn set_aside(&self, content: &[u8]) {
        let name = T::NAME;
        let path = self.file.path().display();
        match self.file.set_aside(content, DAMAGED) {
            Ok(None) => {}
            Ok(Some(aside)) => tracing::warn!(
                "{path} is damaged and not used; it is {} now",
                aside.display()
            ),
            Err(error) => tracing::warn!(%error, "a damaged {name} on disk is not used"),
        }
    }

    /// Notes that none could be obtained, and why.
    pub(crate) fn miss(&self, now: SystemTime, failure: &Failure) {
        // Where that cannot be noted, the next process finds out by itself.
        let _ = self.missed.replace(&Miss::text(now, failure));
    }

    /// Whether none could be obtained a moment ago.
    pub(crate) fn was_missed(&self, now: SystemTime) -> bool {
        let since = self.noted_miss();
        let since = since.and_then(|miss| millis(now).checked_sub(miss.at));
        since.is_some_and(|since| Duration::from_millis(since) < AFTER_A_MISS)
    }

    /// The last time that none could be obtained.
    pub(crate) fn noted_miss(&self) -> Option<Miss> {
        let noted = self.missed.read().ok().flatten()?;
        serde_json::from_slice(&noted).ok()
    }

    /// Somebody else has the turn for longer than others wait.
    pub(crate) fn held(&self) -> Failure {
        let (name, path) = (T::NAME, self.turn.path().display());
        let message = format!("another process is obtaining the {name} and has not come to an end");
        Failure::new("shared.held", FaultKind::Unavailable, message).with_hint(format!(
            "its lock is that of {path}; --log-level debug says what it waits for"
        ))
    }

    /// Keeps the value in place of the one before.
    pub(crate) fn write(&self, value: &T) {
        let name = T::NAME;
        match self.file.replace(&self.text(value)) {
            Ok(change) => {
                audit::written(self.file.path(), change == Change::Written);
                let _ = std::fs::remove_file(self.missed.path());
            }
            Err(error) => tracing::warn!(%error, "the {name} cannot be kept on disk"),
        }
        self.sweep(value.lifetime().start());
    }

    fn text(&self, value: &T) -> Zeroizing<Vec<u8>> {
        let form = Stored {
            schema: SCHEMA,
            key: self.key.clone(),
            life: value.lifetime().into(),
            value: value.form(),
        };
        // Growing would leave copies of the secrets behind.
        let mut text = Zeroizing::new(Vec::with_capacity(32 * 1024));
        // Texts and numbers into memory: that does not fail.
        let _ = serde_json::to_writer(&mut *text, &form);
        text
    }

    /// Waits until nobody else obtains this value; `None` where there are no
    /// turns, as nothing can be written. An error: somebody has it for too long.
    pub(crate) async fn turn(&self) -> Result<Option<Hold>, private_file::Error> {
        let turn = self.turn.clone();
        match tokio::task::spawn_blocking(move || turn.hold()).await {
            Ok(Ok(hold)) => Ok(Some(hold)),
            Ok(Err(error @ private_file::Error::LockHeld { .. })) => Err(error),
            Ok(Err(error)) => {
                tracing::debug!(%error, "others are not waited for");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    /// The same without a wait; `None`: somebody else obtains it just now.
    pub(crate) async fn turn_at_once(&self) -> Option<Hold> {
        let path = self.turn.path().to_owned();
        let options = Options::new().create_folder().lock_wait(Duration::ZERO);
        let turn = Target::new(path, options);
        tokio::task::spawn_blocking(move || turn.hold().ok())
            .await
            .ok()?
    }

    /// Removes values that have long been over, of settings that nobody uses any
    /// more.
    fn sweep(&self, now: SystemTime) {
        let Some(Ok(entries)) = self.file.path().parent().map(std::fs::read_dir) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if is_one_of(T::NAME, &path) && is_older(&path, now, T::LONGEST) {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

fn is_one_of(name: &str, path: &Path) -> bool {
    let file = path.file_name().and_then(|file| file.to_str());
    let rest = file.and_then(|file| file.strip_prefix(name)?.strip_prefix('-'));
    let key = rest.and_then(|rest| {
        let endings = [".json", ".missed", ".json.damaged"];
        endings.iter().find_map(|ending| rest.strip_suffix(ending))
    });
    key.is_some_and(|key| key.len() == KEY_LENGTH)
}

fn is_older(path: &Path, now: SystemTime, longest: Duration) -> bool {
    let modified = std::fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > longest))
}

/// The form on disk.
#[derive(Deserialize, Serialize)]
struct Stored<V> {
    schema: u8,
    key: String,
    life: NotedLife,
    value: V,
}

/// What is on disk was written by none of us.
struct Damaged;

impl<V: DeserializeOwned> Stored<V> {
    /// `None` for what another version has written.
    fn read(content: &[u8]) -> Result<Option<Self>, Damaged> {
        #[derive(Deserialize)]
        struct Versioned {
            schema: u8,
        }
        let versioned: Versioned = serde_json::from_slice(content).map_err(|_| Damaged)?;
        if versioned.schema != SCHEMA {
            return Ok(None);
        }
        serde_json::from_slice(content)
            .map(Some)
            .map_err(|_| Damaged)
    }
}

impl<T> Clone for Store<T> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            file: self.file.clone(),
            missed: self.missed.clone(),
            turn: self.turn.clone(),
            value: PhantomData,
        }
    }
}

/// Shows where it is, and nothing of what it holds.
impl<T> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("file", &self.file.path())
            .finish_non_exhaustive()
    }
}

const SCHEMA: u8 = 2;
/// What the name of a damaged file ends with.
const DAMAGED: &str = ".damaged";
/// Of the digest that a key is.
pub(crate) const KEY_LENGTH: usize = 64;
/// How long nobody else tries, while the last value is still good.
const AFTER_A_MISS: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
