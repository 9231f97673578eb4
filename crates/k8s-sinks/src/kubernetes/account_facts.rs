use std::collections::BTreeMap;

use kube::core::params::GetParams;
use serde::Deserialize;

use super::Error;
use super::cluster::{Call, Cluster};
use super::names::{check_name, check_namespace};
use super::resource::SERVICE_ACCOUNTS;
use super::watch::Query;

/// A service account, by what its metadata says.
///
/// [ServiceAccount](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/)
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "Object")]
pub struct AccountFacts {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Tells it from an earlier one of its name.
    pub uid: String,
    /// What people have written to it.
    pub annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    uid: String,
    annotations: Option<BTreeMap<String, String>>,
}

impl Cluster {
    /// The service account of this name; `None` where there is none. Needs the
    /// right to get it.
    ///
    /// For the pull secrets of one see [`super::ServiceAccounts`].
    pub async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<AccountFacts>, Error> {
        check_namespace(namespace)?;
        check_name("service account name", name)?;
        let request = SERVICE_ACCOUNTS.requests(Some(namespace));
        let request = request.get(name, &GetParams::default());
        let right = SERVICE_ACCOUNTS.right("get", Some(namespace), Some(name));
        let mut call = Call::new(right, request)?;
        call.ask_for_metadata();
        self.find(&call).await
    }

    /// What `keep` takes of all service accounts, in a namespace or everywhere: no
    /// more than that and a page of them is in memory at once. Needs the right to
    /// list them there.
    pub async fn service_accounts<K>(
        &self,
        namespace: Option<&str>,
        keep: impl Fn(AccountFacts) -> Option<K>,
    ) -> Result<Vec<K>, Error> {
        namespace.map_or(Ok(()), check_namespace)?;
        let query = Query {
            resource: SERVICE_ACCOUNTS,
            namespace: namespace.map(str::to_owned),
            labels: None,
            name: None,
            is_whole: false,
        };
        query.list(self, keep).await
    }
}

impl From<Object> for AccountFacts {
    fn from(object: Object) -> Self {
        let metadata = object.metadata;
        Self {
            namespace: metadata.namespace,
            name: metadata.name,
            uid: metadata.uid,
            annotations: metadata.annotations.unwrap_or_default(),
        }
    }
}
