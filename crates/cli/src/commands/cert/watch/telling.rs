use std::convert::Infallible;
use std::time::Duration;

use refresh::Backoff;

use super::Watch;
use crate::certificate::Delivered;
use crate::failure::Failure;

impl Watch {
    /// Runs the hooks whenever the files have changed, and at the start if a
    /// process before us did not come to it. Those that fail are run again and
    /// again: until they are told, readers use what is no longer there.
    pub(super) async fn tell(&self) -> Infallible {
        let changed = &self.kept.source().changed;
        loop {
            let mut misses = 0;
            while let Err(failure) = self.run_hooks().await {
                let wait = Backoff::LOOP.delay(misses, fastrand::f64(), None);
                let wait = wait.max(SHORTEST_WAIT);
                misses += 1;
                tracing::warn!(
                    code = failure.code(),
                    retry_in_seconds = wait.as_secs() + 1,
                    "{failure}"
                );
                tokio::select! {
                    () = self.clock.sleep(wait) => {}
                    () = changed.notified() => misses = 0,
                }
            }
            changed.notified().await;
        }
    }

    /// Runs them, unless they know of the certificate in the folder.
    pub(super) async fn run_hooks(&self) -> Result<(), Failure> {
        if self.hooks.is_empty() {
            return Ok(());
        }
        let Some(facts) = self.kept.source().delivered() else {
            return Ok(());
        };
        if self.told.is_of(&facts.serial) {
            return Ok(());
        }
        self.hooks.run(&variables(&facts)).await?;
        self.told.note(&facts.serial);
        Ok(())
    }
}

/// What a hook is told. No setting has such a name: what a hook calls reads
/// ours.
fn variables(facts: &Delivered) -> [(&'static str, String); 3] {
    [
        ("IAMRA_CHANGED_FOLDER", facts.folder.display().to_string()),
        ("IAMRA_CHANGED_SERIAL", facts.serial.clone()),
        (
            "IAMRA_CHANGED_NOT_AFTER",
            crate::audit::rfc3339(facts.not_after),
        ),
    ]
}

const SHORTEST_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hook_is_told_sets_nothing() {
        let facts = Delivered {
            serial: "0f".to_owned(),
            not_before: std::time::UNIX_EPOCH,
            not_after: std::time::UNIX_EPOCH,
            issuer_not_after: None,
            ca_not_after: None,
            folder: "f".into(),
        };
        for (name, _) in variables(&facts) {
            let mut settings = crate::settings::all();
            let taken = settings.any(|setting| setting.all_variables().contains(&name.to_owned()));
            assert!(!taken, "{name}");
        }
    }
}
