use std::path::PathBuf;
use std::time::Duration;

use refresh::{Clock, Due, FaultKind, Schedule};

use super::miss::Miss;
use super::{OnDisk, Store};
use crate::environment::Environment;
use crate::failure::Failure;

/// Hands out the value of one store, and has another obtained when that is due.
pub(crate) struct Sharing<'a, T> {
    pub(crate) store: &'a Store<T>,
    pub(crate) clock: &'a dyn Clock,
    /// When a value is due.
    pub(crate) schedule: Schedule,
}

impl<T: OnDisk> Sharing<'_, T> {
    /// One that is not due, or else one that is obtained now; where that fails,
    /// the last one while it is good.
    pub(crate) async fn value(
        &self,
        obtain: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let obtaining = async || {
            let obtained = obtain().await?;
            self.store.write(&obtained);
            Ok(obtained)
        };
        match self.store.read(self.clock.now()) {
            Some(good) => self.better(good, obtaining).await,
            None => self.first(obtaining).await,
        }
    }

    /// Nobody has one: whoever comes meanwhile waits for the one that obtains
    /// it, and of values that are scarce fails as that one does.
    async fn first(&self, obtain: impl AsyncFnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let before = self.store.noted_miss();
        let turn = self.store.turn().await;
        if let Some(found) = self.store.read(self.clock.now()) {
            return Ok(found);
        }
        if T::IS_SCARCE {
            let since = self
                .store
                .noted_miss()
                .filter(|it| Some(it) != before.as_ref());
            if let Some(failure) = since.and_then(Miss::failure_of_all) {
                return Err(failure);
            }
            if turn.is_err() {
                return Err(self.store.held());
            }
        }
        let obtained = obtain().await;
        if let Err(failure) = &obtained {
            self.store.miss(self.clock.now(), failure);
        }
        drop(turn);
        obtained
    }

    /// There is a good one. Where it is due, one process tries to have another,
    /// for a few seconds; nobody waits for that, and nobody tries again for a
    /// while.
    async fn better(
        &self,
        good: T,
        obtain: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let now = self.clock.now();
        if self.is_fresh(&good) || self.store.was_missed(now) {
            return Ok(good);
        }
        let Some(_turn) = self.store.turn_at_once().await else {
            return Ok(good);
        };
        // Whoever had the turn before may have found a better one.
        let good = self.store.read(now).unwrap_or(good);
        if self.is_fresh(&good) {
            return Ok(good);
        }
        let obtained = tokio::time::timeout(PATIENCE, obtain()).await;
        let failure = match obtained.map_err(|_| late::<T>()).flatten() {
            Ok(obtained) => return Ok(obtained),
            Err(failure) => failure,
        };
        self.store.miss(now, &failure);
        let (code, hint, expiration) = (failure.code(), failure.hint(), good.expiration());
        let name = T::NAME;
        tracing::warn!(
            code,
            hint,
            "{failure}; the last {name} is used, until {expiration}"
        );
        Ok(good)
    }

    /// Without jitter: all processes find the same.
    fn is_fresh(&self, value: &T) -> bool {
        let due = self.schedule.at(value.lifetime(), self.clock.now(), 0.0);
        matches!(due, Due::Fresh { .. })
    }
}

fn late<T: OnDisk>() -> Failure {
    let message = format!("no {} could be had in time", T::NAME);
    Failure::new("shared.late", FaultKind::Unavailable, message)
}

/// What a reboot empties is the best place; what a home folder has is the next.
pub(crate) fn default_folder(environment: &Environment) -> Option<PathBuf> {
    let runtime = environment.folder("XDG_RUNTIME_DIR");
    let runtime = runtime.filter(|folder| folder.is_dir());
    let cache = || {
        let named = environment.folder("XDG_CACHE_HOME");
        named.or_else(|| Some(environment.home()?.join(".cache")))
    };
    let folder = runtime.or_else(cache)?;
    folder.is_absolute().then(|| folder.join("iamra"))
}

/// With a good value at hand, nobody wants to wait for long.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
