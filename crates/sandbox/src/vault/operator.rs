//! What an operator does while Vault runs, as far as the stand-in takes part:
//! seal it, make a namespace, limit a rate, hand out a `secret_id`.

use std::sync::atomic::Ordering;

use http::StatusCode;
use serde_json::{Map, json};

use super::fields::Fields;
use super::login::mount_accessor;
use super::{Call, Envelope, RateLimit, Vault, VaultError};
use crate::answer::Answer;

impl Vault {
    /// The answer to an operator, who has been let through; none for other paths.
    pub(super) fn operator_answer(&self, call: &Call<'_>) -> Result<Option<Answer>, VaultError> {
        let done = || Some(Answer::empty(StatusCode::NO_CONTENT));
        let method = call.request.method.as_str();
        let segments: Vec<_> = call.path.split('/').collect();
        Ok(match (method, &segments[..]) {
            ("POST" | "PUT", ["sys", "seal"]) => {
                self.sealed.store(true, Ordering::Relaxed);
                done()
            }
            ("POST" | "PUT", ["sys", "namespaces", name]) => {
                self.namespaces.add(name);
                Some(namespace_made(call, name))
            }
            ("POST" | "PUT", ["sys", "quotas", "rate-limit", _]) => {
                let limit = rate_limit(&Fields::read(call.request)?)?;
                self.quota.set(Some(limit), call.conditions.now);
                done()
            }
            ("DELETE", ["sys", "quotas", "rate-limit", _]) => {
                self.quota.set(None, call.conditions.now);
                done()
            }
            ("GET", ["sys", "auth", mount @ ..]) if call.namespace == self.namespaces.auth => {
                Some(self.auth_mounts(call, &mount.join("/"))?)
            }
            (_, ["auth", ..]) if call.namespace == self.namespaces.auth => {
                let app_role = &self.logins.app_role;
                app_role.operator_answer(method, call.path, call.conditions)
            }
            _ => None,
        })
    }
}

impl Vault {
    /// The logins and their accessors: all of them, or the one at a mount.
    fn auth_mounts(&self, call: &Call<'_>, mount: &str) -> Result<Answer, VaultError> {
        let mounts = self.logins.mounts();
        let describe = |(mount, kind): (&&str, &&str)| {
            let document = json!({
                "accessor": mount_accessor(kind, mount),
                "config": {"default_lease_ttl": 0, "max_lease_ttl": 0},
                "description": "",
                "local": false,
                "type": kind,
            });
            (format!("{mount}/"), document)
        };
        let mut all: Map<_, _> = mounts.iter().map(describe).collect();
        let data = if mount.is_empty() {
            all.into()
        } else {
            let one = all.remove(&format!("{}/", mount.trim_end_matches('/')));
            let text = || VaultError::bad_request(format!("No auth engine at {mount}/"));
            one.ok_or_else(text)?
        };
        Ok(Envelope::data(data).answer(call.conditions.random))
    }
}

fn namespace_made(call: &Call<'_>, name: &str) -> Answer {
    let random = call.conditions.random;
    Envelope::data(json!({
        "custom_metadata": {},
        "id": random.text::<6>(b"abcdefghijklmnopqrstuvwxyz"),
        "locked": false,
        "path": format!("{name}/"),
        "tainted": false,
        "uuid": random.uuid(),
    }))
    .answer(random)
}

fn rate_limit(fields: &Fields) -> Result<RateLimit, VaultError> {
    let second = std::time::Duration::from_secs(1);
    Ok(RateLimit {
        path: fields.text("path")?,
        requests: fields.number("rate")?,
        interval: fields.duration("interval")?.unwrap_or(second),
    })
}
