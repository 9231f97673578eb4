use std::time::{Duration, SystemTime};

use super::certification_path::CertificationPath;
use crate::certificate::Certificate;
use crate::{Names, SubjectAltName};

/// What is wrong with a certificate that Vault has signed without an error.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// It is for another key.
    #[error("it is for another key than ours")]
    OtherKey,
    /// It has another common name, or none.
    #[error(
        "its common name is {} instead of {expected:?} (role settings use_csr_common_name, require_cn)",
        actual.as_deref().map_or_else(|| "missing".to_owned(), |name| format!("{name:?}"))
    )]
    CommonName {
        /// The name that was asked for.
        expected: String,
        /// The name that it has.
        actual: Option<String>,
    },
    /// It lacks a name.
    #[error("it lacks the name {name} (role setting use_csr_sans)")]
    MissingName {
        /// The name.
        name: SubjectAltName,
    },
    /// Its life has not begun, by more than clocks usually differ.
    #[error("it is not valid before {}: is this machine's clock behind?", time(*not_before))]
    NotYetValid {
        /// When it begins.
        not_before: SystemTime,
    },
    /// Its life is over.
    #[error("it expired at {}: is this machine's clock ahead?", time(*not_after))]
    Expired {
        /// When it ended.
        not_after: SystemTime,
    },
    /// No certificate in the answer has signed it.
    #[error("neither issuing_ca nor ca_chain holds the CA that signed it")]
    IssuerMissing,
}

/// What a certificate is compared with.
pub(crate) struct Expected<'a> {
    pub(crate) names: &'a Names,
    pub(crate) now: SystemTime,
}

pub(super) fn find(
    end_entity: &Certificate,
    path: &CertificationPath,
    public_key: &[u8],
    expected: &Expected<'_>,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if end_entity.public_key() != public_key {
        found.push(Mismatch::OtherKey);
    }
    found.extend(names(end_entity, expected.names));
    found.extend(validity(end_entity, expected.now));
    if !path.has_issuer {
        found.push(Mismatch::IssuerMissing);
    }
    found
}

fn names(end_entity: &Certificate, expected: &Names) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if let Some(name) = &expected.common_name {
        let actual = end_entity.common_name();
        if actual.as_ref() != Some(name) {
            found.push(Mismatch::CommonName {
                expected: name.clone(),
                actual,
            });
        }
    }
    let actual = end_entity.subject_alt_names();
    let missing = expected.subject_alt_names().into_iter();
    let missing = missing.filter(|name| !actual.iter().any(|actual| actual.is(name)));
    found.extend(missing.map(|name| Mismatch::MissingName { name }));
    found
}

fn validity(end_entity: &Certificate, now: SystemTime) -> Option<Mismatch> {
    let (not_before, not_after) = (end_entity.not_before(), end_entity.not_after());
    if not_after <= now {
        return Some(Mismatch::Expired { not_after });
    }
    (not_before > now + TOLERATED_SKEW).then_some(Mismatch::NotYetValid { not_before })
}

/// What AWS tolerates when it looks at the date of a request.
const TOLERATED_SKEW: Duration = Duration::from_mins(5);

fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| "an unknown time".to_owned(), |t| t.to_string())
}
