use refresh::{Fault, FaultKind};

use super::API_VERSION;
use crate::InvalidJson;

/// Why a request of kubelet is not answered, or its config not written.
///
/// No variant holds a value: one of them is a token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KubeletError {
    /// It is not one JSON object.
    #[error("the request of kubelet cannot be read")]
    Json {
        /// What is wrong.
        source: InvalidJson,
    },
    /// It is another message.
    #[error("{found:?} is not a CredentialProviderRequest: kubelet runs this program, nobody else")]
    Kind {
        /// Its kind.
        found: String,
    },
    /// It is in another version, which kubelet takes from its config.
    #[error(
        "kubelet asks in {found:?}: set `apiVersion: {API_VERSION}` for this provider in the file \
         of its flag --image-credential-provider-config"
    )]
    ApiVersion {
        /// The version.
        found: String,
    },
    /// A field is not there.
    #[error("the request of kubelet has no {field}")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field is there that the version does not have.
    #[error("the request of kubelet has a field {field:?} that is not in {API_VERSION}")]
    UnknownField {
        /// The field.
        field: String,
    },
    /// A field has a value of another type.
    #[error("{field} in the request of kubelet is not {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The name of a provider cannot be that of a program in a folder.
    #[error("{name:?} cannot be a provider: it is the name of a file, without spaces and slashes")]
    ProviderName {
        /// The name as it was given.
        name: String,
    },
    /// A config would have kubelet ask for nothing.
    #[error("a provider needs at least one image to be asked for")]
    NoImages,
}

impl From<InvalidJson> for KubeletError {
    fn from(source: InvalidJson) -> Self {
        Self::Json { source }
    }
}

impl Fault for KubeletError {
    fn fault(&self) -> FaultKind {
        FaultKind::Configuration
    }
}
