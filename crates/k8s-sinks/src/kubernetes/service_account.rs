use kube::core::params::{GetParams, Patch, PatchParams};
use serde_json::{Value, json};

use self::seen_service_account::pull_secret;
use super::Error;
use super::cluster::{Call, Cluster};
use super::gate::Gate;
use super::marks::MANAGER;
use super::names::check_name;
use super::resource::SERVICE_ACCOUNTS;
use super::secret_spec::SecretSpec;
use super::watch::Query;

mod seen_service_account;

pub use self::seen_service_account::SeenServiceAccount;

/// Has the pods of service accounts pull with one Secret.
///
/// Its name is added to `imagePullSecrets`, and nothing else is touched. That
/// list is atomic for every other kind of patch: a merge or an apply would
/// replace what others have added. So it is a JSON Patch (RFC 6902) that is
/// refused unless the object is still as it was seen.
#[derive(Clone, Debug)]
pub struct ServiceAccounts {
    cluster: Cluster,
    secret: String,
    dry_run: bool,
    gate: Gate,
}

/// What was done to a service account, and how it stands now.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Attached {
    /// Whether anything was. If not, it was as it should be.
    pub changed: bool,
    /// The service account.
    pub seen: SeenServiceAccount,
}

impl ServiceAccounts {
    /// Those of this cluster, for the Secret of this name.
    pub fn new(cluster: Cluster, secret: &str) -> Result<Self, Error> {
        check_name("secret name", secret)?;
        Ok(Self {
            cluster,
            secret: secret.to_owned(),
            dry_run: false,
            gate: Gate::default(),
        })
    }

    /// Those of this cluster, for such Secrets.
    pub fn of(cluster: Cluster, spec: &SecretSpec) -> Self {
        Self {
            cluster,
            secret: spec.name().to_owned(),
            dry_run: false,
            gate: Gate::default(),
        }
    }

    /// The same, and the server only says what it would do.
    #[must_use]
    pub fn with_dry_run(self) -> Self {
        Self {
            dry_run: true,
            ..self
        }
    }

    /// The same, and each write asks first.
    pub(crate) fn with_gate(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// A service account; `None` where there is none of the name (yet).
    pub async fn look(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<SeenServiceAccount>, Error> {
        let request = SERVICE_ACCOUNTS.requests(Some(namespace));
        let request = request.get(name, &GetParams::default());
        let right = SERVICE_ACCOUNTS.right("get", Some(namespace), Some(name));
        let call = Call::new(right, request)?;
        self.cluster.find(&call).await
    }

    /// Those of a namespace: all, or the one of a name, for which a right to that
    /// name is enough.
    pub async fn list(
        &self,
        namespace: &str,
        name: Option<&str>,
    ) -> Result<Vec<SeenServiceAccount>, Error> {
        let query = Query {
            resource: SERVICE_ACCOUNTS,
            namespace: Some(namespace.to_owned()),
            labels: None,
            name: name.map(str::to_owned),
            is_whole: true,
        };
        query.list(&self.cluster, Some).await
    }

    /// Adds the Secret to a service account, as it was seen last. No request is
    /// made where it is there already.
    ///
    /// [`Error::NotFound`] where the service account is gone.
    pub async fn attach(&self, seen: SeenServiceAccount) -> Result<Attached, Error> {
        self.change(seen, added).await
    }

    /// Takes the Secret off a service account, and leaves all others.
    pub async fn detach(&self, seen: SeenServiceAccount) -> Result<Attached, Error> {
        self.change(seen, removed).await
    }

    async fn change(
        &self,
        mut seen: SeenServiceAccount,
        changes: fn(&SeenServiceAccount, &str) -> Vec<Value>,
    ) -> Result<Attached, Error> {
        for _ in 0..ROUNDS {
            let operations = changes(&seen, &self.secret);
            if operations.is_empty() {
                return Ok(Attached {
                    changed: false,
                    seen,
                });
            }
            let error = match self.patch(&seen, operations).await {
                Ok(seen) => {
                    return Ok(Attached {
                        changed: true,
                        seen,
                    });
                }
                Err(error) => error,
            };
            seen = self.seen_since(&seen, error).await?;
        }
        Err(Error::Contended {
            what: format!("serviceaccount {}/{}", seen.namespace, seen.name),
        })
    }

    /// A test that failed and a policy's refusal are the same status, and only
    /// words tell them apart. What is still as it was seen was refused.
    async fn seen_since(
        &self,
        seen: &SeenServiceAccount,
        error: Error,
    ) -> Result<SeenServiceAccount, Error> {
        if !matches!(error, Error::Rejected { .. } | Error::Contended { .. }) {
            return Err(error);
        }
        match self.look(&seen.namespace, &seen.name).await? {
            Some(now) if now.resource_version != seen.resource_version => Ok(now),
            Some(_) => Err(error),
            None => Err(Error::NotFound {
                what: format!("serviceaccount {}/{}", seen.namespace, seen.name),
            }),
        }
    }

    async fn patch(
        &self,
        seen: &SeenServiceAccount,
        mut operations: Vec<Value>,
    ) -> Result<SeenServiceAccount, Error> {
        let path = "/metadata/resourceVersion";
        let test = json!({"op": "test", "path": path, "value": seen.resource_version});
        operations.insert(0, test);
        let parameters = PatchParams {
            dry_run: self.dry_run,
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let (namespace, name) = (Some(&*seen.namespace), Some(&*seen.name));
        let request = SERVICE_ACCOUNTS.requests(namespace);
        let request = request.patch(&seen.name, &parameters, &Patch::Merge(operations));
        let right = SERVICE_ACCOUNTS.right("patch", namespace, name);
        let mut call = Call::new(right, request)?;
        call.send_json_patch();
        call.ask_first(&self.gate);
        self.cluster.read(&call).await
    }
}

/// With the Secret in it.
fn added(seen: &SeenServiceAccount, secret: &str) -> Vec<Value> {
    if seen.pull_secrets.iter().any(|there| there == secret) {
        return Vec::new();
    }
    let entry = pull_secret(secret);
    let (path, value) = if seen.pull_secrets.is_empty() {
        ("/imagePullSecrets", json!([entry]))
    } else {
        ("/imagePullSecrets/-", entry)
    };
    vec![json!({"op": "add", "path": path, "value": value})]
}

/// Without the Secret: from the end, so that no place moves under the next one.
fn removed(seen: &SeenServiceAccount, secret: &str) -> Vec<Value> {
    let places = seen.pull_secrets.iter().enumerate().rev();
    let places = places.filter(|(_, there)| *there == secret);
    let remove = |(place, _)| json!({"op": "remove", "path": format!("/imagePullSecrets/{place}")});
    places.map(remove).collect()
}

/// How often is looked again at a service account that others change.
const ROUNDS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pull_secrets: &[&str]) -> SeenServiceAccount {
        let entries: Vec<_> = pull_secrets.iter().map(|name| pull_secret(name)).collect();
        let object = json!({
            "metadata": {"name": "default", "namespace": "ns", "resourceVersion": "7"},
            "secrets": [{"name": "other"}],
            "imagePullSecrets": entries,
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn only_our_entry_comes_and_goes() {
        let add = |path: &str, value: Value| json!([{"op": "add", "path": path, "value": value}]);
        let entry = json!({"name": "ecr-pull"});
        for (there, expected) in [
            (&[][..], add("/imagePullSecrets", json!([entry]))),
            (&["a"], add("/imagePullSecrets/-", entry.clone())),
            (&["a", "ecr-pull"], json!([])),
        ] {
            assert_eq!(
                json!(added(&seen(there), "ecr-pull")),
                expected,
                "{there:?}"
            );
        }
        let remove =
            |place: usize| json!({"op": "remove", "path": format!("/imagePullSecrets/{place}")});
        for (there, expected) in [
            (&[][..], json!([])),
            (&["a"], json!([])),
            (&["ecr-pull"], json!([remove(0)])),
            (
                &["ecr-pull", "a", "ecr-pull"],
                json!([remove(2), remove(0)]),
            ),
        ] {
            assert_eq!(
                json!(removed(&seen(there), "ecr-pull")),
                expected,
                "{there:?}"
            );
        }
    }
}
