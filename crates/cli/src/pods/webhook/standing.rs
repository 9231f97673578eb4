use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::certificate::OwnCertificate;

/// The certificate that is shown, and whether API servers know it.
#[derive(Default)]
pub(super) struct Standing(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    certificate: Option<Arc<OwnCertificate>>,
    is_known: bool,
}

impl Standing {
    /// From now on it is shown to whoever connects.
    pub(super) fn show(&self, certificate: &Arc<OwnCertificate>) {
        self.shown().certificate = Some(Arc::clone(certificate));
    }

    /// Whether anything is shown.
    pub(super) fn is_there(&self) -> bool {
        self.shown().certificate.is_some()
    }

    /// API servers have been told, and have had the time to see it.
    pub(super) fn is_known_now(&self) {
        self.shown().is_known = true;
    }

    /// Whether API servers can talk to us; if not, why.
    pub(super) fn readiness(&self, now: SystemTime) -> Result<(), String> {
        let shown = self.shown();
        let certificate = shown.certificate.as_ref();
        match certificate {
            Some(certificate) if certificate.lifetime.end() <= now => {
                Err("the certificate for API servers has expired".to_owned())
            }
            Some(_) if shown.is_known => Ok(()),
            _ => Err("API servers do not know our certificate yet".to_owned()),
        }
    }

    /// When the certificate ends.
    pub(super) fn ends_at(&self) -> Option<SystemTime> {
        let shown = self.shown();
        Some(shown.certificate.as_ref()?.lifetime.end())
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Standing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown();
        Some(Arc::clone(&shown.certificate.as_ref()?.key))
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").finish_non_exhaustive()
    }
}
