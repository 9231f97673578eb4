use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::params::{DeleteParams, Preconditions};

use super::Error;
use super::cluster::{Call, Cluster};
use super::marks::{CONFIG, MANAGED_BY, MANAGER};
use super::resource::SECRETS;
use super::watch::{Partial, Query};

/// The Secrets that say they are ours, whatever they are called and wherever
/// they are: for those who tidy up.
#[derive(Clone, Debug)]
pub struct OwnSecrets {
    cluster: Cluster,
}

/// A Secret with our labels, as it was seen once.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OwnSecret {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The configuration that it is of.
    pub config: String,
    uid: String,
    resource_version: String,
}

impl OwnSecrets {
    /// Those of this cluster.
    pub fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// Those of a namespace, or of all of them, by their metadata alone. With a
    /// `name`, a right to that name is enough.
    pub async fn list(
        &self,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Result<Vec<OwnSecret>, Error> {
        let query = Query {
            resource: SECRETS,
            namespace: namespace.map(str::to_owned),
            labels: Some(format!("{MANAGED_BY}={MANAGER},{CONFIG}")),
            name: name.map(str::to_owned),
            is_whole: false,
        };
        let own = |secret: Partial| OwnSecret::of(secret.metadata);
        query.list(&self.cluster, own).await
    }

    /// Deletes it, where it is still as it was seen; it may be gone already.
    ///
    /// [`Error::Contended`] where it has changed since, or is another one of its
    /// name: nothing is deleted then.
    pub async fn remove(&self, secret: &OwnSecret) -> Result<(), Error> {
        let parameters = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some(secret.uid.clone()),
                resource_version: Some(secret.resource_version.clone()),
            }),
            ..DeleteParams::default()
        };
        let namespace = Some(&*secret.namespace);
        let request = SECRETS.requests(namespace);
        let request = request.delete(&secret.name, &parameters);
        let right = SECRETS.right("delete", namespace, Some(&secret.name));
        match self.cluster.once(&Call::new(right, request)?).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl OwnSecret {
    fn of(metadata: ObjectMeta) -> Option<Self> {
        Some(Self {
            namespace: metadata.namespace?,
            name: metadata.name?,
            config: metadata.labels?.remove(CONFIG)?,
            uid: metadata.uid?,
            resource_version: metadata.resource_version?,
        })
    }
}
