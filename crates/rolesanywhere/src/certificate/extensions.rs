use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5280::{
    ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES, ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_EXT_KEY_USAGE, ID_CE_INHIBIT_ANY_POLICY, ID_CE_KEY_USAGE, ID_CE_NAME_CONSTRAINTS,
    ID_CE_POLICY_CONSTRAINTS, ID_CE_POLICY_MAPPINGS, ID_CE_SUBJECT_ALT_NAME,
};

use super::Certificate;

impl Certificate {
    /// The object identifier of a critical extension that is not known here,
    /// if there is one. Who verifies a path has to refuse it then (RFC 5280,
    /// sections 6.1.4 (o) and 6.1.5 (f)).
    pub(crate) fn unknown_critical_extension(&self) -> Option<String> {
        let mut extensions = self.parsed.tbs_certificate().extensions()?.iter();
        let unknown = extensions.find(|it| {
            it.critical && !KNOWN.contains(&it.extn_id) && unchecked(&it.extn_id).is_none()
        });
        unknown.map(|extension| extension.extn_id.to_string())
    }

    /// What it demands of the certificates below it that is not checked here,
    /// critical or not.
    pub(crate) fn unchecked_constraints(&self) -> Vec<&'static str> {
        let extensions = self.parsed.tbs_certificate().extensions();
        let extensions = extensions.into_iter().flatten();
        extensions
            .filter_map(|extension| unchecked(&extension.extn_id))
            .collect()
    }
}

fn unchecked(extension: &ObjectIdentifier) -> Option<&'static str> {
    let mut unchecked = UNCHECKED.iter();
    unchecked.find_map(|(id, name)| (id == extension).then_some(*name))
}

/// What is processed, or cannot break a path by itself: policies do so only
/// where policy constraints demand some, and revocation is checked nowhere here.
const KNOWN: [ObjectIdentifier; 6] = [
    ID_CE_BASIC_CONSTRAINTS,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_EXT_KEY_USAGE,
    ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_ALT_NAME,
];

const UNCHECKED: [(ObjectIdentifier, &str); 4] = [
    (ID_CE_NAME_CONSTRAINTS, "name constraints"),
    (ID_CE_POLICY_CONSTRAINTS, "policy constraints"),
    (ID_CE_POLICY_MAPPINGS, "policy mappings"),
    (ID_CE_INHIBIT_ANY_POLICY, "inhibitAnyPolicy"),
];
