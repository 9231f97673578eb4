use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pod::Pod;
use super::{PatchOperation, PodPatch, Warning};
use crate::{InvalidName, ServiceAccount};

/// What the API server asks: a pod, and what is to happen with it.
///
/// [AdmissionReview](https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response).
/// Its `Debug` has no pod: variables may hold secrets.
#[derive(Clone, PartialEq)]
pub struct AdmissionRequest {
    /// What the answer has to repeat.
    pub uid: String,
    /// The version that it was asked in, and is answered in.
    pub api_version: ReviewVersion,
    /// What is done with the pod.
    pub operation: Operation,
    /// Which part of the pod it is done with, such as `ephemeralcontainers`;
    /// `None` for the whole.
    pub sub_resource: Option<String>,
    /// Whether nothing of it will last.
    pub is_dry_run: bool,
    /// The pod's namespace, which the pod itself need not have yet.
    pub namespace: String,
    /// The pod; null for one that is deleted.
    pub pod: Value,
}

/// The versions of reviews.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ReviewVersion {
    /// `admission.k8s.io/v1`.
    V1,
    /// `admission.k8s.io/v1beta1`.
    V1Beta1,
}

/// What is done with an object.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Operation {
    /// It comes into being.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
    /// Something is connected to it.
    Connect,
}

/// The answer, which always allows: a pod without AWS credentials may be just
/// what is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct AdmissionAnswer {
    uid: String,
    api_version: ReviewVersion,
    patch: PodPatch,
}

/// A review that cannot be answered as one of a pod.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReview {
    /// It cannot be read.
    #[error("the body is no AdmissionReview: {reason}")]
    Unparsable {
        /// What is wrong, with its place.
        reason: String,
    },
    /// It is of a version or kind that we do not know.
    #[error(
        "the body is a {kind:?} of {api_version:?}, and only an AdmissionReview of \
         admission.k8s.io/v1 or v1beta1 is answered"
    )]
    OtherVersion {
        /// Its `apiVersion`.
        api_version: String,
        /// Its `kind`.
        kind: String,
    },
    /// Nothing is asked.
    #[error("the AdmissionReview has no request")]
    MissingRequest,
    /// It is of something else than a pod; it has an
    /// [answer](InvalidReview::answer).
    #[error("the request is of a {kind}, and only pods are injected into: see the webhook's rules")]
    OtherKind {
        /// What the answer has to repeat.
        uid: String,
        /// The version that it was asked in.
        api_version: ReviewVersion,
        /// Of what.
        kind: String,
    },
    /// The object has no metadata or no spec.
    #[error("the request {uid} has no pod: its {missing} is missing")]
    NoPod {
        /// The request.
        uid: String,
        /// What the object has not.
        missing: &'static str,
    },
}

impl AdmissionRequest {
    /// Reads the body of a request.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidReview> {
        let unparsable = |error: serde_json::Error| InvalidReview::Unparsable {
            reason: error.to_string(),
        };
        let envelope: Envelope = serde_json::from_slice(body).map_err(unparsable)?;
        let api_version = envelope.version()?;
        let request = envelope.request.ok_or(InvalidReview::MissingRequest)?;
        Request::deserialize(request)
            .map_err(unparsable)?
            .of_a_pod(api_version)
    }

    /// Whether a patch makes sense: of a pod that comes into being, and runs from
    /// no file of its node.
    ///
    /// Later its spec cannot be changed, so a patch would refuse what is asked
    /// for; and a kubelet deletes mirror pods that are not what it has sent.
    pub fn may_be_patched(&self) -> bool {
        let whole = self.sub_resource.is_none();
        self.operation == Operation::Create && whole && !Pod::new(&self.pod).is_mirror()
    }

    /// The pod's service account: `default` if it names none.
    pub fn service_account(&self) -> Result<ServiceAccount, InvalidName> {
        let spec = &self.pod["spec"];
        let named = ["serviceAccountName", "serviceAccount"]
            .into_iter()
            .filter_map(|key| spec[key].as_str())
            .find(|name| !name.is_empty());
        ServiceAccount::new(&self.namespace, named.unwrap_or("default"))
    }

    /// The pod's name, or what it begins with if the API server has still to
    /// choose one.
    pub fn pod_name(&self) -> &str {
        let metadata = &self.pod["metadata"];
        ["name", "generateName"]
            .into_iter()
            .filter_map(|key| metadata[key].as_str())
            .find(|name| !name.is_empty())
            .unwrap_or_default()
    }
}

impl fmt::Debug for AdmissionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmissionRequest")
            .field("uid", &self.uid)
            .field("api_version", &self.api_version)
            .field("operation", &self.operation)
            .field("sub_resource", &self.sub_resource)
            .field("is_dry_run", &self.is_dry_run)
            .field("namespace", &self.namespace)
            .field("pod_name", &self.pod_name())
            .finish_non_exhaustive()
    }
}

impl AdmissionAnswer {
    /// Allows what is asked for, as it is.
    pub fn allow(request: &AdmissionRequest) -> Self {
        Self {
            uid: request.uid.clone(),
            api_version: request.api_version,
            patch: PodPatch::default(),
        }
    }

    /// The same with a patch, and its warnings after those that there are.
    #[must_use]
    pub fn patched(mut self, patch: PodPatch) -> Self {
        self.patch.operations.extend(patch.operations);
        self.warned(patch.warnings)
    }

    /// The same with more warnings; each is given once.
    #[must_use]
    pub fn warned(mut self, warnings: impl IntoIterator<Item = Warning>) -> Self {
        for warning in warnings {
            if !self.patch.warnings.contains(&warning) {
                self.patch.warnings.push(warning);
            }
        }
        self
    }

    /// What the pod is patched with.
    pub fn operations(&self) -> &[PatchOperation] {
        &self.patch.operations
    }

    /// What whoever creates the pod is told.
    pub fn warnings(&self) -> &[Warning] {
        &self.patch.warnings
    }

    /// The body of the answer, as JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut response = json!({"uid": self.uid, "allowed": true});
        // One without the other is refused, and so is an empty patch with its type.
        if !self.operations().is_empty() {
            let patch = json!(self.operations()).to_string();
            response["patchType"] = "JSONPatch".into();
            response["patch"] = STANDARD.encode(patch).into();
        }
        if !self.warnings().is_empty() {
            response["warnings"] = self.warnings().iter().map(Warning::as_str).collect();
        }
        let review = json!({
            "apiVersion": self.api_version.name(),
            "kind": KIND,
            "response": response,
        });
        review.to_string().into_bytes()
    }
}

impl InvalidReview {
    /// The status of HTTP for it, if there is no [answer](Self::answer): whether
    /// the pod may start then is for the webhook's `failurePolicy` to say.
    pub fn status(&self) -> u16 {
        400
    }

    /// What is answered nevertheless: what is no pod passes as it is, with a
    /// warning, since rules that ask for too much should break nothing.
    pub fn answer(&self) -> Option<AdmissionAnswer> {
        let Self::OtherKind {
            uid, api_version, ..
        } = self
        else {
            return None;
        };
        let answer = AdmissionAnswer {
            uid: uid.clone(),
            api_version: *api_version,
            patch: PodPatch::default(),
        };
        Some(answer.warned([Warning::new(&self.to_string())]))
    }
}

impl ReviewVersion {
    const ALL: [Self; 2] = [Self::V1, Self::V1Beta1];

    /// What reviews have as `apiVersion`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "admission.k8s.io/v1",
            Self::V1Beta1 => "admission.k8s.io/v1beta1",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    #[serde(default)]
    api_version: String,
    #[serde(default)]
    kind: String,
    request: Option<Value>,
}

impl Envelope {
    fn version(&self) -> Result<ReviewVersion, InvalidReview> {
        ReviewVersion::ALL
            .into_iter()
            .find(|version| version.name() == self.api_version && self.kind == KIND)
            .ok_or_else(|| InvalidReview::OtherVersion {
                api_version: self.api_version.clone(),
                kind: self.kind.clone(),
            })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    uid: String,
    kind: ObjectKind,
    operation: Operation,
    sub_resource: Option<String>,
    dry_run: Option<bool>,
    namespace: Option<String>,
    #[serde(default)]
    object: Value,
}

impl Request {
    fn of_a_pod(self, api_version: ReviewVersion) -> Result<AdmissionRequest, InvalidReview> {
        let uid = self.uid;
        if self.kind != ObjectKind::pod() {
            return Err(InvalidReview::OtherKind {
                uid,
                api_version,
                kind: self.kind.kind,
            });
        }
        let missing = ["metadata", "spec"]
            .into_iter()
            .find(|part| !self.object[part].is_object());
        match missing {
            Some(missing) if self.operation == Operation::Create => {
                Err(InvalidReview::NoPod { uid, missing })
            }
            _ => Ok(AdmissionRequest {
                uid,
                api_version,
                operation: self.operation,
                sub_resource: self.sub_resource.filter(|it| !it.is_empty()),
                is_dry_run: self.dry_run.unwrap_or_default(),
                namespace: self.namespace.unwrap_or_default(),
                pod: self.object,
            }),
        }
    }
}

#[derive(Deserialize, Eq, PartialEq)]
struct ObjectKind {
    #[serde(default)]
    group: String,
    version: String,
    kind: String,
}

impl ObjectKind {
    fn pod() -> Self {
        Self {
            group: String::new(),
            version: "v1".to_owned(),
            kind: "Pod".to_owned(),
        }
    }
}

const KIND: &str = "AdmissionReview";

#[cfg(test)]
mod tests;
