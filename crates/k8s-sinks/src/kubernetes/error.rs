use std::time::Duration;

use refresh::{Fault, FaultKind};

/// Why something was not done in the cluster.
///
/// No variant holds a Secret's contents, a token, or the body of an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There was no answer.
    #[error("the Kubernetes API did not answer")]
    NoAnswer {
        /// Why.
        source: destination::Error,
    },
    /// All attempts together took too long.
    #[error("the Kubernetes API could not be reached within {} s{}", .after.as_secs(), at_last(.last.as_deref()))]
    DeadlineExceeded {
        /// How long was tried.
        after: Duration,
        /// What the last attempt ended with.
        last: Option<String>,
    },
    /// How we authenticate could not be found out.
    #[error("there is no way to authenticate to the cluster: {reason}")]
    NoAuthorization {
        /// Why.
        reason: String,
        /// Whether that may be otherwise in a moment.
        may_pass: bool,
    },
    /// The server does not know who we are: the token is over, or of another
    /// cluster.
    #[error("the cluster does not accept our credentials: {message}")]
    Unauthorized {
        /// What the server says.
        message: String,
    },
    /// Who we are may not do this.
    #[error("not allowed to {right}: {message}")]
    Denied {
        /// What a role would have to allow.
        right: Box<Right>,
        /// What the server says.
        message: String,
    },
    /// A policy or a webhook of the cluster refused it, or the object is not
    /// valid.
    #[error("the cluster refused to {right}: {message}")]
    Rejected {
        /// What was tried.
        right: Box<Right>,
        /// What the server says.
        message: String,
        /// The fields that are wrong: `metadata.uid`.
        fields: Vec<String>,
    },
    /// The object is not there.
    #[error("there is no {what}")]
    NotFound {
        /// What: `namespace team-a`.
        what: String,
    },
    /// The namespace is about to be deleted.
    #[error("the namespace {namespace} is about to be deleted")]
    Terminating {
        /// The namespace.
        namespace: String,
    },
    /// The object is there already.
    #[error("there is already a {what}")]
    AlreadyExists {
        /// What: `secret team-a/ecr-pull`.
        what: String,
    },
    /// Somebody else changed the object, each time we tried.
    #[error("{what} was changed by somebody else each time")]
    Contended {
        /// What: `secret team-a/ecr-pull`.
        what: String,
    },
    /// Another version is there than the one that was to be replaced.
    #[error("{what} was changed by somebody else since it was read")]
    Overtaken {
        /// What: `secret iamra/iamra-default-token`.
        what: String,
    },
    /// The Secret is not ours.
    #[error("the secret {namespace}/{name} is not ours: {reason}")]
    Foreign {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// How it can be told.
        reason: ForeignReason,
    },
    /// The Secret has another type, which can never be changed.
    #[error("the secret {namespace}/{name} is of type {is}, not {wanted}")]
    WrongType {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The type that it has.
        is: String,
        /// The one that it would have to have.
        wanted: String,
    },
    /// The Secret is marked `immutable`.
    #[error("the secret {namespace}/{name} is immutable")]
    Immutable {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Kubernetes takes no Secret as large as that.
    #[error("the secret {name} would have {size} bytes; Kubernetes takes {limit}")]
    TooLarge {
        /// Its name.
        name: String,
        /// The size of its values together.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// The server cannot answer now.
    #[error("the Kubernetes API is not available ({status}): {message}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// What the server says.
        message: String,
        /// How long it wants us to wait.
        retry_after: Option<Duration>,
    },
    /// What was watched has to be listed anew (410).
    #[error("the watch is too old: {message}")]
    Gone {
        /// What the server says.
        message: String,
    },
    /// There is an answer, and not in the words of the Kubernetes API.
    #[error(
        "the answer to {what} is none of the Kubernetes API: HTTP {status}, and no explanation"
    )]
    Unexplained {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
    },
    /// What answered is not the Kubernetes API, or a version of it that we do
    /// not understand.
    #[error("the answer to {what} is none of the Kubernetes API: {reason}")]
    Unusable {
        /// What was asked for.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name, a selector or an address that cannot be one.
    #[error("{what} {value:?} is not valid: {reason}")]
    Invalid {
        /// What it is: `namespace`.
        what: &'static str,
        /// As it was given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What a rule of a role allows: the words of
/// [RBAC](https://kubernetes.io/docs/reference/access-authn-authz/rbac/).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Right {
    /// `get`, `patch`, ….
    pub verb: &'static str,
    /// The API group; empty for the core one.
    pub group: &'static str,
    /// The resource in the plural, `secrets`; or a path that is none of a
    /// resource, `/openid/v1/jwks`.
    pub resource: &'static str,
    /// Where; `None` means in the whole cluster.
    pub namespace: Option<String>,
    /// Which one; `None` means any.
    pub name: Option<String>,
}

impl Right {
    /// Whether it is for a path that is none of a resource: a rule has that under
    /// `nonResourceURLs`.
    pub fn is_for_path(&self) -> bool {
        self.resource.starts_with('/')
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if self.is_for_path() {
            return Ok(());
        }
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => f.write_str(" in the whole cluster"),
        }
    }
}

/// How it can be told that a Secret is somebody else's.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ForeignReason {
    /// Another program's label is on it, or another configuration's of ours.
    ManagedBy {
        /// The label's value, with the configuration behind a slash where it is
        /// ours.
        manager: String,
    },
    /// It has more than we would write, or something else.
    OtherContents,
    /// Nothing says that it is ours, and it is not to be taken over.
    Unmarked,
    /// Our values cannot stand among its own.
    Unmergeable {
        /// Why. Holds no value.
        reason: String,
    },
}

impl std::fmt::Display for ForeignReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ManagedBy { manager } => write!(f, "{manager} manages it"),
            Self::OtherContents => {
                f.write_str("it holds something else than logins to the registries served here")
            }
            Self::Unmarked => f.write_str("nothing says that iamra wrote it"),
            Self::Unmergeable { reason } => {
                write!(f, "what it holds cannot be merged: {reason}")
            }
        }
    }
}

impl Error {
    /// What kind of error it is, in a word: for metrics and records.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoAnswer { .. } | Self::DeadlineExceeded { .. } | Self::Unavailable { .. } => {
                "unavailable"
            }
            Self::NoAuthorization { .. } | Self::Unauthorized { .. } => "unauthorized",
            Self::Denied { .. } => "denied",
            Self::Rejected { .. } => "rejected",
            Self::NotFound { .. } => "missing",
            Self::AlreadyExists { .. } | Self::Contended { .. } | Self::Overtaken { .. } => {
                "contended"
            }
            Self::Terminating { .. } => "terminating",
            Self::Foreign { .. } => "foreign",
            Self::WrongType { .. } => "wrong-type",
            Self::Immutable { .. } => "immutable",
            Self::TooLarge { .. } => "too-large",
            Self::Gone { .. } | Self::Unexplained { .. } | Self::Unusable { .. } => "unusable",
            Self::Invalid { .. } => "invalid",
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::NoAnswer { source } => source.fault(),
            Self::DeadlineExceeded { .. }
            | Self::Unavailable { .. }
            | Self::Contended { .. }
            | Self::Overtaken { .. }
            | Self::NoAuthorization { may_pass: true, .. } => FaultKind::Unavailable,
            Self::Unauthorized { .. } | Self::Denied { .. } | Self::Rejected { .. } => {
                FaultKind::Denied
            }
            // To ask the same once more would not help.
            Self::Gone { .. } | Self::Unexplained { .. } | Self::Unusable { .. } => {
                FaultKind::Failed
            }
            Self::NoAuthorization { .. }
            | Self::NotFound { .. }
            | Self::AlreadyExists { .. }
            | Self::Terminating { .. }
            | Self::Foreign { .. }
            | Self::WrongType { .. }
            | Self::Immutable { .. }
            | Self::TooLarge { .. }
            | Self::Invalid { .. } => FaultKind::Configuration,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn at_last(last: Option<&str>) -> String {
    last.map_or_else(String::new, |last| format!("; at last: {last}"))
}
