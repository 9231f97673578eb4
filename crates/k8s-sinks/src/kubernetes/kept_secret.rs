use std::collections::BTreeMap;
use std::sync::Arc;

use kube::core::params::{GetParams, Patch, PatchParams, PostParams};
use zeroize::Zeroizing;

use self::token_form::{TokenForm, VALUE};
use super::cluster::{Built, Call, Cluster};
use super::content::check_size;
use super::marks::{MANAGER, Seen};
use super::names::check_namespace;
use super::resource::SECRETS;
use super::secret_document::{Identity, SecretDocument, kept};
use super::secret_spec::SecretSpec;
use super::watch::Partial;
use super::{Error, Right};

mod token_form;

/// One value, kept in a Secret of our own namespace for whoever comes after us:
/// ourselves after a restart, or another replica.
///
/// Every write names the version that was read before, so that a replica that
/// led once cannot overwrite what its successor has kept.
#[derive(Clone, Debug)]
pub struct KeptSecret {
    cluster: Cluster,
    namespace: String,
    spec: SecretSpec,
}

/// What is kept.
#[derive(Clone)]
#[non_exhaustive]
pub struct Kept {
    /// The value; empty where somebody has taken it out.
    pub value: Zeroizing<Vec<u8>>,
    /// By which it is [replaced](KeptSecret::write).
    pub version: KeptVersion,
}

/// One state of what is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeptVersion {
    uid: String,
    resource_version: String,
}

impl KeptSecret {
    /// The Secret of this name. `config` tells our configurations from each
    /// other, as in a [`SecretSpec`].
    pub fn new(cluster: Cluster, namespace: &str, name: &str, config: &str) -> Result<Self, Error> {
        check_namespace(namespace)?;
        Ok(Self {
            cluster,
            namespace: namespace.to_owned(),
            spec: SecretSpec::new(name, config, Arc::new(TokenForm))?,
        })
    }

    /// What is kept; `None` where nothing is.
    ///
    /// [`Error::Foreign`], [`Error::WrongType`] and [`Error::Immutable`] where a
    /// Secret of that name is none in which we could keep anything.
    pub async fn read(&self) -> Result<Option<Kept>, Error> {
        let name = self.spec.name();
        let request = SECRETS.requests(Some(&self.namespace));
        let request = request.get(name, &GetParams::default());
        let call = Call::new(self.right("get", true), request)?;
        let Some(found) = self.cluster.find::<SecretDocument>(&call).await? else {
            return Ok(None);
        };
        found.check(&self.namespace, &self.spec)?;
        let seen = Seen::of(&found.metadata, &self.spec);
        self.check_ours(&seen)?;
        Ok(Some(Kept {
            value: found.into_data().remove(VALUE).unwrap_or_default(),
            version: KeptVersion::of(seen),
        }))
    }

    /// Keeps `value` in the place of what was seen, `None` for nothing. Says
    /// which version it is.
    ///
    /// [`Error::Overtaken`] where somebody has kept something else since, or has
    /// deleted it; nothing is changed then.
    pub async fn write(
        &self,
        value: &[u8],
        seen: Option<&KeptVersion>,
    ) -> Result<KeptVersion, Error> {
        let data = BTreeMap::from([(VALUE.to_owned(), Zeroizing::new(value.to_vec()))]);
        check_size(self.spec.name(), &data)?;
        let of = Identity {
            namespace: &self.namespace,
            uid: seen.map(|seen| &*seen.uid),
            resource_version: seen.map(|seen| &*seen.resource_version),
        };
        let body = kept(&self.spec, &data, of);
        let written = match seen {
            None => self.create(body).await,
            Some(_) => self.patch(body).await,
        };
        match written {
            Err(Error::AlreadyExists { .. } | Error::Contended { .. } | Error::NotFound { .. }) => {
                self.overtaken(value).await
            }
            written => written,
        }
    }

    async fn create(&self, body: Zeroizing<Vec<u8>>) -> Result<KeptVersion, Error> {
        let parameters = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        let request = SECRETS.requests(Some(&self.namespace));
        let request = request.create(&parameters, Vec::new());
        self.send(self.right("create", false), request, body).await
    }

    async fn patch(&self, body: Zeroizing<Vec<u8>>) -> Result<KeptVersion, Error> {
        let parameters = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let request = SECRETS.requests(Some(&self.namespace));
        let request = request.patch(self.spec.name(), &parameters, &Patch::Merge(()));
        self.send(self.right("patch", true), request, body).await
    }

    async fn send(
        &self,
        right: Right,
        request: Built,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<KeptVersion, Error> {
        let mut call = Call::with_body(right, request, body)?;
        call.ask_for_metadata();
        let written: Partial = self.cluster.read(&call).await?;
        Ok(KeptVersion::of(Seen::of(&written.metadata, &self.spec)))
    }

    /// Another version is there. It may be ours: an answer that was lost, and
    /// asked for once more.
    async fn overtaken(&self, value: &[u8]) -> Result<KeptVersion, Error> {
        match self.read().await? {
            Some(kept) if kept.value.as_slice() == value => Ok(kept.version),
            _ => Err(Error::Overtaken {
                what: format!("secret {}/{}", self.namespace, self.spec.name()),
            }),
        }
    }

    fn check_ours(&self, seen: &Seen) -> Result<(), Error> {
        if seen.is_ours() {
            return Ok(());
        }
        Err(Error::Foreign {
            namespace: self.namespace.clone(),
            name: self.spec.name().to_owned(),
            reason: seen.reason(),
        })
    }

    fn right(&self, verb: &'static str, is_named: bool) -> Right {
        let name = is_named.then(|| self.spec.name());
        SECRETS.right(verb, Some(&self.namespace), name)
    }
}

impl KeptVersion {
    fn of(seen: Seen) -> Self {
        Self {
            uid: seen.uid,
            resource_version: seen.resource_version,
        }
    }
}

/// Never shows the value.
impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_not_shown() {
        let kept = Kept {
            value: Zeroizing::new(b"hidden".to_vec()),
            version: KeptVersion {
                uid: "u".to_owned(),
                resource_version: "7".to_owned(),
            },
        };
        assert_eq!(
            format!("{kept:?}"),
            "Kept { version: KeptVersion { uid: \"u\", resource_version: \"7\" }, .. }"
        );
    }
}
