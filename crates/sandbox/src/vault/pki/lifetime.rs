use std::time::{Duration, SystemTime};

use super::PkiRole;
use super::parameters::Parameters;
use crate::timestamp::rfc3339;
use crate::vault::VaultError;
use crate::vault::duration::go_duration;

/// From when until when a certificate is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Lifetime {
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
}

impl Lifetime {
    /// A `ttl` is cut to the role's maximum with a warning; a `not_after` is
    /// bounded by the issuer's end alone.
    pub(super) fn of(
        parameters: &mut Parameters,
        role: &PkiRole,
        issuer_not_after: SystemTime,
        now: SystemTime,
    ) -> Result<Self, VaultError> {
        let not_after = match (parameters.not_after, parameters.ttl) {
            (Some(_), Some(_)) => {
                return Err(VaultError::bad_request(
                    "Either ttl or not_after should be provided. Both should not be provided in the same request.",
                ));
            }
            (Some(not_after), None) => not_after,
            (None, asked) => {
                let ttl = asked.unwrap_or(role.ttl);
                let ttl = if ttl.is_zero() { MOUNT_TTL } else { ttl };
                now + cut(ttl, role, &mut parameters.warnings)
            }
        };
        if not_after > issuer_not_after {
            return Err(VaultError::bad_request(format!(
                "cannot satisfy request, as TTL would result in notAfter of {} that is beyond the expiration of the CA certificate at {}",
                rfc3339(not_after),
                rfc3339(issuer_not_after)
            )));
        }
        Ok(Self {
            not_before: now - role.not_before_duration,
            not_after,
        })
    }
}

impl Lifetime {
    /// The same length, moved so that it ended a second ago.
    pub(super) fn ended(self, now: SystemTime) -> Self {
        let length = self.not_after.duration_since(self.not_before);
        let not_after = now - Duration::from_secs(1);
        Self {
            not_before: not_after - length.unwrap_or_default(),
            not_after,
        }
    }
}

/// What a role without a `ttl` gets from its mount.
const MOUNT_TTL: Duration = Duration::from_secs(24 * 60 * 60);

fn cut(ttl: Duration, role: &PkiRole, warnings: &mut Vec<String>) -> Duration {
    // Zero leaves it to the mount, whose bound is the issuer's own end here.
    if ttl <= role.max_ttl || role.max_ttl.is_zero() {
        return ttl;
    }
    warnings.push(format!(
        "TTL \"{}\" is longer than permitted maxTTL \"{}\", so maxTTL is being used",
        go_duration(ttl),
        go_duration(role.max_ttl)
    ));
    role.max_ttl
}
