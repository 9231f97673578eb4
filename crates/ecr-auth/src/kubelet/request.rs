use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;

use super::{API_VERSION, KubeletError};
use crate::json_object::{JsonObject, Member};
use crate::quote::quoted;

/// What kubelet asks of a credential provider, on stdin, before it pulls.
///
/// [`CredentialProviderRequest`](https://kubernetes.io/docs/reference/config-api/kubelet-credentialprovider.v1/#credentialprovider-kubelet-k8s-io-v1-CredentialProviderRequest)
#[derive(Clone)]
pub struct CredentialProviderRequest {
    image: String,
    service_account_token: Option<SecretString>,
    service_account_annotations: BTreeMap<String, String>,
}

impl CredentialProviderRequest {
    /// Reads a request to the letter: what is not in the version is refused, as
    /// kubelet does with answers.
    pub fn parse(stdin: &[u8]) -> Result<Self, KubeletError> {
        let request = JsonObject::parse(stdin)?;
        check_version(&request)?;
        let unknown = |member: &&Member<'_>| !FIELDS.contains(&member.name.as_str());
        if let Some(member) = request.members.iter().find(unknown) {
            let field = quoted(&member.name);
            return Err(KubeletError::UnknownField { field });
        }
        let image = match string(&request, "image")? {
            None | Some("") => return Err(KubeletError::Missing { field: "image" }),
            Some(image) => image.to_owned(),
        };
        let token = string(&request, "serviceAccountToken")?.filter(|token| !token.is_empty());
        Ok(Self {
            image,
            service_account_token: token.map(SecretString::from),
            service_account_annotations: annotations(&request)?,
        })
    }

    /// The image as the pod has it, without tag and digest.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// The registry of the image: what is before the first slash, a port
    /// included.
    pub fn registry(&self) -> &str {
        match self.image.split_once('/') {
            Some((registry, _)) => registry,
            None => &self.image,
        }
    }

    /// The token of the pod's service account, where the config asks for one.
    ///
    /// [KEP-4412](https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/4412-projected-service-account-tokens-for-kubelet-image-credential-providers)
    pub fn service_account_token(&self) -> Option<&SecretString> {
        self.service_account_token.as_ref()
    }

    /// Those annotations of the pod's service account that the config names.
    pub fn service_account_annotations(&self) -> &BTreeMap<String, String> {
        &self.service_account_annotations
    }
}

/// Shows what is asked for, never the token.
impl fmt::Debug for CredentialProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.service_account_token.as_ref().map(|_| "redacted");
        f.debug_struct("CredentialProviderRequest")
            .field("image", &self.image)
            .field("service_account_token", &token)
            .field(
                "service_account_annotations",
                &self.service_account_annotations,
            )
            .finish()
    }
}

/// Before all else: another version may have other fields.
fn check_version(request: &JsonObject<'_>) -> Result<(), KubeletError> {
    let required = |field| {
        let found = string(request, field)?;
        found.ok_or(KubeletError::Missing { field })
    };
    let kind = required("kind")?;
    if kind != "CredentialProviderRequest" {
        let found = quoted(kind);
        return Err(KubeletError::Kind { found });
    }
    let version = required("apiVersion")?;
    if version != API_VERSION {
        let found = quoted(version);
        return Err(KubeletError::ApiVersion { found });
    }
    Ok(())
}

fn string<'a>(
    request: &'a JsonObject<'_>,
    field: &'static str,
) -> Result<Option<&'a str>, KubeletError> {
    let Some(member) = request.get(field) else {
        return Ok(None);
    };
    let expected = "a string";
    let wrong = KubeletError::WrongType { field, expected };
    member.string().ok_or(wrong).map(Some)
}

fn annotations(request: &JsonObject<'_>) -> Result<BTreeMap<String, String>, KubeletError> {
    let wrong = KubeletError::WrongType {
        field: ANNOTATIONS,
        expected: "a map of strings",
    };
    let Some(member) = request.get(ANNOTATIONS) else {
        return Ok(BTreeMap::new());
    };
    let object = member.value.as_object().ok_or_else(|| wrong.clone())?;
    let object = JsonObject::split(request.source, object.clone())?;
    object
        .members
        .into_iter()
        .map(|member| {
            let value = member.string().ok_or_else(|| wrong.clone())?.to_owned();
            Ok((member.name, value))
        })
        .collect()
}

const FIELDS: [&str; 5] = [
    "kind",
    "apiVersion",
    "image",
    "serviceAccountToken",
    ANNOTATIONS,
];

const ANNOTATIONS: &str = "serviceAccountAnnotations";
