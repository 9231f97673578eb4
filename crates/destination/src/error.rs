use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use refresh::{Fault, FaultKind};

use crate::BODY_LIMIT;

/// Why there is no answer.
///
/// Host names are those asked for, or the path of the Unix socket that we
/// connect to instead (`unix:///run/vault.sock`); neither the paths of
/// addresses nor headers nor bodies are ever in an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A CA or client-certificate file cannot be read.
    #[error("cannot read {}", path.display())]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// What stands there, or what the operating system says.
        source: private_file::Error,
    },
    /// A folder of CA certificates cannot be listed.
    #[error("cannot list {}", path.display())]
    UnreadableFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A folder of CA certificates holds more than any such folder does.
    #[error("{} holds more than {limit} files", path.display())]
    TooManyFiles {
        /// The folder.
        path: PathBuf,
        /// How many are read.
        limit: usize,
    },
    /// A CA or client-certificate file is not PEM of the expected kind.
    #[error("{} is not valid PEM of the expected kind", origin.display())]
    InvalidPem {
        /// The file.
        origin: PathBuf,
    },
    /// A CA file or folder holds no certificate.
    #[error("{} holds no CA certificate", origin.display())]
    NoRoots {
        /// The file or folder.
        origin: PathBuf,
    },
    /// The client certificate and its key cannot be used together.
    #[error("the client certificate cannot be used: {reason}")]
    UnusableClientIdentity {
        /// What is wrong with it.
        reason: String,
    },
    /// The proxy's address is not a URL.
    #[error("the proxy's address is not a valid URL")]
    InvalidProxy,
    /// The client could not be made from these settings.
    #[error("the HTTP client cannot be made: {reason}")]
    InvalidSettings {
        /// What is wrong with them.
        reason: String,
    },
    /// There was no whole answer in time.
    #[error("{host} did not answer within {} s", after.as_secs_f32())]
    Timeout {
        /// Who did not answer.
        host: String,
        /// How long we waited.
        after: Duration,
    },
    /// No connection could be made.
    #[error("cannot connect to {host}: {reason}")]
    Connect {
        /// To whom.
        host: String,
        /// What the operating system or the proxy says.
        reason: String,
    },
    /// The peer's certificate is not acceptable.
    #[error("the certificate of {host} is not trusted: {problem}")]
    UntrustedCertificate {
        /// Whose certificate.
        host: String,
        /// What is wrong with it.
        problem: CertificateProblem,
    },
    /// The peer refused the TLS connection for our certificate, or because we
    /// showed none.
    #[error("{host} refused our client certificate, or asks for one: {alert}")]
    ClientCertificateRefused {
        /// Who refused it.
        host: String,
        /// The peer's alert by its name in RFC 8446, such as `UnknownCA`.
        alert: String,
    },
    /// What answered does not speak TLS: plain HTTP, as a rule.
    #[error("{host} does not speak TLS at this port")]
    NotTls {
        /// Who does not.
        host: String,
    },
    /// The TLS handshake failed for another reason.
    #[error("TLS with {host} failed: {reason}")]
    Tls {
        /// With whom.
        host: String,
        /// What rustls says.
        reason: String,
    },
    /// The answer was cut off, or is not HTTP.
    #[error("the answer of {host} was cut off or is not HTTP: {reason}")]
    Interrupted {
        /// Whose answer.
        host: String,
        /// What hyper says.
        reason: String,
    },
    /// The answer is longer than [`BODY_LIMIT`].
    #[error("the answer of {host} is longer than {BODY_LIMIT} bytes")]
    BodyTooLarge {
        /// Whose answer.
        host: String,
    },
}

impl Error {
    /// Whether the operating system failed where it may not fail the next time
    /// (no file descriptors, say), rather than refused.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::UnreadableFile { source, .. } => source.fault() != FaultKind::Configuration,
            Self::UnreadableFolder { source, .. } => !matches!(
                source.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied
            ),
            _ => false,
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::UnreadableFile { .. }
            | Self::UnreadableFolder { .. }
            | Self::TooManyFiles { .. }
            | Self::InvalidPem { .. }
            | Self::NoRoots { .. }
            | Self::UnusableClientIdentity { .. }
            | Self::InvalidProxy
            | Self::InvalidSettings { .. }
            | Self::UntrustedCertificate { .. }
            | Self::ClientCertificateRefused { .. }
            | Self::NotTls { .. } => FaultKind::Configuration,
            Self::Timeout { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Interrupted { .. } => FaultKind::Unavailable,
            Self::BodyTooLarge { .. } => FaultKind::Failed,
        }
    }
}

/// What is wrong with a peer's certificate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// No CA that we trust for this destination has issued it.
    #[error("it was issued by an unknown CA")]
    UnknownIssuer,
    /// It has expired, or our clock is ahead.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet, or our clock is behind.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It was issued to another name.
    #[error("it was issued to another name")]
    OtherName,
    /// Anything else, as rustls calls it.
    #[error("{0}")]
    Other(String),
}
