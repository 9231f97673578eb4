use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use k8s_sinks::file::CertificateFolder;
use refresh::{Clock, Due, Expires as _, Fault as _, Schedule, Source};
use tokio::sync::Notify;

use super::obtained::Obtained;
use super::{Delivered, Standing};
use crate::context::Context;
use crate::failure::Failure;
use crate::files;
use crate::vault::VaultPipeline;

mod tally;

pub(crate) use tally::{Outcome, Tally};

/// Brings certificates from Vault into a folder: a [`Source`] whose value is
/// the certificate that stands there.
pub(crate) struct CertificateKeeper {
    pipeline: VaultPipeline,
    sink: CertificateFolder,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// How often what came of it.
    pub(crate) tally: Tally,
    /// Something was tried: look at what came of it.
    pub(crate) landed: Notify,
    /// The files have changed: tell those who read them.
    pub(crate) changed: Notify,
    /// The certificate in the folder hangs on a token.
    pub(crate) leased: Notify,
}

#[derive(Default)]
struct State {
    /// What we put, or found, there last.
    known: Option<Delivered>,
    /// What Vault has issued and the disk has not taken.
    pending: Option<Obtained>,
    /// Whether an operator wants another one, good or not.
    is_forced: bool,
    /// Whether we have written anything.
    has_changed: bool,
}

impl CertificateKeeper {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self {
            sink: files::certificate_sink(context)?,
            pipeline: VaultPipeline::new(context)?,
            clock: Arc::clone(&context.clock),
            state: Mutex::default(),
            tally: Tally::default(),
            landed: Notify::new(),
            changed: Notify::new(),
            leased: Notify::new(),
        })
    }

    /// What stands in the folder. What is usable there is known from then on.
    pub(crate) fn standing(&self) -> Result<Standing, Failure> {
        let standing = Standing::look(&self.sink, &self.pipeline.request, self.clock.now())?;
        if let Some(usable) = &standing.usable {
            self.state().known = Some(usable.clone());
        }
        Ok(standing)
    }

    /// Has one issued and puts it there, whatever stands there.
    pub(crate) async fn issue(&self) -> Result<Delivered, Failure> {
        let obtained = self.sign(self.clock.now()).await;
        self.pipeline.finish().await;
        self.deliver(obtained?)
    }

    /// Has another one issued even where what is there is good.
    pub(crate) fn force(&self) {
        self.state().is_forced = true;
    }

    /// What stands in the folder, as far as we know.
    pub(crate) fn delivered(&self) -> Option<Delivered> {
        self.state().known.clone()
    }

    /// Whether anything was written.
    pub(crate) fn has_changed(&self) -> bool {
        self.state().has_changed
    }

    /// Keeps the token alive that the next login may not give, or that the
    /// certificate hangs on.
    pub(crate) async fn keep_token_alive(&self) -> Infallible {
        self.pipeline.vault.keep_alive().await
    }

    /// When the certificate in the folder ends with the token that it hangs
    /// on, as far as is known now; none where it hangs on none.
    pub(crate) async fn lease_end(&self) -> Option<SystemTime> {
        self.pipeline.vault.lease_end().await
    }

    /// Whether the certificate in the folder would outlive the token that it
    /// hangs on, and that soon ends.
    pub(crate) async fn is_lease_worn(&self) -> bool {
        let not_after = self.delivered().map(|facts| facts.not_after);
        let end = self.lease_end().await;
        end < not_after && self.pipeline.vault.is_lease_worn().await
    }

    /// Gives Vault's token back, if it is ours and nothing hangs on it.
    pub(crate) async fn finish(&self) {
        self.pipeline.finish().await;
    }

    async fn refresh(&self) -> Result<(Delivered, Outcome), Failure> {
        let now = self.clock.now();
        if let Some(found) = self.adoptable(now) {
            return Ok((self.known(found), Outcome::Adopted));
        }
        let pending = self.state().pending.take();
        let obtained = if let Some(obtained) = pending.filter(|it| is_fresh(&it.facts, now)) {
            obtained
        } else {
            let obtained = self.sign(now).await;
            // None stands for the hours until the next one.
            self.pipeline.rest().await;
            obtained?
        };
        Ok((self.deliver(obtained)?, Outcome::Issued))
    }

    /// Another process may have been here: what it put there is as good.
    fn adoptable(&self, now: SystemTime) -> Option<Delivered> {
        if self.state().is_forced {
            return None;
        }
        // A folder that cannot be read will say so when it is written.
        let standing = Standing::look(&self.sink, &self.pipeline.request, now).ok()?;
        let found = standing.usable.filter(|_| standing.wanting.is_none())?;
        let is_known = |known: &Delivered| known.serial == found.serial;
        (!self.state().known.as_ref().is_some_and(is_known)).then_some(found)
    }

    async fn sign(&self, now: SystemTime) -> Result<Obtained, Failure> {
        let folder = self.sink.path().to_owned();
        Obtained::from_vault(&self.pipeline, now, folder).await
    }

    /// Puts it into the folder; where that fails, it is kept for the next
    /// attempt, so that a full disk does not have Vault sign without end.
    fn deliver(&self, obtained: Obtained) -> Result<Delivered, Failure> {
        let receipt = match self.sink.deliver(&obtained.set) {
            Ok(receipt) => receipt,
            Err(error) => {
                self.state().pending = Some(obtained);
                return Err(error.into());
            }
        };
        files::delivered(&receipt);
        if receipt.changed {
            self.state().has_changed = true;
            self.changed.notify_one();
        }
        if obtained.has_lease {
            self.leased.notify_one();
        }
        Ok(self.known(obtained.facts))
    }

    fn known(&self, facts: Delivered) -> Delivered {
        let mut state = self.state();
        state.known = Some(facts.clone());
        state.is_forced = false;
        facts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for CertificateKeeper {
    type Value = Delivered;
    type Error = Failure;

    async fn obtain(&self) -> Result<Delivered, Failure> {
        let refreshed = self.refresh().await;
        self.tally.count(match &refreshed {
            Ok((_, outcome)) => *outcome,
            Err(failure) => Outcome::from(failure.fault()),
        });
        self.landed.notify_one();
        refreshed.map(|(facts, _)| facts)
    }
}

fn is_fresh(facts: &Delivered, now: SystemTime) -> bool {
    let due = Schedule::CERTIFICATE.at(facts.lifetime(), now, 0.0);
    matches!(due, Due::Fresh { .. })
}
