use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use k8s_sinks::kubernetes::Error;
use refresh::{Backoff, Clock, Schedule};

use super::bundle;
use super::certificate::OwnCertificate;
use super::standing::Standing;
use crate::explanation::pods;
use crate::failure::Failure;
use crate::k8s::Access;

/// Makes our certificates, and has API servers know each before it is shown.
pub(super) struct Keeper {
    names: Vec<String>,
    standing: Arc<Standing>,
    registration: Option<Registration>,
    clock: Arc<dyn Clock>,
}

/// By which API servers know us.
pub(super) struct Registration {
    pub(super) access: Access,
    pub(super) configuration: String,
}

impl Keeper {
    pub(super) fn new(
        (names, standing): (Vec<String>, Arc<Standing>),
        registration: Option<Registration>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            names,
            standing,
            registration,
            clock,
        }
    }

    /// The certificate that is shown.
    pub(super) fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Replaces it in time, for as long as this is awaited.
    pub(super) async fn keep(&self) -> Infallible {
        if self.registration.is_none() {
            tracing::info!(
                "nobody is told of our certificate: no --webhook-configuration is named"
            );
        }
        loop {
            let certificate = self.made().await;
            self.introduce(&certificate).await;
            self.standing.show(&certificate);
            self.standing.is_known_now();
            let expires_at = jiff::Timestamp::try_from(certificate.lifetime.end()).ok();
            let expires_at = expires_at.map(tracing::field::display);
            tracing::info!(expires_at, "a certificate of our own is shown");
            self.watch_over(&certificate).await;
        }
    }

    async fn made(&self) -> Arc<OwnCertificate> {
        loop {
            match OwnCertificate::make(&self.names, self.clock.now()) {
                Ok(made) => return Arc::new(made),
                Err(failure) => told(&failure),
            }
            self.clock.sleep(BACKOFF.cap).await;
        }
    }

    /// Returns when API servers know it, however long that takes.
    async fn introduce(&self, certificate: &Arc<OwnCertificate>) {
        let Some(registration) = &self.registration else {
            return;
        };
        let mut attempt = 0;
        while let Err(failure) = self.register(registration, certificate).await {
            told(&failure);
            let wait = BACKOFF.delay(attempt, fastrand::f64(), None);
            self.clock.sleep(wait.max(Duration::from_secs(1))).await;
            attempt = attempt.saturating_add(1);
        }
        if !self.standing.is_there() {
            // Better than none.
            self.standing.show(certificate);
        }
        self.clock.sleep(SETTLED).await;
    }

    /// Sees to it that it stays known, until it is due.
    async fn watch_over(&self, certificate: &Arc<OwnCertificate>) {
        let due = Schedule::CERTIFICATE.refresh_at(certificate.lifetime, fastrand::f64());
        loop {
            let left = due.duration_since(self.clock.now()).unwrap_or_default();
            if left.is_zero() {
                return;
            }
            self.clock.sleep(left.min(LOOKED_AFTER)).await;
            if let Some(registration) = &self.registration
                && let Err(failure) = self.register(registration, certificate).await
            {
                let code = failure.code();
                tracing::warn!(code, "our certificate may not be known: {failure}");
            }
        }
    }

    async fn register(
        &self,
        registration: &Registration,
        certificate: &Arc<OwnCertificate>,
    ) -> Result<(), Failure> {
        let Registration {
            access,
            configuration,
        } = registration;
        let now = self.clock.now();
        let changed = access
            .cluster
            .change_webhook_ca_bundles(configuration, |webhook| {
                bundle::with_own(&webhook.ca_bundle, certificate, now)
            });
        match changed.await {
            Ok(true) => {
                tracing::info!(configuration, "API servers are told of our certificate");
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(error @ Error::NotFound { .. }) => {
                let hint = Some(pods::NO_WEBHOOK.fix.to_owned());
                Err(Failure::of("pods.no-webhook", hint, error))
            }
            Err(error) => Err(access.failure(error).await),
        }
    }
}

fn told(failure: &Failure) {
    let (code, hint) = (failure.code(), failure.hint());
    tracing::error!(code, hint, "API servers cannot call us: {failure}");
}

const BACKOFF: Backoff = Backoff {
    base: Duration::from_secs(2),
    cap: Duration::from_mins(1),
};
/// Each API server sees a change of the configuration by a watch of its own.
const SETTLED: Duration = Duration::from_secs(10);
/// An upgrade of a chart writes the configuration as it was at first.
const LOOKED_AFTER: Duration = Duration::from_mins(1);
