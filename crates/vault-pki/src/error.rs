use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use refresh::FaultKind;

use crate::{
    Call, CryptoFailure, InvalidCertificateName, InvalidName, InvalidSetting, InvalidToken,
    Mismatch, RedirectProblem, Refusal,
};

mod conversion;
mod fault;
mod hint;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be used.
    #[error("{0}")]
    Setting(InvalidSetting),
    /// A mount, role, issuer or namespace cannot be one.
    #[error("{0}")]
    Name(InvalidName),
    /// A name cannot be asked for in a certificate.
    #[error("{0}")]
    CertificateName(InvalidCertificateName),
    /// The token cannot be sent.
    #[error("{0}")]
    Token(InvalidToken),
    /// No HTTP client can be made of the settings.
    #[error("the settings for Vault cannot be used")]
    Destination(#[source] destination::Error),
    /// No key could be made, or nothing signed with it.
    #[error("cannot make a key")]
    Crypto(#[source] CryptoFailure),
    /// A request could not be put together.
    #[error("cannot put the {what} together")]
    Unencodable {
        /// Which one.
        what: &'static str,
    },
    /// A private key would be sent where others can read it. It was not.
    #[error("a private key is not sent over plain HTTP to {address}")]
    KeyInPlainText {
        /// Where Vault is.
        address: String,
    },
    /// There is neither a token nor a file to log in with.
    #[error(
        "no way to log in to Vault: VAULT_TOKEN is not set, there is no token file{}, \
         and no service-account token at {}",
        token_file.as_ref().map_or(String::new(), |path| format!(" at {}", path.display())),
        jwt_file.display()
    )]
    NoLogin {
        /// Where a token file would have been.
        token_file: Option<PathBuf>,
        /// Where a service-account token would have been.
        jwt_file: PathBuf,
    },
    /// A service-account token is there, and no role to log in with.
    #[error("the service-account token {} needs a role to log in to Vault with", jwt_file.display())]
    LoginRoleUnset {
        /// The file.
        jwt_file: PathBuf,
    },
    /// Two logins were spoken of, and nobody said which one is meant.
    #[error("it is not clear how to log in to Vault: {one}, and {other}")]
    AmbiguousLogin {
        /// What speaks for the one.
        one: String,
        /// What speaks for the other.
        other: String,
    },
    /// This is no job of GitHub Actions, or one that may not ask for a token.
    #[error(
        "there is no token endpoint of GitHub Actions: {} or {} is not set",
        crate::GitHubActions::URL,
        crate::GitHubActions::TOKEN
    )]
    NoGitHubActions,
    /// There is no JWT to log in with.
    #[error("no JWT from {origin}: {reason}")]
    NoJwt {
        /// Who should have given it.
        origin: String,
        /// Why there is none; never what it said.
        reason: String,
        /// What kind of fault that is.
        fault: FaultKind,
    },
    /// A secret that was given is none.
    #[error("the {what} is empty")]
    EmptySecret {
        /// What it should have been.
        what: &'static str,
    },
    /// This login cannot be sent along with a call.
    #[error("the login method {method} cannot be used for inline authentication")]
    NotInline {
        /// The method.
        method: &'static str,
    },
    /// A field of a login is too long to be sent along with a call.
    #[error("the login's {field} takes {length} bytes as a header, and {limit} are let pass")]
    LoginTooLarge {
        /// The field.
        field: String,
        /// How long it is as a header.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// A wrapping token has been used, or has expired: a security event.
    #[error("SECURITY: the wrapping token in {origin} is spent or has expired: {call}: {refusal}")]
    WrappingTokenSpent {
        /// Where the wrapping token is from.
        origin: String,
        /// The call.
        call: Box<Call>,
        /// What Vault said.
        refusal: Box<Refusal>,
    },
    /// A wrapping token may have been used by us, and what was inside is lost.
    /// Another attempt would find it spent, and look like theft.
    #[error("the wrapping token in {origin} may have been unwrapped, and what was inside is lost")]
    UnwrapLost {
        /// Where the wrapping token is from.
        origin: String,
        /// What came instead of an answer.
        source: Box<Self>,
    },
    /// A wrapping token wraps something else than it should: a security event.
    /// It was not unwrapped.
    #[error("SECURITY: the wrapping token in {origin} was made by {actual}, not by {expected}")]
    ForeignWrappingToken {
        /// Where the wrapping token is from.
        origin: String,
        /// The path that should have made it.
        expected: String,
        /// The path that has made it.
        actual: String,
    },
    /// A file with a token cannot be read.
    #[error("cannot read the {what}")]
    UnreadableFile {
        /// What it holds.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not; it names the file, its owner and its mode.
        source: private_file::Error,
    },
    /// A file with a token holds none.
    #[error("the {what} {} {problem}", path.display())]
    UnusableFile {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There was no answer.
    #[error("{call}: no answer")]
    NoAnswer {
        /// The call.
        call: Box<Call>,
        /// Why.
        #[source]
        source: destination::Error,
    },
    /// All attempts together took too long.
    #[error("{call}: no answer within {} s", within.as_secs_f32())]
    DeadlineExceeded {
        /// The call.
        call: Box<Call>,
        /// The deadline.
        within: Duration,
    },
    /// Vault refused.
    #[error("{call}: {refusal}")]
    Refused {
        /// The call.
        call: Box<Call>,
        /// What Vault said.
        refusal: Box<Refusal>,
        /// How long Vault asked us to wait.
        retry_after: Option<Duration>,
    },
    /// Another server answered: a proxy, a load balancer, a login page.
    #[error("{call}: HTTP {} with {content_type}, which is not Vault", status.as_u16())]
    NotVault {
        /// The call.
        call: Box<Call>,
        /// The status of the answer.
        status: StatusCode,
        /// The media type of the answer.
        content_type: String,
    },
    /// Vault, or somebody before it, sent us elsewhere.
    #[error("{call}: redirected to {to}, which was not followed: {problem}")]
    Redirected {
        /// The call.
        call: Box<Call>,
        /// Scheme and host of the target.
        to: String,
        /// Why not.
        problem: RedirectProblem,
    },
    /// The answer is not what Vault answers.
    #[error("{call}: the answer cannot be used: {reason}")]
    UnusableAnswer {
        /// The call.
        call: Box<Call>,
        /// What is wrong with it; never a part of it.
        reason: String,
    },
    /// The login wants a second factor.
    #[error("{call}: multi-factor authentication is required, which is not supported")]
    MfaRequired {
        /// The call.
        call: Box<Call>,
    },
    /// The login gave no token.
    #[error("{call}: the login succeeded without a token")]
    EmptyToken {
        /// The call.
        call: Box<Call>,
    },
    /// The certificate is not the one that was asked for.
    #[error("{call}: certificate {serial} is not as asked: {}", list(mismatches))]
    Mismatched {
        /// The call.
        call: Box<Call>,
        /// The serial number, for whoever wants to revoke it.
        serial: String,
        /// What is wrong with it.
        mismatches: Vec<Mismatch>,
    },
}

impl Error {
    /// What Vault said, where it was Vault that refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } | Self::WrappingTokenSpent { refusal, .. } => {
                Some(refusal)
            }
            _ => None,
        }
    }

    /// The call that failed, where it was one.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::NoAnswer { call, .. }
            | Self::DeadlineExceeded { call, .. }
            | Self::Refused { call, .. }
            | Self::NotVault { call, .. }
            | Self::Redirected { call, .. }
            | Self::UnusableAnswer { call, .. }
            | Self::MfaRequired { call }
            | Self::EmptyToken { call }
            | Self::WrappingTokenSpent { call, .. }
            | Self::Mismatched { call, .. } => Some(call),
            Self::UnwrapLost { source, .. } => source.call(),
            _ => None,
        }
    }

    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        hint::hint(self)
    }
}

fn list(mismatches: &[Mismatch]) -> String {
    let texts: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

#[cfg(test)]
mod tests;
