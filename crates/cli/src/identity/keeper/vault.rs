use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use k8s_sinks::file::{CertificateFolder, Layout};
use private_file::Options;
use refresh::{Clock, Expires, Kept, KeptError, Lifetime, Schedule, Source};
use rolesanywhere::{Identity, PemSources};

use crate::certificate::CertificateKeeper;
use crate::context::Context;
use crate::failure::Failure;
use crate::files;
use crate::identity::checked;
use crate::refreshed;
use crate::session::SessionKey;
use crate::vault::{VaultPipeline, identity};

mod leftovers;

/// A certificate from Vault whose key is nowhere but here.
pub(super) struct InMemory(Kept<Signing>);

/// Has certificates signed.
struct Signing {
    pipeline: VaultPipeline,
    clock: Arc<dyn Clock>,
}

/// An identity that is valid for as long as its certificate.
#[derive(Clone)]
struct Signed(Arc<Identity>);

impl Expires for Signed {
    fn lifetime(&self) -> Lifetime {
        let certificate = self.0.certificate();
        Lifetime::new(certificate.not_before(), certificate.not_after())
    }
}

impl Source for Signing {
    type Value = Signed;
    type Error = Failure;

    async fn obtain(&self) -> Result<Signed, Failure> {
        let now = self.clock.now();
        let issued = self.pipeline.obtain(now).await;
        // No token stands for the hours until the next certificate.
        self.pipeline.rest().await;
        let identity = checked(identity(&issued?)?, now)?;
        Ok(Signed(Arc::new(identity)))
    }
}

impl InMemory {
    pub(super) fn new(pipeline: VaultPipeline, clock: &Arc<dyn Clock>) -> Self {
        let clock = Arc::clone(clock);
        let signing = Signing {
            pipeline,
            clock: Arc::clone(&clock),
        };
        Self(Kept::new(signing, Schedule::CERTIFICATE, clock))
    }

    pub(super) async fn identity(&self) -> Result<Arc<Identity>, Failure> {
        let signed = self.0.get().await;
        signed
            .map(|signed| signed.0)
            .map_err(|error| expired(&error))
    }

    pub(super) fn not_after(&self) -> Option<SystemTime> {
        self.0.status().lifetime.map(|lifetime| lifetime.end())
    }

    pub(super) async fn keep(&self) -> Infallible {
        let pipeline = &self.0.source().pipeline;
        tokio::select! {
            never = self.0.keep_fresh() => never,
            never = pipeline.vault.keep_alive() => never,
            never = pipeline.audit_next_logins() => never,
        }
    }

    pub(super) fn refresh_now(&self) {
        self.0.refresh_now();
    }

    pub(super) async fn settled(&self) {
        self.0.settled().await;
    }

    pub(super) async fn finish(&self) {
        self.0.source().pipeline.finish().await;
    }
}

/// A certificate from Vault that is kept with its key in a folder, for after a
/// restart in an outage. The folder is meant to be in memory (`tmpfs`).
pub(super) struct OnDisk {
    kept: Kept<CertificateKeeper>,
    folder: Arc<CertificateFolder>,
    /// What was read last, and its serial number.
    read: Mutex<Option<(String, Arc<Identity>)>>,
}

impl OnDisk {
    /// In a folder of its own below `cache`; what stands there and is good is
    /// used.
    pub(super) fn new(
        context: &Context<'_>,
        cache: &Path,
        pipeline: VaultPipeline,
    ) -> Result<Self, Failure> {
        let key = SessionKey::of_request(context)?;
        let path = cache.join(format!("{CERTIFICATE}{key}"));
        leftovers::sweep(cache, &path, context.now());
        let options = Options::new().create_folder();
        let folder = CertificateFolder::new(path, Layout::default(), options);
        let keeper = CertificateKeeper::at(context, folder.clone(), pipeline)?;
        let standing = keeper.standing()?;
        let clock = Arc::clone(&context.clock);
        let mut kept = Kept::new(keeper, Schedule::CERTIFICATE, clock);
        if let Some(usable) = standing.usable {
            kept = kept.starting_with(usable);
        }
        Ok(Self {
            kept,
            folder: Arc::new(folder),
            read: Mutex::default(),
        })
    }

    pub(super) async fn identity(&self, now: SystemTime) -> Result<Arc<Identity>, Failure> {
        let delivered = self.kept.get().await.map_err(|error| expired(&error))?;
        if let Some(identity) = self.known(&delivered.serial) {
            return Ok(identity);
        }
        let folder = Arc::clone(&self.folder);
        let read = files::aside(move || read(&folder)).await?;
        let identity = checked(read?, now)?;
        let identity = Arc::new(identity);
        let serial = identity.certificate().serial_hex();
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((serial, Arc::clone(&identity)));
        Ok(identity)
    }

    fn known(&self, serial: &str) -> Option<Arc<Identity>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, identity) = read.as_ref()?;
        (known == serial).then(|| Arc::clone(identity))
    }

    pub(super) fn not_after(&self) -> Option<SystemTime> {
        self.kept.status().lifetime.map(|lifetime| lifetime.end())
    }

    pub(super) async fn keep(&self) -> Infallible {
        tokio::select! {
            never = self.kept.keep_fresh() => never,
            never = self.kept.source().keep_token_alive() => never,
        }
    }

    pub(super) fn refresh_now(&self) {
        self.kept.source().force();
        self.kept.refresh_now();
    }

    pub(super) async fn settled(&self) {
        self.kept.settled().await;
    }

    pub(super) async fn finish(&self) {
        self.kept.source().finish().await;
    }
}

/// How a folder's name begins; the rest says which certificate it is.
const CERTIFICATE: &str = "certificate-";

/// What is said where all that came had expired already.
fn expired(error: &KeptError<Failure>) -> Failure {
    refreshed::failure(error, "certificate.expired")
}

fn read(folder: &CertificateFolder) -> Result<Identity, Failure> {
    let stored = folder.read()?.ok_or_else(|| {
        let message = format!("there is no certificate in {}", folder.path().display());
        Failure::configuration("file.missing", message)
    })?;
    let sources = PemSources {
        certificate: &stored.certificate,
        private_key: Some(&stored.private_key),
        intermediates: stored.chain.as_ref().map(|text| text.as_slice()),
    };
    Ok(Identity::from_pem(sources)?)
}
