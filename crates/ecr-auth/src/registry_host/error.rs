use aws_partition::{InvalidRegion, Region};
use refresh::{Fault, FaultKind};

/// What keeps a text from naming an ECR registry.
///
/// The texts are cut where they are long.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRegistryHost {
    /// There is no text.
    #[error("the name of the registry is empty")]
    Empty,
    /// A scheme is in front where a bare host is wanted, or one that no registry
    /// is reached by.
    #[error("{text:?}: the host alone, without {scheme:?}")]
    Scheme {
        /// The text.
        text: String,
        /// The scheme, with `://`.
        scheme: String,
    },
    /// A user or a password is in front of the host. They are not shown.
    #[error("{host:?}: the host alone, without a user or password before an @")]
    UserInfo {
        /// What is behind them.
        host: String,
    },
    /// Something is behind the host where a bare one is wanted.
    #[error("{text:?}: the host alone, without a path")]
    Path {
        /// The text.
        text: String,
    },
    /// A port that ECR does not listen on.
    #[error("{text:?}: ECR has port 443 only, not {port:?}")]
    Port {
        /// The text.
        text: String,
        /// What is behind the colon.
        port: String,
    },
    /// It is no name of an ECR registry.
    #[error(
        "{text:?} is not an ECR registry (123456789012.dkr.ecr.eu-central-1.amazonaws.com, \
         public.ecr.aws, …)"
    )]
    NotEcr {
        /// The text.
        text: String,
    },
    /// The account is not twelve digits.
    #[error("{text:?}: the account must be twelve digits, not {account:?}")]
    Account {
        /// The text.
        text: String,
        /// Its first part.
        account: String,
    },
    /// The region is none.
    #[error("{text:?}: invalid region")]
    Region {
        /// The text.
        text: String,
        /// What is wrong with it.
        source: InvalidRegion,
    },
    /// The region's registries of this kind are under another domain.
    #[error("{text:?}: in {region}, {kind} is under {expected}, not {domain}")]
    Domain {
        /// The text.
        text: String,
        /// Its region.
        region: Region,
        /// What is before the region: `dkr.ecr`, `dkr-ecr-fips`, …
        kind: &'static str,
        /// The domain in the text.
        domain: String,
        /// The domain that the region has.
        expected: &'static str,
    },
    /// The region's partition has no registries that answer over IPv6.
    #[error("no registries (dkr-ecr) are known in {region} that answer over IPv6")]
    NoDualStack {
        /// The region.
        region: Region,
    },
}

impl Fault for InvalidRegistryHost {
    fn fault(&self) -> FaultKind {
        FaultKind::Configuration
    }
}
