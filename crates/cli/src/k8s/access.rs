//! From the settings to a cluster, and to who we are in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use destination::{Destination, HttpClient};
use http::Uri;
use k8s_sinks::kubernetes::{Cluster, Error};
use refresh::Clock;
use secrecy::ExposeSecret as _;

use crate::context::{Context, read_file};
use crate::explanation::cluster;
use crate::failure::{self, Failure};
use crate::resolved::Resolved;

mod connection;
mod credentials;
mod exec_plugin;
mod kubeconfig;
mod service_account;
mod token_facts;
mod yaml;

use credentials::Credentials;
use exec_plugin::ExecPlugin;
use kubeconfig::{ClusterEntry, Kubeconfig, UserEntry};

/// A cluster, and who we are in it.
pub(crate) struct Access {
    /// The cluster.
    pub(crate) cluster: Cluster,
    /// The namespace that we are in.
    pub(crate) own_namespace: String,
    /// Where from the way to the cluster is known, and its address: for people.
    pub(crate) place: String,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
}

/// A way to a cluster, as a kubeconfig or a pod's folder has it.
struct Way {
    cluster: ClusterEntry,
    user: UserEntry,
    namespace: Option<String>,
    /// Whether it is a pod's, which is in a namespace that has to be known.
    is_pod: bool,
    place: String,
}

impl Access {
    /// By the kubeconfig that is named, else the pod's service account, else
    /// `~/.kube/config`. Connects to nobody, but may run an exec plugin.
    pub(crate) async fn new(context: &Context<'_>) -> Result<Self, Failure> {
        Self::with_service_account(context, Path::new(SERVICE_ACCOUNT)).await
    }

    /// The same where the pod's service account is in another folder.
    async fn with_service_account(context: &Context<'_>, folder: &Path) -> Result<Self, Failure> {
        let way = Way::find(context, folder)?;
        let opened = way.open(context).await;
        opened.map_err(|failure| failure.about(&way.place))
    }

    /// The same, and an error as [`Self::failure`] tells it.
    pub(crate) async fn told<T>(&self, ended: Result<T, Error>) -> Result<T, Failure> {
        match ended {
            Ok(value) => Ok(value),
            Err(error) => Err(self.failure(error).await),
        }
    }

    /// What a failure in this cluster comes to: where we are not known there,
    /// with what our token says about itself.
    pub(crate) async fn failure(&self, error: Error) -> Failure {
        let is_unknown = matches!(error, Error::Unauthorized { .. });
        let failure = Failure::from(error);
        if !is_unknown {
            return failure;
        }
        match self.token().await {
            Some(token) => {
                let facts = token_facts::facts(token.expose_secret(), self.clock.now());
                let hint = failure.hint().unwrap_or_default();
                let hint = format!("{facts}; {hint}");
                failure.with_hint(hint)
            }
            None => failure,
        }
    }

    async fn token(&self) -> Option<secrecy::SecretString> {
        match &self.credentials {
            Credentials::Token(token) => Some(token.clone()),
            Credentials::TokenFile(path) => {
                let contents = read_file(path).ok()?;
                Some(std::str::from_utf8(&contents).ok()?.into())
            }
            Credentials::Plugin(plugin) => plugin.token().await,
            Credentials::Password(_) | Credentials::Nothing => None,
        }
    }
}

impl Way {
    fn find(context: &Context<'_>, folder: &Path) -> Result<Self, Failure> {
        let named = context.settings.text("context")?;
        if let Some(paths) = kubeconfigs(context)? {
            return Kubeconfig::read(&paths)?.choose(named.as_deref());
        }
        // A pod's service account has no contexts to choose from.
        let why = match &named {
            Some(_) => "a context is named".to_owned(),
            None => {
                match service_account::service_account(context.settings.environment(), folder) {
                    Ok(way) => return Ok(way),
                    Err(why) => why,
                }
            }
        };
        let usual = context.home().map(|home| home.join(".kube/config"));
        match &usual {
            Some(path) if path.exists() => {
                Kubeconfig::read(std::slice::from_ref(path))?.choose(named.as_deref())
            }
            _ => Err(nowhere(&why, usual.as_deref())),
        }
    }

    /// A pod's own cluster is beside it. The common proxy is for AWS and Vault, and
    /// should it end TLS, it would see our token.
    fn destination(&self, base: &Uri, settings: &Resolved<'_>) -> Result<Destination, Failure> {
        let mut destination = connection::destination(&self.cluster, base, settings)?;
        if self.is_pod {
            destination.proxy = None;
        }
        Ok(destination)
    }

    async fn open(&self, context: &Context<'_>) -> Result<Access, Failure> {
        let base = connection::base(&self.cluster)?;
        let mut destination = self.destination(&base, &context.settings)?;
        destination.client_identity = connection::client_identity(&self.user)?;
        let mut credentials = Credentials::of(&self.user)?;
        let is_anonymous = matches!(credentials, Credentials::Nothing);
        if let (true, Some(entry)) = (is_anonymous, &self.user.exec) {
            let plugin = ExecPlugin::new(entry, &self.cluster, context)?;
            let identity = plugin.client_identity().await?;
            destination.client_identity = identity.or(destination.client_identity);
            credentials = Credentials::Plugin(Arc::new(plugin));
        }
        let http = HttpClient::new(destination).map_err(failure::cluster_connection)?;
        let own = context.settings.text("own-namespace")?;
        let own = own.or_else(|| self.namespace.clone().filter(|name| !name.is_empty()));
        if own.is_none() && self.is_pod {
            return Err(no_namespace());
        }
        Ok(Access {
            place: format!("{} ({})", self.place, self.cluster.server.as_str()),
            cluster: Cluster::new(http, base, credentials.authorization())
                .with_clock(Arc::clone(&context.clock)),
            // As kubectl has it.
            own_namespace: own.unwrap_or_else(|| "default".to_owned()),
            credentials,
            clock: Arc::clone(&context.clock),
        })
    }
}

/// Shows where to, and how we say who we are.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("cluster", &self.cluster)
            .field("own_namespace", &self.own_namespace)
            .field("place", &self.place)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// The files that are named, separated as in PATH.
fn kubeconfigs(context: &Context<'_>) -> Result<Option<Vec<PathBuf>>, Failure> {
    let Some(named) = context.settings.sourced("kubeconfig")? else {
        return Ok(None);
    };
    let paths = std::env::split_paths(&named.value);
    let paths = paths.filter(|path| !path.as_os_str().is_empty());
    let expanded = paths.map(|path| match path.strip_prefix("~") {
        Err(_) => Ok(path),
        Ok(rest) => context.home().map(|home| home.join(rest)).ok_or_else(|| {
            let why = "there is no home folder for the ~ in it";
            named.origin.invalid(why)
        }),
    });
    let paths = expanded.collect::<Result<Vec<_>, _>>()?;
    if paths.is_empty() {
        return Err(named.origin.invalid("it names no file"));
    }
    Ok(Some(paths))
}

/// Secrets in a namespace that is not ours would be worse.
fn no_namespace() -> Failure {
    let message = "which namespace we are in is not known: no file namespace is beside the token";
    Failure::configuration("kubernetes.no-cluster", message).with_hint(cluster::NO_NAMESPACE.fix)
}

fn nowhere(why_no_account: &str, usual: Option<&Path>) -> Failure {
    let usual = usual.map_or_else(
        || "no home folder has a .kube/config".to_owned(),
        |path| format!("{} is not there", path.display()),
    );
    let message = format!(
        "no cluster is known: no kubeconfig is named (--kubeconfig, KUBECONFIG), no pod's service account \
         is at hand ({why_no_account}), and {usual}"
    );
    Failure::configuration("kubernetes.no-cluster", message).with_hint(cluster::NO_CLUSTER.fix)
}

/// Where kubelet puts a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

#[cfg(test)]
mod tests;
