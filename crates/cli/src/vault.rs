use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rolesanywhere::{Certificate, Identity, PrivateKey};
use rustls_pki_types::CertificateDer;
use vault_pki::{CertificateRequest, IssuedCertificate, Session, Vault};

use crate::audit;
use crate::context::Context;
use crate::failure::Failure;

mod login;
mod request;
mod settings;

pub(crate) use request::PkiMode;

/// All that concerns Vault: the client, and what certificate to ask for.
pub(crate) struct VaultPipeline {
    pub(crate) vault: Vault,
    pub(crate) method: &'static str,
    pub(crate) request: CertificateRequest,
    pub(crate) mode: PkiMode,
}

impl VaultPipeline {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = settings::vault_settings(&context.settings)?;
        let request = request::certificate_request(context)?;
        let mode = context.settings.parse("pki-mode")?.unwrap_or_default();
        let login = login::method(context)?;
        let method = login.name();
        let vault = Vault::new(settings, login, Arc::clone(&context.clock))?;
        Ok(Self {
            vault,
            method,
            request,
            mode,
        })
    }

    /// Where Vault is.
    pub(crate) fn address(&self) -> String {
        self.vault.settings().address.to_string()
    }

    /// Logs in. Where a token was given, nobody is called.
    pub(crate) async fn log_in(&self) -> Result<Arc<Session>, Failure> {
        let session = self.vault.session().await;
        self.audit_logins();
        Ok(session?)
    }

    /// Has a certificate signed, or issued.
    pub(crate) async fn obtain(&self, now: SystemTime) -> Result<IssuedCertificate, Failure> {
        let issued = match self.mode {
            PkiMode::Sign => self.vault.sign(&self.request, now).await,
            PkiMode::Issue => self.vault.issue(&self.request, now).await,
        };
        self.audit_logins();
        let issued = issued?;
        for warning in &issued.warnings {
            tracing::warn!("Vault says: {warning}");
        }
        audit::certificate_issued(&issued.serial, &self.request, issued.not_after);
        Ok(issued)
    }

    /// Gives the token back, if it is ours. What we came for, we have: a
    /// failure is worth no more than a word, and a wait no more than a moment.
    pub(crate) async fn finish(&self) {
        self.give_back(self.vault.finish()).await;
    }

    /// The same until the next certificate, where another login can be had: for
    /// a daemon.
    pub(crate) async fn rest(&self) {
        self.give_back(self.vault.rest()).await;
    }

    async fn give_back(
        &self,
        farewell: impl Future<Output = Result<Option<Arc<Session>>, vault_pki::Error>>,
    ) {
        match tokio::time::timeout(FAREWELL, farewell).await {
            Ok(Ok(Some(session))) => {
                audit::token_revoked(session.accessor.as_deref(), &self.address());
            }
            Ok(Ok(None)) => {}
            Ok(Err(error)) => {
                tracing::debug!(%error, "the token was not revoked; it will expire");
            }
            Err(_) => tracing::debug!("the token was not revoked in time; it will expire"),
        }
    }

    fn audit_logins(&self) {
        for session in self.vault.take_logins() {
            audit::logged_in(self.method, session.accessor.as_deref(), &self.address());
        }
    }
}

/// How long Vault may take to revoke a token.
const FAREWELL: Duration = Duration::from_secs(2);

/// The identity that a certificate from Vault and its key make. The key is in
/// memory, and nowhere else.
pub(crate) fn identity(issued: &IssuedCertificate) -> Result<Identity, Failure> {
    let parse = |der: &CertificateDer<'static>| {
        Certificate::from_der(der.clone()).map_err(|error| {
            Failure::from(rolesanywhere::InvalidIdentity::Certificate(error))
                .about("Vault's answer")
        })
    };
    let intermediates = issued
        .intermediates
        .iter()
        .map(parse)
        .collect::<Result<_, _>>()?;
    let key = PrivateKey::from_der(&issued.private_key().into())
        .map_err(rolesanywhere::InvalidIdentity::PrivateKey)?;
    Ok(Identity::new(
        parse(&issued.end_entity)?,
        intermediates,
        Arc::new(key),
    )?)
}
