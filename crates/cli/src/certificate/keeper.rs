use std::convert::Infallible;
use std::path::Path;
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
use crate::tally::{Outcome, Tally};
use crate::vault::VaultPipeline;

/// Brings certificates from Vault into a folder: a [`Source`] whose value is
/// the certificate that stands there.
pub(crate) struct CertificateKeeper {
    pipeline: VaultPipeline,
    sink: Arc<CertificateFolder>,
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
}

impl CertificateKeeper {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let sink = files::certificate_sink(context)?;
        Self::at(context, sink, VaultPipeline::new(context)?)
    }

    /// The same into another folder than the settings name.
    pub(crate) fn at(
        context: &Context<'_>,
        sink: CertificateFolder,
        pipeline: VaultPipeline,
    ) -> Result<Self, Failure> {
        // Before Vault signs what has nowhere to go.
        sink.probe()?;
        Ok(Self {
            sink: Arc::new(sink),
            pipeline,
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
        self.deliver(obtained?).await
    }

    /// Has another one issued even where what is there is good.
    pub(crate) fn force(&self) {
        self.state().is_forced = true;
    }

    /// What stands in the folder, as far as we know.
    pub(crate) fn delivered(&self) -> Option<Delivered> {
        self.state().known.clone()
    }

    /// What stands in the folder now, without knowing it from then on.
    pub(crate) async fn look(&self) -> Result<Standing, Failure> {
        let (sink, now) = (Arc::clone(&self.sink), self.clock.now());
        let request = self.pipeline.request.clone();
        files::aside(move || Standing::look(&sink, &request, now)).await?
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.sink.path()
    }

    /// Keeps the token alive that the next login may not give, or that the
    /// certificate hangs on.
    pub(crate) async fn keep_token_alive(&self) -> Infallible {
        tokio::select! {
            never = self.pipeline.vault.keep_alive() => never,
            never = self.pipeline.audit_next_logins() => never,
        }
    }

    /// Whether the certificate in the folder will end with the token that it
    /// hangs on, and soon.
    pub(crate) async fn is_lease_ending(&self) -> bool {
        let (Some(facts), Some(end)) = (self.delivered(), self.pipeline.vault.lease_end().await)
        else {
            return false;
        };
        end < facts.not_after && self.pipeline.vault.is_lease_ending().await
    }

    /// Gives Vault's token back, if it is ours and nothing hangs on it.
    pub(crate) async fn finish(&self) {
        self.pipeline.finish().await;
    }

    async fn refresh(&self) -> Result<(Delivered, Outcome), Failure> {
        let now = self.clock.now();
        if let Some(found) = self.adoptable().await {
            self.changed.notify_one();
            return Ok((self.known(found), Outcome::Adopted));
        }
        let pending = self.state().pending.take();
        let obtained = match pending.filter(|it| is_fresh(&it.facts, now)) {
            Some(obtained) => Ok(obtained),
            None => self.sign(now).await,
        };
        let delivered = match obtained {
            Ok(obtained) => self.deliver(obtained).await,
            Err(failure) => Err(failure),
        };
        // No token stands for the hours until the next one; and none is given
        // back before its certificate has replaced the old one.
        self.pipeline.rest().await;
        Ok((delivered?, Outcome::Obtained))
    }

    /// Another process may have been here: what it put there is as good.
    async fn adoptable(&self) -> Option<Delivered> {
        if self.state().is_forced {
            return None;
        }
        // A folder that cannot be read will say so when it is written.
        let standing = self.look().await.ok()?;
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
    async fn deliver(&self, obtained: Obtained) -> Result<Delivered, Failure> {
        let sink = Arc::clone(&self.sink);
        let delivery = move || (sink.deliver(&obtained.set), obtained);
        let (delivered, obtained) = files::aside(delivery).await?;
        let receipt = match delivered {
            Ok(receipt) => receipt,
            Err(error) => {
                self.state().pending = Some(obtained);
                return Err(error.into());
            }
        };
        files::delivered(&receipt);
        if receipt.changed {
            self.changed.notify_one();
        }
        if obtained.has_lease {
            tracing::warn!("{HAS_LEASE}");
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

const HAS_LEASE: &str = "Vault revokes the certificate with the token that it was obtained with: \
     set generate_lease=false on the PKI role";
