use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use serde_json::{Value, json};

use super::duration::parse_duration;
use super::fields::Fields;
use super::{Call, Conditions, Envelope, VaultError};
use crate::RequestParts;
use crate::answer::Answer;
use crate::random::ALPHANUMERIC;
use crate::timestamp::rfc3339;

/// The answers that wait to be unwrapped, by the token that does it.
#[derive(Default)]
pub(crate) struct Wrappings(Mutex<HashMap<String, Wrapped>>);

struct Wrapped {
    answer: Value,
    created: SystemTime,
    ttl: Duration,
    creation_path: String,
}

impl fmt::Debug for Wrappings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Wrappings").finish_non_exhaustive()
    }
}

impl Wrappings {
    /// Puts an answer away; what is answered instead.
    pub(crate) fn wrap(
        &self,
        answer: Value,
        (ttl, creation_path): (Duration, &str),
        conditions: Conditions<'_>,
    ) -> Value {
        let Conditions {
            now,
            random,
            ledger,
            ..
        } = conditions;
        let token = format!("s.{}", random.text::<24>(ALPHANUMERIC));
        ledger.note_secret(&token);
        let mut wrap_info = json!({
            "token": token,
            "accessor": random.text::<24>(ALPHANUMERIC),
            "ttl": ttl.as_secs(),
            "creation_time": rfc3339(now),
            "creation_path": creation_path,
        });
        let inner = [
            &answer["data"]["secret_id_accessor"],
            &answer["auth"]["accessor"],
        ];
        if let Some(accessor) = inner.into_iter().find(|accessor| accessor.is_string()) {
            wrap_info["wrapped_accessor"] = accessor.clone();
        }
        let mut waiting = self.lock();
        waiting.retain(|_, wrapped| wrapped.is_good(now));
        let wrapped = Wrapped {
            answer,
            created: now,
            ttl,
            creation_path: creation_path.to_owned(),
        };
        waiting.insert(token, wrapped);
        json!({
            "request_id": "",
            "lease_id": "",
            "renewable": false,
            "lease_duration": 0,
            "data": null,
            "wrap_info": wrap_info,
            "warnings": null,
            "auth": null,
        })
    }

    /// `sys/wrapping/…`, which needs no other token.
    pub(super) fn answer(&self, call: &Call<'_>, operation: &str) -> Result<Answer, VaultError> {
        let Conditions { now, random, .. } = call.conditions;
        if !["lookup", "unwrap"].contains(&operation) {
            return Err(VaultError::unsupported_path());
        }
        if !["POST", "PUT"].contains(&call.request.method.as_str()) {
            return Err(VaultError::unsupported_operation());
        }
        let token = presented(call.request)?;
        if token.is_empty() {
            let text = "error validating wrapping token: token is empty";
            return Err(VaultError::forbidden(text));
        }
        let mut waiting = self.lock();
        let wrapped = waiting.get(&token).filter(|wrapped| wrapped.is_good(now));
        let wrapped = wrapped.ok_or_else(|| {
            VaultError::bad_request("wrapping token is not valid or does not exist")
        })?;
        if operation == "lookup" {
            return Ok(Envelope::data(json!({
                "creation_path": wrapped.creation_path,
                "creation_time": rfc3339(wrapped.created),
                "creation_ttl": wrapped.ttl.as_secs(),
            }))
            .answer(random));
        }
        let mut answer = wrapped.answer.clone();
        waiting.remove(&token);
        answer["request_id"] = random.uuid().into();
        Ok(Answer::json(StatusCode::OK, &answer))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Wrapped>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wrapped {
    fn is_good(&self, now: SystemTime) -> bool {
        now < self.created + self.ttl
    }
}

/// How long the answer to a request is to wait, where it is to be wrapped.
pub(super) fn asked(request: &RequestParts) -> Result<Option<Duration>, VaultError> {
    let Some(text) = request.header("x-vault-wrap-ttl") else {
        return Ok(None);
    };
    let ttl = parse_duration(text).map_err(VaultError::bad_request)?;
    Ok(Some(ttl).filter(|ttl| !ttl.is_zero()))
}

/// The token in the body, or that of the request.
fn presented(request: &RequestParts) -> Result<String, VaultError> {
    let token = Fields::read(request)?.text("token")?;
    let header = request.header("x-vault-token").unwrap_or_default();
    Ok(if token.is_empty() {
        header.to_owned()
    } else {
        token
    })
}
