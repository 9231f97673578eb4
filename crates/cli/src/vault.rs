use std::convert::Infallible;
use std::sync::Arc;
use std::time::SystemTime;

use rolesanywhere::{Certificate, Identity, PrivateKey};
use rustls_pki_types::CertificateDer;
use vault_pki::{CertificateRequest, IssuedCertificate, Session, Vault};

use crate::audit;
use crate::context::Context;
use crate::failure::Failure;

mod client;
mod login;
mod request;
mod settings;
mod who;

pub(crate) use client::{VaultClient, pki_mount};
pub(crate) use request::PkiMode;
#[cfg(feature = "pods")]
pub(crate) use request::certificate_request_for;
pub(crate) use who::who;

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
        let mode = request::mode(&context.settings)?;
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
            PkiMode::SignVerbatim => self.vault.sign_verbatim(&self.request, now).await,
        };
        self.audit_logins();
        let issued = issued?;
        for warning in &issued.warnings {
            tracing::warn!("Vault says: {warning}");
        }
        audit::certificate_issued(&issued.serial, &self.request, issued.not_after);
        Ok(issued)
    }

    /// Gives the token back, if it is ours.
    pub(crate) async fn finish(&self) {
        client::give_back(&self.vault, self.vault.finish()).await;
    }

    /// The same until the next certificate, where another login can be had: for
    /// a daemon.
    pub(crate) async fn rest(&self) {
        client::give_back(&self.vault, self.vault.rest()).await;
    }

    /// Says of each login that it happened, for as long as this is awaited.
    pub(crate) async fn audit_next_logins(&self) -> Infallible {
        client::audit_next_logins(&self.vault, self.method).await
    }

    fn audit_logins(&self) {
        client::audit_logins(&self.vault, self.method);
    }
}

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
