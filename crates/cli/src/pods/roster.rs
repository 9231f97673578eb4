use pod_identity::ServiceAccount;
use serde::{Deserialize, Serialize};

/// What an agent or a broker tells of the service accounts whose pods have asked
/// it. Nothing of it is secret; times are RFC 3339.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Roster {
    /// How the cluster is called in certificates.
    pub(crate) cluster: String,
    pub(crate) accounts: Vec<Known>,
}

/// How one account stands.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Known {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role_arn: String,
    /// When a pod last asked.
    pub(crate) asked: String,
    /// The end of its certificate, where this one has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) certificate_ends: Option<String>,
    /// The end of the last session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session_ends: Option<String>,
    /// When a pod was last given credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handed_out: Option<String>,
    /// Why the last attempt to get a session failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<Problem>,
}

impl Known {
    /// Whether it is that account.
    pub(crate) fn is_of(&self, account: &ServiceAccount) -> bool {
        (&*self.namespace, &*self.service_account) == (account.namespace(), account.name())
    }
}

/// A failure, as it is told everywhere.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) message: String,
}
