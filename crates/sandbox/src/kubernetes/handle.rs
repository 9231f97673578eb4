use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Map;

use super::endpoints::{SERVICE_NAME, ServiceName};
use super::object::{Kind, Object};
use super::world::World;
use super::{Cluster, Endpoint, Pod};
use crate::Error;
use crate::jwt::JwtKey;
use crate::sandbox::Services;

/// A handle to the sandbox's Kubernetes cluster, to change what it knows; see
/// [`Sandbox::kubernetes`](crate::Sandbox::kubernetes).
#[derive(Clone)]
pub struct Kubernetes {
    services: Arc<Services>,
}

impl fmt::Debug for Kubernetes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Kubernetes").finish_non_exhaustive()
    }
}

impl Kubernetes {
    pub(crate) fn new(services: Arc<Services>) -> Self {
        Self { services }
    }

    /// Makes a service account, or gives the one of that name these annotations
    /// instead of those that it had.
    pub fn create_service_account(
        &self,
        namespace: &str,
        name: &str,
        annotations: &[(&str, &str)],
    ) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let account = Object {
            annotations: annotations.iter().map(owned).collect(),
            ..self.object(Kind::ServiceAccount, namespace, name)
        };
        self.cluster().change(|world| world.put(account));
    }

    /// Deletes a service account, and with it every token that it has; whether it
    /// was there.
    pub fn delete_service_account(&self, namespace: &str, name: &str) -> bool {
        let cluster = self.cluster();
        cluster.change(|world| world.remove(Kind::ServiceAccount, namespace, name))
    }

    /// Starts a pod, in the place of the one of its name, whose tokens are no
    /// longer good; its uid. A service account that is not there is made, without
    /// annotations.
    pub fn create_pod(&self, pod: &Pod) -> String {
        let Pod {
            namespace, name, ..
        } = pod;
        let account = self.object(Kind::ServiceAccount, namespace, &pod.service_account);
        let object = Object {
            labels: pod.labels.clone(),
            content: pod.content(),
            ..self.object(Kind::Pod, namespace, name)
        };
        let uid = object.uid.clone();
        self.cluster().change(|world| {
            if world.find(account.kind, namespace, &account.name).is_none() {
                world.put(account);
            }
            world.remove(Kind::Pod, namespace, name);
            world.put(object);
        });
        uid
    }

    /// Deletes a pod, and with it every token that it has; whether it was there.
    pub fn delete_pod(&self, namespace: &str, name: &str) -> bool {
        let cluster = self.cluster();
        cluster.change(|world| world.remove(Kind::Pod, namespace, name))
    }

    /// A fresh token of a pod that runs, bound to it, as the kubelet writes it to
    /// a projected volume.
    pub fn pod_token(
        &self,
        pod: &Pod,
        audience: &str,
        lifetime: Duration,
    ) -> Result<SecretString, Error> {
        self.token_by(self.cluster().key(), pod, (audience, lifetime))
    }

    /// The same as another cluster signs it: every claim is right, and the key is
    /// not this cluster's.
    pub fn foreign_token(
        &self,
        pod: &Pod,
        audience: &str,
        lifetime: Duration,
    ) -> Result<SecretString, Error> {
        self.token_by(self.cluster().foreign_key(), pod, (audience, lifetime))
    }

    /// Takes this token of another cluster for good until it ends, whoever signed it
    /// and whatever became of its pod: for the sandbox's Vault beside a real API
    /// server, which the sandbox does not ask.
    pub fn trust_token(&self, token: &SecretString) {
        self.services.ledger.note_secret(token.expose_secret());
        self.cluster().trust(token.expose_secret());
    }

    /// Sets what is behind a service. Its endpoint slices are added, modified and
    /// deleted as that needs it.
    pub fn set_endpoints(&self, namespace: &str, service: &str, endpoints: &[Endpoint]) {
        let (random, now) = (self.services.random(), self.services.now());
        let service = ServiceName {
            namespace,
            name: service,
        };
        self.cluster().change(|world| {
            let slices = service.slices(endpoints, now, |kind, name| {
                let known = world.find(kind, namespace, name);
                // The same each time, so that the same endpoints are no change.
                known.map_or_else(
                    || random.uuid_of_name(&format!("{}/{namespace}/{name}", kind.plural())),
                    |known| known.uid.clone(),
                )
            });
            for name in surplus(world, service, &slices) {
                world.remove(Kind::EndpointSlice, namespace, &name);
            }
            for slice in slices {
                world.put(slice);
            }
        });
    }

    fn token_by(
        &self,
        key: &JwtKey,
        pod: &Pod,
        audience: (&str, Duration),
    ) -> Result<SecretString, Error> {
        let place = (pod.namespace.as_str(), pod.name.as_str());
        let around = (self.services.now(), self.services.random());
        let claims = self.cluster().pod_claims(place, audience, around);
        let claims = claims.ok_or_else(|| Error::NoSuchPod {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
        })?;
        let token = key.issue_untyped(&claims.document())?;
        self.services.ledger.note_secret(&token);
        Ok(token.into())
    }

    fn object(&self, kind: Kind, namespace: &str, name: &str) -> Object {
        Object {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: self.services.random().uuid(),
            version: 0,
            created: self.services.now(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            content: Map::new(),
        }
    }

    fn cluster(&self) -> &Cluster {
        self.services.cluster()
    }
}

/// The slices that a service has and no longer needs.
fn surplus(world: &World, service: ServiceName<'_>, needed: &[Object]) -> Vec<String> {
    let all = world.all(Kind::EndpointSlice, Some(service.namespace));
    let own = all.filter(|it| {
        it.labels
            .get(SERVICE_NAME)
            .is_some_and(|it| it == service.name)
    });
    let surplus = own.filter(|it| !needed.iter().any(|slice| slice.name == it.name));
    surplus.map(|it| it.name.clone()).collect()
}
