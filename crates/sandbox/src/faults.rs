use std::sync::{Mutex, PoisonError};
use std::time::Duration;

mod notation;
mod play;

pub use notation::InvalidFault;
pub(crate) use play::{Play, Scene, play};

/// A disturbance to be played.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Whose requests are disturbed.
    pub target: FaultTarget,
    /// What happens to them.
    pub effect: FaultEffect,
    /// How many requests; none for all from now on.
    pub times: Option<u32>,
}

impl Fault {
    /// Disturbs the next request.
    pub fn once(target: FaultTarget, effect: FaultEffect) -> Self {
        Self::times(target, effect, 1)
    }

    /// Disturbs the next `times` requests.
    pub fn times(target: FaultTarget, effect: FaultEffect, times: u32) -> Self {
        Self {
            target,
            effect,
            times: Some(times),
        }
    }

    /// Disturbs every request from now on.
    pub fn always(target: FaultTarget, effect: FaultEffect) -> Self {
        Self {
            target,
            effect,
            times: None,
        }
    }
}

/// Whose requests are disturbed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FaultTarget {
    /// Logins at Vault.
    VaultLogin,
    /// Looking up, renewing, revoking a Vault token, and unwrapping.
    VaultToken,
    /// `sign`, `issue`, revocation and reads at Vault's PKI mounts.
    VaultPki,
    /// The stand-in of GitHub's token endpoint.
    IdToken,
    /// `CreateSession`, `GetTrustAnchor` and `GetProfile`.
    RolesAnywhere,
    /// `GetCallerIdentity`, `AssumeRole` and `AssumeRoleWithWebIdentity`.
    Sts,
    /// ECR's and ECR Public's `GetAuthorizationToken`.
    Ecr,
    /// The registries.
    Registry,
    /// The instance metadata service.
    Imds,
    /// The Kubernetes API.
    Kubernetes,
}

/// What happens to a disturbed request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FaultEffect {
    /// Throttled in the service's own way, with `Retry-After` where asked for.
    Throttle {
        /// The wait to ask for, in whole seconds.
        retry_after: Option<Duration>,
    },
    /// The service's error document with a status of 500 or above.
    ServerError {
        /// The status.
        status: u16,
    },
    /// Handled as usual, but only after this long.
    Slow(Duration),
    /// Never answered; the connection stays open.
    Hang,
    /// The connection is closed without an answer.
    Close,
    /// Vault is sealed. (AWS: 503.)
    Sealed,
    /// Tokens, certificates and credentials are issued that have expired
    /// already; STS and registries find those that they are shown expired.
    Expired,
    /// The service's clock is this many seconds ahead, or behind if negative.
    ClockSkew {
        /// Seconds.
        seconds: i64,
    },
    /// A page of HTML, as proxies and load balancers send them.
    HtmlPage {
        /// The status.
        status: u16,
    },
    /// 200, and a body that never ends.
    EndlessBody,
    /// 307 to another address.
    Redirect {
        /// The address.
        location: String,
    },
}

/// The disturbances still to be played. Those of one target are played in the
/// order in which they were added.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a disturbance, from the next request on.
    pub fn add(&self, fault: Fault) {
        if fault.times != Some(0) {
            self.lock().push(fault);
        }
    }

    /// Forgets whatever is left.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The effect for a request, used up.
    pub(crate) fn take(&self, target: FaultTarget) -> Option<FaultEffect> {
        let mut faults = self.lock();
        let place = faults.iter().position(|fault| fault.target == target)?;
        let fault = faults.get_mut(place)?;
        let effect = fault.effect.clone();
        if let Some(times) = &mut fault.times {
            *times -= 1;
            if *times == 0 {
                faults.remove(place);
            }
        }
        Some(effect)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_used_up_in_order_by_target() {
        let faults = Faults::default();
        let (sts, pki) = (FaultTarget::Sts, FaultTarget::VaultPki);
        faults.add(Fault::times(sts, FaultEffect::Hang, 2));
        faults.add(Fault::once(sts, FaultEffect::Close));
        faults.add(Fault::times(pki, FaultEffect::Hang, 0));
        faults.add(Fault::always(pki, FaultEffect::Sealed));
        let taken: Vec<_> = (0..4).map(|_| faults.take(sts)).collect();
        let (hang, close) = (Some(FaultEffect::Hang), Some(FaultEffect::Close));
        assert_eq!(taken, [hang.clone(), hang, close, None]);
        assert_eq!(faults.take(pki), Some(FaultEffect::Sealed));
        assert_eq!(faults.take(pki), Some(FaultEffect::Sealed));
        faults.clear();
        assert_eq!(faults.take(pki), None);
    }
}
