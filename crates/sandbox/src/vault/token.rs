use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};

use super::Policy;
use super::login::Identity;
use super::pki::Lease;
use crate::random::{ALPHANUMERIC, Random};
use crate::timestamp::{rfc3339, unix_seconds};

mod rules;

pub use rules::TokenRules;

/// A Vault token.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) id: String,
    accessor: String,
    policies: Vec<String>,
    /// A policy of its own; none for that of all clients.
    policy: Option<Arc<Policy>>,
    /// The accessor of the mount where it was got.
    mount_accessor: String,
    metadata: Value,
    path: String,
    /// The namespace in which it was made.
    pub(super) namespace: String,
    entity_id: String,
    is_orphan: bool,
    created: SystemTime,
    renewed: Option<SystemTime>,
    rules: TokenRules,
    /// None for a root token.
    expires: Option<SystemTime>,
    /// None for any number.
    uses_left: Option<u32>,
    /// The client's certificate, where that logged in.
    certificate: Option<CertificateDer<'static>>,
    /// What ends with the token.
    leases: Vec<Lease>,
}

/// Somebody as a login knows them, for templates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alias<'a> {
    /// That of the login's mount.
    pub(super) accessor: &'a str,
    pub(super) metadata: &'a Value,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("accessor", &self.accessor)
            .field("policies", &self.policies)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// A token that may do everything, for ever.
    pub(crate) fn root(now: SystemTime, random: &Random) -> Self {
        Self {
            id: format!("s.{}", random.text::<24>(ALPHANUMERIC)),
            accessor: random.text::<24>(ALPHANUMERIC),
            policies: vec!["root".into()],
            policy: None,
            mount_accessor: String::new(),
            metadata: Value::Null,
            path: "auth/token/root".into(),
            namespace: String::new(),
            entity_id: String::new(),
            is_orphan: true,
            created: now,
            renewed: None,
            rules: TokenRules::for_ever(),
            expires: None,
            uses_left: None,
            certificate: None,
            leases: Vec::new(),
        }
    }

    /// A token as an operator makes them for a client.
    pub(crate) fn create(
        rules: TokenRules,
        namespace: &str,
        now: SystemTime,
        random: &Random,
    ) -> Self {
        let token = Self {
            path: "auth/token/create".into(),
            namespace: namespace.to_owned(),
            is_orphan: false,
            ..Self::root(now, random)
        };
        token.under(rules, random)
    }

    /// The token for somebody who logged in.
    pub(super) fn from_login(
        identity: &Identity,
        namespace: &str,
        now: SystemTime,
        random: &Random,
    ) -> Self {
        let token = Self {
            metadata: identity.metadata.clone(),
            path: identity.path.clone(),
            namespace: namespace.to_owned(),
            entity_id: random.uuid_of_name(&identity.alias),
            certificate: identity.certificate.clone(),
            mount_accessor: identity.accessor.clone(),
            ..Self::root(now, random)
        };
        let mut token = token.under(identity.rules, random);
        if let Some((name, policy)) = &identity.policy {
            token.policies = vec!["default".into(), name.clone()];
            token.policy = Some(Arc::new(policy.clone()));
        }
        token
    }

    /// The same token with its rules in force.
    fn under(mut self, rules: TokenRules, random: &Random) -> Self {
        self.policies = vec!["default".into(), "iamra".into()];
        if rules.batch {
            self.id = format!("b.{}", random.text::<120>(ALPHANUMERIC));
            self.accessor = String::new();
        }
        self.expires = Some(self.created + rules.first_ttl());
        self.uses_left = (rules.num_uses > 0).then_some(rules.num_uses);
        self.rules = rules;
        self
    }

    /// The same token, expired.
    pub(super) fn expired(mut self, now: SystemTime) -> Self {
        self.expires = Some(now);
        self
    }

    /// What it may do, where that is not what all clients may.
    pub(super) fn policy(&self) -> Option<&Policy> {
        self.policy.as_deref()
    }

    /// Whose it is, where somebody logged in.
    pub(super) fn alias(&self) -> Option<Alias<'_>> {
        (!self.mount_accessor.is_empty()).then_some(Alias {
            accessor: &self.mount_accessor,
            metadata: &self.metadata,
        })
    }

    pub(super) fn is_root(&self) -> bool {
        self.expires.is_none()
    }

    pub(super) fn is_batch(&self) -> bool {
        self.rules.batch
    }

    pub(super) fn is_renewable(&self) -> bool {
        !self.is_root() && self.rules.is_renewable()
    }

    pub(super) fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    pub(super) fn is_alive(&self, now: SystemTime) -> bool {
        self.expires.is_none_or(|expires| now < expires) && self.uses_left != Some(0)
    }

    /// Takes one use off; the token that was used up may finish this request.
    pub(super) fn spend_use(&mut self) {
        self.uses_left = self.uses_left.map(|left| left.saturating_sub(1));
    }

    /// Whether this was the last request.
    pub(super) fn is_used_up(&self) -> bool {
        self.uses_left == Some(0)
    }

    /// Whether a namespace is that of the token, or inside it.
    pub(super) fn reaches(&self, namespace: &str) -> bool {
        let inside = namespace.strip_prefix(self.namespace.as_str());
        inside.is_some_and(|rest| {
            self.namespace.is_empty() || rest.is_empty() || rest.starts_with('/')
        })
    }

    /// What a renewal has to show again, where a certificate logged in.
    pub(super) fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.certificate.as_ref()
    }

    /// Hangs a certificate on the token.
    pub(super) fn hang(&mut self, lease: Lease, now: SystemTime) {
        self.leases.retain(|lease| now < lease.not_after);
        self.leases.push(lease);
    }

    /// What ends with the token.
    pub(super) fn into_leases(self) -> Vec<Lease> {
        self.leases
    }

    /// The `auth` block of an answer.
    pub(super) fn auth(&self, now: SystemTime) -> Value {
        json!({
            "client_token": self.id,
            "accessor": self.accessor,
            "policies": self.policies,
            "token_policies": self.policies,
            "metadata": self.metadata,
            "lease_duration": self.ttl(now).as_secs(),
            "renewable": self.is_renewable(),
            "entity_id": self.entity_id,
            "token_type": self.kind(),
            "orphan": self.is_orphan,
            "mfa_requirement": null,
            "num_uses": self.rules.num_uses,
        })
    }

    /// What `lookup-self` tells.
    pub(super) fn document(&self, now: SystemTime) -> Value {
        let display_name = self.path.split('/').nth(1).unwrap_or_default();
        let explicit_max_ttl = self.rules.explicit_max_ttl.unwrap_or_default();
        let mut document = json!({
            "accessor": self.accessor,
            "creation_time": unix_seconds(self.created),
            "creation_ttl": self.rules.first_ttl().as_secs(),
            "display_name": display_name,
            "entity_id": self.entity_id,
            "expire_time": self.expires.map(rfc3339),
            "explicit_max_ttl": explicit_max_ttl.as_secs(),
            "id": self.id,
            "issue_time": rfc3339(self.created),
            "meta": self.metadata,
            "num_uses": self.shown_uses(),
            "orphan": self.is_orphan,
            "path": self.path,
            "policies": self.policies,
            "renewable": self.is_renewable(),
            "ttl": self.ttl(now).as_secs(),
            "type": self.kind(),
        });
        if let Some(period) = self.rules.period {
            document["period"] = period.as_secs().into();
        }
        if let Some(renewed) = self.renewed {
            document["last_renewal"] = rfc3339(renewed).into();
            document["last_renewal_time"] = unix_seconds(renewed).into();
        }
        document
    }

    /// Extends the lease; the warning where less is granted than asked.
    pub(super) fn renew(&mut self, increment: Option<Duration>, now: SystemTime) -> Option<String> {
        self.renewed = Some(now);
        let asked = self.rules.period.or(increment);
        let asked = asked.unwrap_or_else(|| self.rules.first_ttl());
        let Some(longest) = self.rules.longest() else {
            self.expires = Some(now + asked);
            return None;
        };
        let bound = self.created + longest;
        self.expires = Some((now + asked).min(bound));
        (now + asked > bound).then(|| rules::exceeded(asked, longest))
    }

    /// 0 for any number, -1 where this is the last request.
    fn shown_uses(&self) -> i64 {
        match self.uses_left {
            None => 0,
            Some(0) => -1,
            Some(left) => left.into(),
        }
    }

    fn kind(&self) -> &'static str {
        if self.rules.batch { "batch" } else { "service" }
    }

    fn ttl(&self, now: SystemTime) -> Duration {
        let left = self.expires.map(|expires| expires.duration_since(now));
        left.and_then(Result::ok).unwrap_or_default()
    }
}
