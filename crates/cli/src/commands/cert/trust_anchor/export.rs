use std::time::{Duration, SystemTime};

use rolesanywhere::TrustAnchor;
use serde::Serialize;
use vault_pki::Issuer;

use crate::audit::rfc3339;
use crate::failure::Failure;

/// What is registered, and what is to be said about it.
#[derive(Serialize)]
pub(super) struct Export {
    pub(super) pem: String,
    certificates: Vec<Exported>,
    warnings: Vec<String>,
}

/// One certificate of it.
#[derive(Serialize)]
struct Exported {
    subject: String,
    serial: String,
    not_before: String,
    not_after: String,
    is_root: bool,
    issuer_id: String,
    name: Option<String>,
    pem: String,
}

impl Export {
    pub(super) fn new(
        issuers: &[Issuer],
        sharing: Vec<String>,
        now: SystemTime,
    ) -> Result<Self, Failure> {
        let pem: String = issuers.iter().map(Issuer::pem).collect();
        let anchor = TrustAnchor::from_pem(pem.as_bytes())
            .map_err(|error| Failure::from(error).about("Vault's answer"))?;
        let mut warnings: Vec<String> = anchor
            .flaws(now)
            .iter()
            .map(|flaw| flaw.unfitness.to_string())
            .collect();
        warnings.extend(issuers.iter().filter_map(|issuer| ending(issuer, now)));
        warnings.extend(issuers.iter().filter_map(breadth));
        warnings.extend(sharing.into_iter().map(|sharing| {
            format!("{sharing}; every certificate of it may log in where the profile's roles allow its name: a mount of its own is safer (iamra setup vault)")
        }));
        Ok(Self {
            certificates: issuers.iter().map(exported).collect(),
            pem,
            warnings,
        })
    }

    /// Tells people what programs read on stdout.
    pub(super) fn tell(&self) {
        for Exported {
            subject,
            not_after,
            is_root,
            ..
        } in &self.certificates
        {
            let kind = if *is_root { "root" } else { "intermediate" };
            tracing::info!("for the trust anchor: {subject} ({kind}), valid until {not_after}");
        }
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }
}

fn exported(issuer: &Issuer) -> Exported {
    Exported {
        subject: issuer.subject.clone(),
        serial: issuer.serial.clone(),
        not_before: rfc3339(issuer.not_before),
        not_after: rfc3339(issuer.not_after),
        is_root: issuer.is_self_signed,
        issuer_id: issuer.id.clone(),
        name: issuer.name.clone(),
        pem: issuer.pem().to_owned(),
    }
}

fn ending(issuer: &Issuer, now: SystemTime) -> Option<String> {
    let left = issuer.not_after.duration_since(now).ok()?;
    (left < SOON).then(|| {
        format!(
            "{} ends at {}: have the next issuer ready, and register both (--bundle)",
            issuer.subject,
            rfc3339(issuer.not_after)
        )
    })
}

fn breadth(issuer: &Issuer) -> Option<String> {
    issuer.is_self_signed.then(|| {
        format!(
            "{} is a root: certificates of every intermediate below it may log in; an intermediate of its own is narrower (iamra setup vault)",
            issuer.subject
        )
    })
}

/// Roles Anywhere notifies of a CA's end this early, unless told otherwise:
/// [User Guide, notification settings](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/customize-notification-settings.html)
const SOON: Duration = Duration::from_hours(45 * 24);
