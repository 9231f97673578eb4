//! Vault's HTTP API, as far as a client that wants a certificate sees it:
//! namespaces, tokens, policies, one login, the PKI engine.

mod duration;
mod envelope;
mod error;
mod fields;
mod login;
mod namespace;
mod pki;
mod policy;
mod service_account;
mod system;
mod token;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use http::StatusCode;

pub(crate) use error::VaultError;
pub use login::KubernetesRole;
pub(crate) use login::Logins;
pub use pki::PkiRole;
pub(crate) use pki::{Hierarchy, Mount};
pub use policy::Policy;
pub use service_account::ServiceAccount;
pub(crate) use token::{Token, Tokens};

use crate::answer::Answer;
use crate::ledger::Ledger;
use crate::random::Random;
use crate::{Operation, RequestParts};
use envelope::Envelope;
use namespace::Place;

/// One Vault server.
pub(crate) struct Vault {
    pub(crate) namespace: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) tokens: Tokens,
    pub(crate) logins: Logins,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) sealed: AtomicBool,
}

/// Under which circumstances a request is handled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions<'a> {
    pub(crate) now: SystemTime,
    /// Whether what is issued has expired already.
    pub(crate) expired: bool,
    pub(crate) random: &'a Random,
    pub(crate) ledger: &'a Ledger,
}

/// A request that found its place.
#[derive(Clone, Copy)]
struct Call<'a> {
    request: &'a RequestParts,
    /// The path behind `/v1/` and the namespace.
    path: &'a str,
    conditions: Conditions<'a>,
}

impl Vault {
    /// Answers a request.
    pub(crate) fn handle(&self, request: &RequestParts, conditions: Conditions<'_>) -> Answer {
        self.route(request, conditions)
            .unwrap_or_else(|error| error.answer())
            .with_header("cache-control", "no-store")
    }

    fn route(
        &self,
        request: &RequestParts,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let path = request
            .path
            .strip_prefix("/v1/")
            .ok_or_else(VaultError::not_found)?;
        if path.contains("//") {
            let location = format!("/v1/{}", squeeze(path));
            return Ok(
                Answer::empty(StatusCode::TEMPORARY_REDIRECT).with_header("location", &location)
            );
        }
        let sealed = self.sealed.load(Ordering::Relaxed);
        if let Some(answer) = system::answer(path, request, conditions.now, sealed) {
            return Ok(answer);
        }
        if sealed {
            return Err(VaultError::sealed());
        }
        let Place { path, mounted } = namespace::place(self.namespace.as_deref(), request, path)?;
        let writes = ["POST", "PUT"].contains(&request.method.as_str());
        if writes && path.ends_with('/') {
            return Err(VaultError::bad_request(
                "cannot write to a path ending in '/'",
            ));
        }
        let call = Call {
            request,
            path,
            conditions,
        };
        self.dispatch(call, mounted)
    }

    fn dispatch(&self, call: Call<'_>, mounted: bool) -> Result<Answer, VaultError> {
        let login = call.path.strip_prefix("auth/").and_then(login_mount);
        if let Some(mount) = login {
            let known = self.logins.has(mount) && mounted;
            return if known {
                self.log_in(call, mount)
            } else {
                Err(VaultError::permission_denied())
            };
        }
        let mount = mounted.then(|| self.mount(call.path)).flatten();
        if let Some((mount, rest)) = mount
            && let Some(answer) = mount.open_answer(call.request, rest, call.conditions)
        {
            return answer;
        }
        let token = self
            .tokens
            .authenticate(call.request, call.conditions.now)?;
        if !token.is_root() && !self.policy.allows(&call.request.method, call.path) {
            return Err(VaultError::policy_denied());
        }
        if let Some(operation) = call.path.strip_prefix("auth/token/") {
            return self.tokens.answer(call.request, operation, call.conditions);
        }
        match mount {
            Some((mount, rest)) => mount.answer(call.request, rest, call.conditions),
            None => Err(VaultError::no_route(call.path)),
        }
    }

    fn log_in(&self, call: Call<'_>, mount: &str) -> Result<Answer, VaultError> {
        let Conditions {
            now,
            expired,
            random,
            ledger,
        } = call.conditions;
        let identity = self.logins.check(call.request, now, ledger)?;
        let token = Token::from_login(&identity, mount, now, random);
        let auth = token.auth(now);
        ledger.note_secret(&token.id);
        self.tokens
            .insert(if expired { token.expired(now) } else { token });
        Ok(Envelope::auth(auth).answer(random))
    }

    /// The mount that a path leads into, and the rest of the path.
    fn mount<'a>(&self, path: &'a str) -> Option<(&Mount, &'a str)> {
        self.mounts.iter().find_map(|mount| {
            let rest = path.strip_prefix(mount.name())?.strip_prefix('/')?;
            Some((mount, rest))
        })
    }
}

/// What a path asks for, for the log and the faults.
pub(crate) fn operation(path: &str) -> Operation {
    let segments: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let has = |name: &str| segments.contains(&name);
    match () {
        () if has("auth") && has("login") => Operation::VaultLogin,
        () if has("auth") => Operation::VaultToken,
        () if has("sys") => Operation::VaultOther,
        () if has("sign") => Operation::VaultSign,
        () if has("issue") => Operation::VaultIssue,
        () if segments.iter().any(|part| part.starts_with("pki")) => Operation::VaultRead,
        () => Operation::VaultOther,
    }
}

/// `kubernetes` of `kubernetes/login`, with anything behind `login`.
fn login_mount(path: &str) -> Option<&str> {
    let (mount, rest) = path.split_once("/login")?;
    (rest.is_empty() || rest.starts_with('/')).then_some(mount)
}

/// One slash where there were several.
fn squeeze(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_by_path() {
        for (path, expected) in [
            ("/v1/auth/kubernetes/login", Operation::VaultLogin),
            ("/v1/team1/auth/userpass/login/x", Operation::VaultLogin),
            ("/v1/auth/token/lookup-self", Operation::VaultToken),
            ("/v1/pki-aws/sign/iamra", Operation::VaultSign),
            (
                "/v1/pki-aws/issuer/default/sign/iamra",
                Operation::VaultSign,
            ),
            ("/v1/pki-aws/issue/iamra", Operation::VaultIssue),
            ("/v1/pki-aws/cert/ca_chain", Operation::VaultRead),
            ("/v1/sys/health", Operation::VaultOther),
            ("/", Operation::VaultOther),
        ] {
            assert_eq!(operation(path), expected, "{path}");
        }
    }
}
