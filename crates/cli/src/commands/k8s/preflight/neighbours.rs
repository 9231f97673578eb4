use std::path::PathBuf;

use clap::Command;
use k8s_sinks::kubernetes::{Error, Pod};

use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::k8s::rights::{Place, Rule};
use crate::setting::with_named;

/// Who else in our pod could read the token with which we log in to Vault.
pub(super) enum Neighbours {
    /// We are in no pod, or log in without a file.
    None,
    /// Nobody could look.
    Unknown {
        pod: String,
        namespace: String,
        why: &'static str,
    },
    /// These containers could, we among them.
    Some { file: PathBuf, readers: Vec<String> },
}

/// The flags that it reads.
pub(super) fn with_flags(command: Command) -> Command {
    with_named(command, &FILES)
}

impl Neighbours {
    pub(super) async fn of(context: &Context<'_>, access: &Access) -> Result<Self, Failure> {
        let (Some(name), Some(file)) = (pod_name(context), token_file(context)?) else {
            return Ok(Self::None);
        };
        let namespace = access.own_namespace.clone();
        let rule = Rule {
            group: "",
            resource: "pods",
            verbs: vec!["get"],
            names: vec![name.clone()],
            place: Place::Namespace(namespace.clone()),
        };
        for question in rule.questions() {
            let allowed = access.cluster.is_allowed(&question.review()).await;
            if !access.told(allowed).await? {
                return Ok(Self::Unknown {
                    pod: name,
                    namespace,
                    why: "that takes the right to get pods",
                });
            }
        }
        let pod = match Pod::get(&access.cluster, &namespace, &name).await {
            // In the host's network, the host name is not the pod's.
            Err(Error::NotFound { .. }) => {
                return Ok(Self::Unknown {
                    pod: name,
                    namespace,
                    why: "there is no pod of our host name",
                });
            }
            pod => access.told(pod).await?,
        };
        let readers = pod.readers(&file).into_iter().map(str::to_owned);
        let readers = readers.collect();
        Ok(Self::Some { file, readers })
    }

    pub(super) fn warn(&self) {
        match self {
            Self::Some { file, readers } if readers.len() > 1 => tracing::warn!(
                file = %file.display(),
                containers = readers.join(", "),
                "more than one container of this pod can read the token with which we log in to Vault: \
                 mount its volume into ours alone, and share no process namespace"
            ),
            Self::Unknown {
                pod,
                namespace,
                why,
            } => tracing::info!(
                pod,
                namespace,
                "did not look whether another container of this pod can read the token with which we log \
                 in to Vault: {why}"
            ),
            Self::None | Self::Some { .. } => {}
        }
    }
}

/// Where we run in a pod: its name, which is its host name.
fn pod_name(context: &Context<'_>) -> Option<String> {
    let environment = context.settings.environment();
    environment.value("KUBERNETES_SERVICE_HOST")?;
    Some(environment.value("HOSTNAME")?.to_str()?.to_owned())
}

/// The file that lets whoever reads it log in as we do. A variable's value is in
/// nobody else's container.
fn token_file(context: &Context<'_>) -> Result<Option<PathBuf>, Failure> {
    let settings = &context.settings;
    for name in FILES {
        if let Some(path) = settings.path(name)? {
            return Ok(Some(path));
        }
    }
    // A service account logs in with the token that every container gets.
    let by_account = settings
        .text("auth")?
        .is_some_and(|auth| auth == "kubernetes")
        || settings.text("auth-role")?.is_some();
    Ok(by_account.then(|| ACCOUNT_TOKEN.into()))
}

const FILES: [&str; 2] = ["jwt-file", "vault-token-file"];
const ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
