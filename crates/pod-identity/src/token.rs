use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::ServiceAccount;

mod claims;
mod fault;

use claims::Claims;
pub use fault::TokenFault;

/// What the projected token of a pod's service account says about itself.
///
/// It is read, not believed: whether the cluster has signed it, a `TokenReview`
/// or [`SigningKeys`](crate::SigningKeys) say.
///
/// [Service account tokens](https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PodToken {
    /// Whose token it is.
    pub account: ServiceAccount,
    /// The pod that it is bound to, with which it dies.
    pub pod: Option<BoundPod>,
    /// Whom it is for.
    pub audiences: Vec<String>,
    /// Who says that he has signed it.
    pub issuer: String,
    /// When it was signed; the kubelet has another one signed after four fifths
    /// of its life.
    pub issued_at: SystemTime,
    /// When it ends.
    pub expires_at: SystemTime,
}

/// The pod that a token is bound to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BoundPod {
    /// Its name.
    pub name: String,
    /// Its UID, which no other pod ever has.
    pub uid: String,
}

/// By which a token is known again without being kept: its SHA-256.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of this token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl PodToken {
    /// Reads a token that is valid `now`, by its own words.
    ///
    /// What is no JWT, has expired or is not valid yet is refused with the words
    /// of the EKS Pod Identity agent; what is no token of a pod for `audience`,
    /// with ours.
    pub fn read(token: &SecretString, audience: &str, now: SystemTime) -> Result<Self, TokenFault> {
        let token = token.expose_secret();
        if token.is_empty() {
            return Err(TokenFault::Empty);
        }
        let claims = claims::read(token)?;
        claims.check_times(now)?;
        let read = Self::of_claims(claims)?;
        if !read.audiences.iter().any(|one| one == audience) {
            return Err(TokenFault::OtherAudience {
                expected: audience.to_owned(),
                found: read.audiences,
            });
        }
        Ok(read)
    }

    /// How long ago it was signed; nothing for one of the future.
    pub fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.issued_at).unwrap_or_default()
    }

    fn of_claims(claims: Claims) -> Result<Self, TokenFault> {
        let kubernetes = claims.kubernetes.ok_or(TokenFault::NoServiceAccount)?;
        let account = ServiceAccount::new(&kubernetes.namespace, &kubernetes.service_account.name);
        let account = account.map_err(|_| TokenFault::NoServiceAccount)?;
        if claims.subject.as_deref() != Some(account.user_name().as_str()) {
            return Err(TokenFault::NoServiceAccount);
        }
        let pod = kubernetes.pod.map(|pod| BoundPod {
            name: pod.name,
            uid: pod.uid,
        });
        let time = |seconds: Option<f64>| seconds.and_then(moment);
        Ok(Self {
            account,
            pod,
            audiences: claims.audience.map(Audience::list).unwrap_or_default(),
            issuer: claims.issuer.unwrap_or_default(),
            issued_at: time(claims.issued_at).ok_or(TokenFault::NoTimes)?,
            expires_at: time(claims.expires_at).ok_or(TokenFault::NoTimes)?,
        })
    }
}

/// One, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Several(several) => several,
        }
    }
}

/// `None` where no clock can show it.
fn moment(seconds: f64) -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    UNIX_EPOCH.checked_add(since)
}

/// `name (uid)`.
impl fmt::Display for BoundPod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.uid)
    }
}

#[cfg(test)]
mod tests;
