use std::sync::Arc;

use kube::core::params::{GetParams, Patch, PatchParams, PostParams};
use zeroize::Zeroizing;

use super::cluster::{Built, Call, Cluster};
use super::content::{Content, check_size};
use super::form::OnForeign;
use super::gate::Gate;
use super::marks::{Activity, MANAGER, Seen};
use super::resource::SECRETS;
use super::secret_document::{Identity, SecretDocument, changes, whole};
use super::secret_spec::SecretSpec;
use super::watch::Partial;
use super::{Error, ForeignReason, SecretData};

mod found;

pub use self::found::Found;

/// Brings one content into the Secrets of one name, in any namespace.
///
/// A Secret that is not there is created, so that one that somebody else has
/// made meanwhile is never touched; one of ours is changed in place by
/// server-side apply with the uid that was seen, so that kubelet's record of it
/// stays, and a deposed replica cannot bring a deleted one back. Nothing is ever
/// deleted to be made anew.
#[derive(Clone, Debug)]
pub struct SecretSink {
    cluster: Cluster,
    spec: Arc<SecretSpec>,
    dry_run: bool,
    gate: Gate,
}

/// What a delivery did, and how the Secret stands now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivered {
    /// What was done.
    pub outcome: Outcome,
    /// The Secret.
    pub seen: Seen,
}

/// What a delivery did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing: it was there already.
    Unchanged,
    /// It was not there.
    Created,
    /// It was ours and had older contents, or somebody had changed it.
    Updated,
    /// It was somebody else's, and is ours now.
    Adopted,
    /// It is somebody else's, with our values among its own.
    Merged,
}

impl SecretSink {
    /// Secrets as `spec` says, in this cluster.
    pub fn new(cluster: Cluster, spec: Arc<SecretSpec>) -> Self {
        Self {
            cluster,
            spec,
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

    /// What the Secrets are to be.
    pub fn spec(&self) -> &SecretSpec {
        &self.spec
    }

    /// The Secret of a namespace, by its metadata; `None` where there is none.
    pub async fn look(&self, namespace: &str) -> Result<Option<Seen>, Error> {
        let name = self.spec.name();
        let request = SECRETS.requests(Some(namespace));
        let request = request.get_metadata(name, &GetParams::default());
        let call = Call::new(self.right("get", namespace, true), request)?;
        let found: Option<Partial> = self.cluster.find(&call).await?;
        Ok(found.map(|found| Seen::of(&found.metadata, &self.spec)))
    }

    /// Has the Secret of a namespace hold `content`. `seen` is how it was seen
    /// last; it is looked at again where it has changed since.
    pub async fn deliver(
        &self,
        namespace: &str,
        mut seen: Option<Seen>,
        content: &Content,
    ) -> Result<Delivered, Error> {
        content.check_size(self.spec.name())?;
        let mut tried_to_create = false;
        for _ in 0..ROUNDS {
            let ended = match &seen {
                None => {
                    tried_to_create = true;
                    self.create(namespace, content).await
                }
                Some(seen) if seen.has(content) => Ok(Delivered {
                    // The answer to our own create was lost, and it was asked for
                    // once more.
                    outcome: if tried_to_create {
                        Outcome::Created
                    } else {
                        Outcome::Unchanged
                    },
                    seen: seen.clone(),
                }),
                Some(seen) if seen.is_ours() => self.update(namespace, seen, content).await,
                Some(seen) => self.foreign(namespace, seen, content).await,
            };
            match ended {
                Err(error) if self.is_stale(namespace, &error) => {
                    seen = self.look(namespace).await?;
                }
                Err(error) => return Err(self.explained(namespace, error).await),
                ended => return ended,
            }
        }
        Err(Error::Contended {
            what: format!("secret {namespace}/{}", self.spec.name()),
        })
    }

    async fn create(&self, namespace: &str, content: &Content) -> Result<Delivered, Error> {
        let parameters = PostParams {
            dry_run: self.dry_run,
            field_manager: Some(MANAGER.to_owned()),
        };
        let request = SECRETS.requests(Some(namespace));
        let request = request.create(&parameters, Vec::new());
        let of = Identity {
            namespace,
            ..Identity::default()
        };
        let body = whole(&self.spec, content, of);
        let right = self.right("create", namespace, false);
        self.write(right, (request, body), Outcome::Created).await
    }

    /// Writes ours anew; what we would not write any more goes first.
    async fn update(
        &self,
        namespace: &str,
        seen: &Seen,
        content: &Content,
    ) -> Result<Delivered, Error> {
        let how = (content, Outcome::Updated);
        let Some(leftovers) = seen.leftovers() else {
            return self.apply(namespace, seen, how).await;
        };
        let removal = leftovers.removal(&seen.resource_version);
        let removal = Zeroizing::new(removal.to_string().into_bytes());
        let removed = self.patch(namespace, removal, Outcome::Updated).await?;
        if self.dry_run {
            // The server has removed nothing, so what was seen is there still.
            return self.apply(namespace, seen, how).await;
        }
        self.apply(namespace, &removed.seen, how).await
    }

    /// Writes all that is ours into the object that was seen.
    async fn apply(
        &self,
        namespace: &str,
        seen: &Seen,
        (content, outcome): (&Content, Outcome),
    ) -> Result<Delivered, Error> {
        let parameters = PatchParams {
            dry_run: self.dry_run,
            // Ours by the label: what others have changed is ours again.
            ..PatchParams::apply(MANAGER).force()
        };
        let of = Identity {
            namespace,
            uid: Some(&seen.uid),
            // Whose it is was decided by what it held at that moment.
            resource_version: (outcome == Outcome::Adopted).then_some(&seen.resource_version),
        };
        let body = whole(&self.spec, content, of);
        let request = SECRETS.requests(Some(namespace));
        let request = request.patch(self.spec.name(), &parameters, &Patch::Apply(()));
        let right = self.right("patch", namespace, true);
        let delivered = self.write(right, (request, body), outcome).await?;
        // It was as it should be, and what was seen an older state. What is only
        // tried has no version of its own.
        let is_same = delivered.seen.resource_version == seen.resource_version && !self.dry_run;
        Ok(Delivered {
            outcome: if is_same { Outcome::Unchanged } else { outcome },
            ..delivered
        })
    }

    /// Somebody else's Secret bears the name.
    async fn foreign(
        &self,
        namespace: &str,
        seen: &Seen,
        content: &Content,
    ) -> Result<Delivered, Error> {
        let on_foreign = match seen.other_manager() {
            Some(manager) if self.spec.leaves_alone(manager) => OnForeign::Refuse,
            _ => self.spec.on_foreign(),
        };
        if on_foreign == OnForeign::Refuse {
            return Err(self.not_ours(namespace, seen.reason()));
        }
        let found = self.document(namespace).await?;
        // What it holds is what is decided by, be it what was seen or not.
        let seen = Seen::of(&found.metadata, &self.spec);
        found.check(namespace, &self.spec)?;
        let data = found.into_data();
        match on_foreign {
            OnForeign::Merge => self.merge(namespace, seen, (&data, content)).await,
            OnForeign::AdoptReplaceable if seen.activity() == Activity::Active => {
                Err(self.not_ours(namespace, seen.reason()))
            }
            // What we were has written nothing but what we write.
            OnForeign::AdoptReplaceable
                if seen.activity() != Activity::Past && !self.is_replaceable(&data) =>
            {
                Err(self.not_ours(namespace, ForeignReason::OtherContents))
            }
            _ => {
                self.apply(namespace, &seen, (content, Outcome::Adopted))
                    .await
            }
        }
    }

    async fn merge(
        &self,
        namespace: &str,
        seen: Seen,
        (theirs, content): (&SecretData, &Content),
    ) -> Result<Delivered, Error> {
        let merged = self.spec.form().merged(theirs, content.data());
        let mut merged = merged
            .map_err(|reason| self.not_ours(namespace, ForeignReason::Unmergeable { reason }))?;
        check_size(self.spec.name(), &merged)?;
        merged.retain(|key, value| theirs.get(key) != Some(value));
        if merged.is_empty() {
            let outcome = Outcome::Unchanged;
            return Ok(Delivered { outcome, seen });
        }
        let body = changes(&seen.resource_version, &merged);
        self.patch(namespace, body, Outcome::Merged).await
    }

    /// Writes some of it, by a merge patch.
    async fn patch(
        &self,
        namespace: &str,
        body: Zeroizing<Vec<u8>>,
        outcome: Outcome,
    ) -> Result<Delivered, Error> {
        let parameters = PatchParams {
            dry_run: self.dry_run,
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let request = SECRETS.requests(Some(namespace));
        let request = request.patch(self.spec.name(), &parameters, &Patch::Merge(()));
        let right = self.right("patch", namespace, true);
        self.write(right, (request, body), outcome).await
    }

    /// Sends a body that may be a secret, and has the server answer without it.
    async fn write(
        &self,
        right: super::Right,
        (request, body): (Built, Zeroizing<Vec<u8>>),
        outcome: Outcome,
    ) -> Result<Delivered, Error> {
        let mut call = Call::with_body(right, request, body)?;
        call.ask_for_metadata();
        call.ask_first(&self.gate);
        let written = self.cluster.read::<Partial>(&call).await?;
        Ok(Delivered {
            outcome,
            seen: Seen::of(&written.metadata, &self.spec),
        })
    }

    /// The whole Secret, values and all.
    async fn document(&self, namespace: &str) -> Result<SecretDocument, Error> {
        self.cluster.read(&self.get(namespace)?).await
    }

    fn get(&self, namespace: &str) -> Result<Call, Error> {
        let request = SECRETS.requests(Some(namespace));
        let request = request.get(self.spec.name(), &GetParams::default());
        Call::new(self.right("get", namespace, true), request)
    }

    fn is_replaceable(&self, data: &SecretData) -> bool {
        let keys = self.spec.form().keys();
        data.len() == keys.len()
            && keys.iter().all(|key| data.contains_key(key))
            && self.spec.form().is_replaceable(data)
    }

    /// The server refuses some changes with many words: those that we know are
    /// said in ours.
    async fn explained(&self, namespace: &str, error: Error) -> Error {
        if !matches!(error, Error::Rejected { .. }) {
            return error;
        }
        match self.document(namespace).await {
            Ok(found) => found.check(namespace, &self.spec).err().unwrap_or(error),
            Err(_) => error,
        }
    }

    /// Whether it is another object, or in another state, than the one that was
    /// seen.
    fn is_stale(&self, namespace: &str, error: &Error) -> bool {
        match error {
            Error::AlreadyExists { .. } | Error::Contended { .. } => true,
            // The Secret is gone; where its namespace is, the look says so.
            Error::NotFound { what } => *what == format!("secret {namespace}/{}", self.spec.name()),
            // The name was found, but under it another object.
            Error::Rejected { fields, .. } => fields.iter().any(|field| field == "metadata.uid"),
            _ => false,
        }
    }

    fn not_ours(&self, namespace: &str, reason: ForeignReason) -> Error {
        Error::Foreign {
            namespace: namespace.to_owned(),
            name: self.spec.name().to_owned(),
            reason,
        }
    }

    fn right(&self, verb: &'static str, namespace: &str, is_named: bool) -> super::Right {
        let name = is_named.then(|| self.spec.name());
        SECRETS.right(verb, Some(namespace), name)
    }
}

/// How often is looked again at a Secret that somebody else changes.
const ROUNDS: usize = 4;
