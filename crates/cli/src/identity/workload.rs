use std::sync::Arc;
use std::time::Duration;

use refresh::FaultKind;
use rolesanywhere::{Certificate, Identity, InvalidIdentity, PrivateKey};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use spiffe::{WorkloadApiClient, WorkloadApiError, X509Svid};

use crate::audit;
use crate::context::Context;
use crate::explanation::identity::{AGENT, ENTRY};
use crate::failure::Failure;

/// The SPIFFE Workload API: the identity is the X.509-SVID that it gives to
/// this process, with its chain
/// ([specification](https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md)).
#[derive(Debug)]
pub(crate) struct WorkloadApi {
    endpoint: String,
    hint: Option<String>,
}

impl WorkloadApi {
    /// The endpoint that the settings name, if they name one.
    pub(crate) fn named(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let settings = &context.settings;
        let Some(endpoint) = settings.text("spiffe-endpoint-socket")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            endpoint,
            hint: settings.text("spiffe-hint")?,
        }))
    }

    /// The SVID of now: the agent has the newest one at hand, and is asked each
    /// time.
    pub(crate) async fn identity(&self) -> Result<Identity, Failure> {
        let asked = tokio::time::timeout(DEADLINE, self.fetch()).await;
        let svids = asked
            .map_err(|_| self.silent())?
            .map_err(|error| self.failed(&error))?;
        let svid = self.choose(&svids)?;
        let identity =
            identity(svid).map_err(|error| Failure::from(error).about(&self.endpoint))?;
        audit::certificate_read(identity.certificate(), &self.endpoint);
        Ok(identity)
    }

    /// Whom it asks.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    async fn fetch(&self) -> Result<Vec<X509Svid>, WorkloadApiError> {
        let client = WorkloadApiClient::connect_to(&self.endpoint).await?;
        client.fetch_all_x509_svids().await
    }

    /// The SVID with the hint; without one the first, which the specification
    /// makes the default.
    fn choose<'a>(&self, svids: &'a [X509Svid]) -> Result<&'a X509Svid, Failure> {
        let mut candidates = svids.iter();
        let found = match &self.hint {
            None => candidates.next(),
            hint => candidates.find(|svid| svid.hint() == hint.as_deref()),
        };
        found.ok_or_else(|| {
            let hints = svids
                .iter()
                .map(|svid| format!("{:?}", svid.hint().unwrap_or_default()));
            let hints: Vec<String> = hints.collect();
            let message = format!(
                "{} has no X.509-SVID with the hint {:?}; there are: {}",
                self.endpoint,
                self.hint.as_deref().unwrap_or_default(),
                hints.join(", ")
            );
            Failure::configuration("spiffe.no-svid", message)
        })
    }

    fn silent(&self) -> Failure {
        let message = format!(
            "{}: no answer within {} s",
            self.endpoint,
            DEADLINE.as_secs()
        );
        Failure::new("spiffe.unavailable", FaultKind::Unavailable, message).with_hint(AGENT.fix)
    }

    fn failed(&self, error: &WorkloadApiError) -> Failure {
        let (code, kind, hint) = match error {
            WorkloadApiError::NoIdentityIssued | WorkloadApiError::PermissionDenied(_) => {
                ("spiffe.denied", FaultKind::Denied, ENTRY.fix)
            }
            WorkloadApiError::Endpoint(_) => ("config.invalid", FaultKind::Configuration, ADDRESS),
            WorkloadApiError::Transport(_) => {
                ("spiffe.unavailable", FaultKind::Unavailable, AGENT.fix)
            }
            _ => ("spiffe.failed", FaultKind::Failed, AGENT.fix),
        };
        Failure::new(code, kind, format!("{}: {error}", self.endpoint)).with_hint(hint)
    }
}

fn identity(svid: &X509Svid) -> Result<Identity, InvalidIdentity> {
    let der = PrivatePkcs8KeyDer::from(svid.private_key().as_bytes());
    let key = PrivateKey::from_der(&der.into()).map_err(InvalidIdentity::PrivateKey)?;
    let certificates = svid.cert_chain().iter().map(|certificate| {
        let der = CertificateDer::from(certificate.as_bytes().to_vec());
        Certificate::from_der(der).map_err(InvalidIdentity::Certificate)
    });
    let mut certificates = certificates.collect::<Result<Vec<_>, _>>()?.into_iter();
    let certificate = certificates.next().ok_or(InvalidIdentity::NoCertificate {
        source_name: "certificate",
    })?;
    Identity::new(certificate, certificates.collect(), Arc::new(key))
}

/// The agent is on this machine.
const DEADLINE: Duration = Duration::from_secs(10);
const ADDRESS: &str = "name the socket as unix:///run/spire/agent.sock, or tcp://127.0.0.1:8081";
