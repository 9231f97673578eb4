use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::{Value, json};

use super::duration::short_duration;
use super::fields::Fields;
use super::login::Identity;
use super::{Conditions, Envelope, VaultError};
use crate::RequestParts;
use crate::answer::Answer;
use crate::random::{ALPHANUMERIC, Random};
use crate::timestamp::{rfc3339, unix_seconds};

/// A Vault token.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) id: String,
    accessor: String,
    policies: Vec<String>,
    metadata: Value,
    path: String,
    entity_id: String,
    created: SystemTime,
    creation_ttl: Duration,
    /// None for a root token.
    expires: Option<SystemTime>,
    /// The longest that renewing reaches, from creation on.
    max_ttl: Duration,
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
            metadata: Value::Null,
            path: "auth/token/root".into(),
            entity_id: String::new(),
            created: now,
            creation_ttl: Duration::ZERO,
            expires: None,
            max_ttl: Duration::ZERO,
        }
    }

    /// A token as an operator makes them for a client: 32 days, renewable.
    pub(crate) fn for_client(now: SystemTime, random: &Random) -> Self {
        let ttl = Duration::from_secs(768 * 60 * 60);
        Self {
            policies: vec!["default".into(), "iamra".into()],
            path: "auth/token/create".into(),
            creation_ttl: ttl,
            expires: Some(now + ttl),
            max_ttl: ttl,
            ..Self::root(now, random)
        }
    }

    /// The token for somebody who logged in.
    pub(super) fn from_login(
        identity: &Identity,
        mount: &str,
        now: SystemTime,
        random: &Random,
    ) -> Self {
        Self {
            policies: identity.policies.clone(),
            metadata: identity.metadata.clone(),
            path: format!("auth/{mount}/login"),
            entity_id: random.uuid(),
            creation_ttl: identity.ttl,
            expires: Some(now + identity.ttl),
            max_ttl: identity.max_ttl,
            ..Self::root(now, random)
        }
    }

    /// The same token, expired.
    pub(super) fn expired(mut self, now: SystemTime) -> Self {
        self.expires = Some(now);
        self
    }

    pub(super) fn is_root(&self) -> bool {
        self.expires.is_none()
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
            "renewable": !self.is_root(),
            "entity_id": self.entity_id,
            "token_type": "service",
            "orphan": true,
            "mfa_requirement": null,
            "num_uses": 0,
        })
    }

    /// What `lookup-self` tells.
    fn document(&self, now: SystemTime) -> Value {
        let display_name = self.path.split('/').nth(1).unwrap_or_default();
        json!({
            "accessor": self.accessor,
            "creation_time": unix_seconds(self.created),
            "creation_ttl": self.creation_ttl.as_secs(),
            "display_name": display_name,
            "entity_id": self.entity_id,
            "expire_time": self.expires.map(rfc3339),
            "explicit_max_ttl": 0,
            "id": self.id,
            "issue_time": rfc3339(self.created),
            "meta": self.metadata,
            "num_uses": 0,
            "orphan": true,
            "path": self.path,
            "policies": self.policies,
            "renewable": !self.is_root(),
            "ttl": self.ttl(now).as_secs(),
            "type": "service",
        })
    }

    fn ttl(&self, now: SystemTime) -> Duration {
        let left = self.expires.map(|expires| expires.duration_since(now));
        left.and_then(Result::ok).unwrap_or_default()
    }

    /// Extends the lease; the warning where less is granted than asked.
    fn renew(&mut self, increment: Option<Duration>, now: SystemTime) -> Option<String> {
        let asked = increment.unwrap_or(self.creation_ttl);
        let bound = self.created + self.max_ttl;
        self.expires = Some((now + asked).min(bound));
        (now + asked > bound).then(|| {
            format!(
                "TTL of \"{}\" exceeded the effective max_ttl of \"{}\"; TTL value is capped accordingly",
                short_duration(asked),
                short_duration(self.max_ttl)
            )
        })
    }
}

/// Every token, by its id.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<String, Token>>);

impl Tokens {
    pub(crate) fn insert(&self, token: Token) {
        self.lock().insert(token.id.clone(), token);
    }

    /// The token that a request carries.
    pub(super) fn authenticate(
        &self,
        request: &RequestParts,
        now: SystemTime,
    ) -> Result<Token, VaultError> {
        let token = self.lock().get(presented(request)).cloned();
        token
            .filter(|token| token.expires.is_none_or(|expires| now < expires))
            .ok_or_else(VaultError::permission_denied)
    }

    /// `auth/token/…` for the token itself.
    pub(super) fn answer(
        &self,
        request: &RequestParts,
        operation: &str,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let Conditions { now, random, .. } = conditions;
        let method = request.method.as_str();
        match (operation, method) {
            ("lookup-self", "GET") => {
                let token = self.authenticate(request, now)?;
                Ok(Envelope::data(token.document(now)).answer(random))
            }
            ("renew-self", "POST" | "PUT") => {
                let increment = Fields::read(request)?.duration("increment")?;
                self.renew(request, increment, conditions)
            }
            ("revoke-self", "POST" | "PUT") => {
                self.lock().remove(presented(request));
                Ok(Answer::empty(StatusCode::NO_CONTENT))
            }
            ("lookup-self" | "renew-self" | "revoke-self", _) => {
                Err(VaultError::unsupported_operation())
            }
            _ => Err(VaultError::unsupported_path()),
        }
    }

    fn renew(
        &self,
        request: &RequestParts,
        increment: Option<Duration>,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let mut token = self.authenticate(request, conditions.now)?;
        if token.is_root() {
            return Err(VaultError::bad_request("lease is not renewable"));
        }
        let warning = token.renew(increment, conditions.now);
        let envelope = Envelope {
            warnings: warning.into_iter().collect(),
            ..Envelope::auth(token.auth(conditions.now))
        };
        self.insert(token);
        Ok(envelope.answer(conditions.random))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `X-Vault-Token`, or a bearer token.
fn presented(request: &RequestParts) -> &str {
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    request
        .header("x-vault-token")
        .or_else(bearer)
        .unwrap_or_default()
}
