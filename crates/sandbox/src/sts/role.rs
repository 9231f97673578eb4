use std::collections::BTreeSet;
use std::time::Duration;

use super::refusal::StsRefusal;
use super::sessions::NewSession;

/// An IAM role that other roles may assume: its trust policy in short.
#[derive(Clone, Debug)]
pub struct AssumableRole {
    /// `arn:aws:iam::…:role/…`.
    pub arn: String,
    /// Whom it trusts: ARNs of roles and users, of the root of an account, or
    /// `arn:aws:iam::…:oidc-provider/…` for an issuer of web identities.
    pub trusts: Vec<String>,
    /// What a third party must show.
    pub external_id: Option<String>,
    /// Whether `sts:TagSession` is allowed.
    pub allows_tags: bool,
    /// Whether `sts:SetSourceIdentity` is allowed: a session that has a source
    /// identity cannot go on without.
    pub allows_source_identity: bool,
    /// The role's own limit, 1 to 12 hours.
    pub max_session_duration: Duration,
}

impl AssumableRole {
    /// A role that lets `trusted` do all that can be allowed.
    pub fn trusting(arn: &str, trusted: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            trusts: vec![trusted.to_owned()],
            external_id: None,
            allows_tags: true,
            allows_source_identity: true,
            max_session_duration: Duration::from_hours(12),
        }
    }

    /// `arn`, without what a path adds to a role's name.
    pub(crate) fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it trusts the role `arn`, or everybody of its account.
    pub(super) fn trusts(&self, arn: &str) -> bool {
        let account = arn.split(':').nth(4).unwrap_or_default();
        let partition = self.partition();
        let root = format!("arn:{partition}:iam::{account}:root");
        self.trusts.iter().any(|it| it == arn || *it == root)
    }

    /// Whether it trusts the issuer of web identities.
    pub(super) fn trusts_issuer(&self, issuer: &str) -> bool {
        let host = issuer.trim_start_matches("https://");
        let (partition, account) = (self.partition(), self.account());
        let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{host}");
        self.trusts.contains(&provider)
    }

    /// Refuses sessions beyond the role's own limit.
    pub(super) fn check_duration(&self, seconds: u64) -> Result<(), StsRefusal> {
        if Duration::from_secs(seconds) > self.max_session_duration {
            return Err(StsRefusal::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        Ok(())
    }

    /// A session of that name.
    pub(crate) fn session(&self, name: &str) -> NewSession {
        NewSession {
            role_arn: self.arn.clone(),
            assumed_role_arn: format!(
                "arn:{}:sts::{}:assumed-role/{}/{name}",
                self.partition(),
                self.account(),
                self.name()
            ),
            session_name: name.to_owned(),
            source_identity: None,
            transitive_keys: BTreeSet::new(),
        }
    }

    pub(super) fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or_default()
    }

    pub(super) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}
