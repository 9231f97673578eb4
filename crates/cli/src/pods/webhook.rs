//! The mutating webhook: who is asked about a pod, says what it lacks.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use pod_identity::AnnotationDomain;
use prometheus_client::registry::Registry;
use refresh::Clock;
use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::serve;

mod bundle;
mod certificate;
mod counts;
mod form;
mod keeper;
mod reviewer;
mod roles;
mod server;
mod sidecar;
mod standing;

use form::InjectedForm;
use keeper::{Keeper, Registration};
use reviewer::Reviewer;
use roles::Roles;
use standing::Standing;

/// A webhook that is bound, and what it answers by.
pub(crate) struct PodWebhook {
    listeners: Vec<TcpListener>,
    tls: Arc<ServerConfig>,
    reviewer: Reviewer,
    certificate: Certificate,
    is_behind_a_service: bool,
    clock: Arc<dyn Clock>,
}

/// Whose certificate is shown.
enum Certificate {
    /// Somebody else's, of a file.
    File(PathBuf),
    Own(Box<Keeper>),
}

impl PodWebhook {
    /// From the settings; listens, and has nobody called yet.
    pub(crate) async fn new(context: &Context<'_>, access: Access) -> Result<Self, Failure> {
        let settings = &context.settings;
        let domain: AnnotationDomain = settings.parse("annotation-domain")?.unwrap_or_default();
        let form = InjectedForm::new(context)?;
        let roles = Roles::new(context, (&access.cluster, &domain), &form)?;
        let addresses = server::addresses(context)?;
        let service = settings.text("webhook-service")?;
        let is_behind_a_service = service.is_some();
        let (tls, certificate) = shown(context, access, (service, &addresses))?;
        Ok(Self {
            listeners: server::bind(&addresses).await?,
            tls,
            reviewer: Reviewer::new(roles, domain, form),
            certificate,
            is_behind_a_service,
            clock: Arc::clone(&context.clock),
        })
    }

    /// Answers for as long as this is awaited.
    pub(crate) async fn serve(&self) -> Infallible {
        server::serve(&self.listeners, &self.tls, &self.reviewer).await
    }

    /// Does what is to be done beside answering, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        let certificate = async {
            match &self.certificate {
                Certificate::Own(keeper) => keeper.keep().await,
                Certificate::File(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            never = self.reviewer.keep(&*self.clock) => never,
            never = certificate => never,
        }
    }

    /// Whether others find us by a service.
    pub(crate) fn is_behind_a_service(&self) -> bool {
        self.is_behind_a_service
    }

    /// Whether API servers can talk to us; if not, why.
    pub(crate) fn readiness(&self) -> Result<(), String> {
        match &self.certificate {
            Certificate::Own(keeper) => keeper.standing().readiness(self.clock.now()),
            Certificate::File(_) => Ok(()),
        }
    }

    /// What has been done so far.
    pub(crate) fn register(&self, registry: &mut Registry) {
        self.reviewer.counts().register(registry);
        let ends_at = match &self.certificate {
            Certificate::Own(keeper) => keeper.standing().ends_at(),
            Certificate::File(path) => certificate::end_of_file(path),
        };
        counts::register_end(ends_at, registry);
    }
}

/// The certificate of files where the settings name one, else one of our own.
fn shown(
    context: &Context<'_>,
    access: Access,
    (service, addresses): (Option<String>, &[SocketAddr]),
) -> Result<(Arc<ServerConfig>, Certificate), Failure> {
    let configuration = context.settings.text("webhook-configuration")?;
    if let Some(tls) = serve::tls_of_files(context)? {
        if configuration.is_some() {
            tracing::info!("the certificate of a file is made known to API servers by who made it");
        }
        let file = context.settings.path("tls-certificate")?;
        return Ok((tls, Certificate::File(file.unwrap_or_default())));
    }
    let names = certificate::names(service.as_deref(), &access.own_namespace, addresses);
    if names.is_empty() {
        let message = "the names of our certificate are not known: --webhook-service is missing, \
                       and so is --tls-certificate";
        return Err(Failure::configuration("config.missing", message));
    }
    let registration = configuration.map(|configuration| Registration {
        access,
        configuration,
    });
    let standing = Arc::<Standing>::default();
    let tls = serve::tls_showing(Arc::clone(&standing) as _)?;
    let keeper = Keeper::new((names, standing), registration, Arc::clone(&context.clock));
    Ok((tls, Certificate::Own(Box::new(keeper))))
}
