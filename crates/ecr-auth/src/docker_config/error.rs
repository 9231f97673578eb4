use refresh::{Fault, FaultKind};

use crate::InvalidJson;

/// Why an auth file of docker is not read or edited. It stays as it was.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DockerConfigError {
    /// It is not one JSON object, or has a name twice where that matters.
    #[error("it is no docker config")]
    Json {
        /// What is wrong.
        source: InvalidJson,
    },
    /// A member has a value of another kind than docker's.
    #[error("{name:?} is not {expected}")]
    WrongType {
        /// The member.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A member is there by a name in another case.
    #[error("docker reads {found:?} as {name:?}, not all tools do: rename it")]
    OtherCase {
        /// The name as it is in the file.
        found: String,
        /// The name as docker writes it.
        name: &'static str,
    },
    /// An entry's `auth` is none: kubelet refuses all pull secrets of a pod then.
    #[error(
        "the auth of {key:?} is not USER:PASSWORD in base64, and kubelet takes no pull secret beside it"
    )]
    Auth {
        /// The entry's key.
        key: String,
    },
}

impl From<InvalidJson> for DockerConfigError {
    fn from(source: InvalidJson) -> Self {
        Self::Json { source }
    }
}

impl Fault for DockerConfigError {
    fn fault(&self) -> FaultKind {
        FaultKind::Configuration
    }
}
