//! Vault's HTTP API, as far as a client that wants a certificate sees it:
//! namespaces, tokens, policies, logins, wrapping, quotas, the PKI engine.

mod duration;
mod envelope;
mod error;
mod fields;
mod inline;
mod login;
mod namespace;
mod operation;
mod operator;
mod pki;
mod policy;
mod quota;
mod system;
mod token;
mod tokens;
mod wrapping;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use http::StatusCode;
use rustls_pki_types::CertificateDer;
use serde_json::Value;

pub(crate) use envelope::Envelope;
pub(crate) use error::VaultError;
pub(crate) use login::Logins;
pub use login::{AppRole, AppRoleCredentials, CertificateRole, JwtRole, KubernetesRole, User};
pub(crate) use namespace::Namespaces;
pub(crate) use operation::operation;
pub use pki::PkiRole;
pub(crate) use pki::{Issuer, Issuers, Lease, Mount};
pub use policy::Policy;
pub(crate) use quota::Quota;
pub use quota::RateLimit;
pub(crate) use token::Token;
pub use token::TokenRules;
pub(crate) use tokens::Tokens;
pub(crate) use wrapping::Wrappings;

use crate::answer::Answer;
use crate::ledger::Ledger;
use crate::random::Random;
use crate::{InlineAuth, RequestParts};
use fields::Fields;
use inline::InlineLogin;
use login::{Attempt, Identity};
use namespace::Place;
use pki::Issued;

/// One Vault server.
pub(crate) struct Vault {
    pub(crate) namespaces: Namespaces,
    pub(crate) policy: Policy,
    pub(crate) tokens: Tokens,
    pub(crate) logins: Logins,
    pub(crate) inline_auth: InlineAuth,
    pub(crate) wrappings: Wrappings,
    pub(crate) quota: Quota,
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
    /// The certificates that the TLS client showed.
    pub(crate) client: &'a [CertificateDer<'static>],
}

/// A request that found its place.
#[derive(Clone, Copy)]
struct Call<'a> {
    request: &'a RequestParts,
    namespace: &'a str,
    /// The path behind `/v1/` and the namespace.
    path: &'a str,
    conditions: Conditions<'a>,
}

/// Who asks.
struct Caller {
    token: Token,
    /// Whether the token is for this request alone and known to nobody.
    inline: bool,
}

impl Vault {
    /// Answers a request.
    pub(crate) fn handle(&self, request: &RequestParts, conditions: Conditions<'_>) -> Answer {
        let answer = self
            .route(request, conditions)
            .unwrap_or_else(|error| error.answer())
            .with_header("cache-control", "no-store");
        match request.header("x-vault-namespace") {
            Some(namespace) => answer.with_header("x-vault-namespace", namespace),
            None => answer,
        }
    }

    /// Drops tokens that have expired, and revokes what hung on them.
    pub(crate) fn sweep(&self, now: SystemTime) {
        self.revoke_leases(&self.tokens.sweep(now), now);
    }

    /// Ends a token, and revokes what hung on it.
    pub(crate) fn end_token(&self, id: &str, now: SystemTime) {
        self.revoke_leases(&self.tokens.end(id), now);
    }

    fn route(
        &self,
        request: &RequestParts,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let path = request.path.strip_prefix("/v1/");
        let path = path.ok_or_else(VaultError::not_found)?;
        if path.contains("//") {
            let location = format!("/v1/{}", squeeze(path));
            let answer = Answer::empty(StatusCode::TEMPORARY_REDIRECT);
            return Ok(answer.with_header("location", &location));
        }
        let sealed = self.sealed.load(Ordering::Relaxed);
        if let Some(answer) = system::answer(path, request, conditions.now, sealed) {
            return Ok(answer);
        }
        if sealed {
            return Err(VaultError::sealed());
        }
        self.sweep(conditions.now);
        self.quota.check(path, conditions.now)?;
        let Place { namespace, path } = self.namespaces.place(request, path)?;
        let writes = ["POST", "PUT"].contains(&request.method.as_str());
        if writes && path.ends_with('/') {
            return Err(VaultError::bad_request(
                "cannot write to a path ending in '/'",
            ));
        }
        let call = Call {
            request,
            namespace: &namespace,
            path,
            conditions,
        };
        if let Some(operation) = path.strip_prefix("sys/wrapping/") {
            return self.wrappings.answer(&call, operation);
        }
        let wrap = wrapping::asked(request)?;
        let answer = self.dispatch(&call)?;
        match (wrap, serde_json::from_slice::<Value>(&answer.body)) {
            (Some(ttl), Ok(inner)) => {
                let document = self.wrappings.wrap(inner, (ttl, path), conditions);
                Ok(Answer::json(StatusCode::OK, &document))
            }
            _ => Ok(answer),
        }
    }

    fn dispatch(&self, call: &Call<'_>) -> Result<Answer, VaultError> {
        if let Some((mount, name)) = login::mount_of(call.path) {
            login::check_method(call.request)?;
            let fields = Fields::read(call.request)?;
            let identity = self.identify((mount, name), call, &fields)?;
            return Ok(self.log_in(call, &identity));
        }
        let mount = (call.namespace == self.namespaces.pki)
            .then(|| self.mount(call.path))
            .flatten();
        if let Some((mount, rest)) = mount
            && let Some(answer) = mount.open_answer(call.request, rest, call.conditions)
        {
            return answer;
        }
        let caller = self.caller(call)?;
        let answer = self.authorized(call, mount, &caller);
        if caller.token.is_used_up() {
            self.end_token(&caller.token.id, call.conditions.now);
        }
        answer
    }

    /// Answers a request of somebody who is known.
    fn authorized(
        &self,
        call: &Call<'_>,
        mount: Option<(&Mount, &str)>,
        caller: &Caller,
    ) -> Result<Answer, VaultError> {
        let Caller { token, .. } = caller;
        let own = call.path.strip_prefix("auth/token/");
        // The calls of a token for itself lead to its namespace, whatever is said.
        let for_itself = own.is_some_and(|operation| operation.ends_with("-self"));
        if !for_itself && !token.reaches(call.namespace) {
            return Err(VaultError::policy_denied());
        }
        let method = if pki::lists(call.request) {
            "LIST"
        } else {
            &call.request.method
        };
        let policy = token.policy().unwrap_or(&self.policy);
        if !token.is_root() && !policy.allows(method, call.path) {
            return Err(VaultError::policy_denied());
        }
        if let Some(operation) = own {
            let answer = self.tokens.answer(call, operation, token)?;
            if operation == "revoke-self" {
                self.end_token(&token.id, call.conditions.now);
            }
            return Ok(answer);
        }
        if let Some(answer) = self.operator_answer(call)? {
            return Ok(answer);
        }
        let (mount, rest) = mount.ok_or_else(|| VaultError::no_route(call.path))?;
        let issued = mount.answer(call.request, rest, (call.conditions, token.alias()))?;
        self.hang(call, issued, caller)
    }

    /// Hangs what was issued on the token, where the role says so.
    fn hang(&self, call: &Call<'_>, issued: Issued, caller: &Caller) -> Result<Answer, VaultError> {
        let now = call.conditions.now;
        let Some(lease) = issued.lease else {
            return Ok(issued.answer);
        };
        if caller.inline {
            self.revoke_leases(&[lease], now);
            return Err(VaultError::plain_internal(
                "requests with inline authentication cannot generate leases",
            ));
        }
        if caller.token.is_used_up() {
            self.revoke_leases(&[lease], now);
            return Err(VaultError::bad_request(
                "Secret cannot be returned; token had one use left, so leased credentials were immediately revoked.",
            ));
        }
        self.tokens.hang(&caller.token.id, lease, now);
        Ok(issued.answer)
    }

    /// Who asks: a token, or whoever logs in along with the request.
    fn caller(&self, call: &Call<'_>) -> Result<Caller, VaultError> {
        let Conditions { now, random, .. } = call.conditions;
        let login = match self.inline_auth {
            InlineAuth::Understood => InlineLogin::read(call.request)?,
            InlineAuth::Ignored => None,
        };
        let Some(login) = login else {
            let token = self.tokens.authenticate(call.request, now)?;
            return Ok(Caller {
                token,
                inline: false,
            });
        };
        let namespace = match login.namespace {
            Some(name) => self.namespaces.find(name),
            None => Ok(call.namespace.to_owned()),
        };
        let namespace = namespace.map_err(|_| inline::no_namespace())?;
        let there = Call {
            namespace: &namespace,
            ..*call
        };
        let path = login::mount_of(login.path).ok_or_else(inline::no_login)?;
        if namespace != self.namespaces.auth || !self.logins.has(path.0) {
            return Err(inline::no_login());
        }
        let identity = self
            .identify(path, &there, &login.fields)
            .map_err(inline::login_failed)?;
        if self.logins.mfa_required {
            return Err(inline::no_second_factor());
        }
        Ok(Caller {
            token: Token::from_login(&identity, &namespace, now, random),
            inline: true,
        })
    }

    fn identify(
        &self,
        (mount, name): (&str, &str),
        call: &Call<'_>,
        fields: &Fields,
    ) -> Result<Identity, VaultError> {
        if call.namespace != self.namespaces.auth {
            return Err(VaultError::permission_denied());
        }
        for secret in login::secrets(fields)? {
            call.conditions.ledger.note_secret(&secret);
        }
        let attempt = Attempt {
            fields,
            name,
            now: call.conditions.now,
            client: call.conditions.client,
            issuers: &self.issuers(),
        };
        self.logins.check(mount, attempt)
    }

    fn log_in(&self, call: &Call<'_>, identity: &Identity) -> Answer {
        let Conditions {
            now,
            expired,
            random,
            ledger,
            ..
        } = call.conditions;
        if let Some(auth) = self.logins.second_factor(random) {
            let envelope = Envelope {
                warnings: vec![SECOND_FACTOR.into()],
                ..Envelope::auth(auth)
            };
            return envelope.answer(random);
        }
        let token = Token::from_login(identity, call.namespace, now, random);
        let auth = token.auth(now);
        ledger.note_secret(&token.id);
        self.tokens
            .insert(if expired { token.expired(now) } else { token });
        Envelope::auth(auth).answer(random)
    }

    /// The certificates that issue for clients.
    fn issuers(&self) -> Vec<CertificateDer<'static>> {
        let Some(mount) = self.mounts.first() else {
            return Vec::new();
        };
        let issuers = mount.issuers();
        issuers.authorities().map(|it| it.der().clone()).collect()
    }

    fn revoke_leases(&self, leases: &[Lease], now: SystemTime) {
        for lease in leases {
            let mut mounts = self.mounts.iter();
            if let Some(mount) = mounts.find(|mount| mount.name() == lease.mount) {
                mount.revoke_lease(lease, now);
            }
        }
    }

    /// The mount that a path leads into, and the rest of the path.
    fn mount<'a>(&self, path: &'a str) -> Option<(&Mount, &'a str)> {
        self.mounts.iter().find_map(|mount| {
            let rest = path.strip_prefix(mount.name())?.strip_prefix('/')?;
            Some((mount, rest))
        })
    }
}

const SECOND_FACTOR: &str = "A login request was issued that is subject to MFA validation. Please make sure to validate the login by sending another request to mfa/validate endpoint.";

/// One slash where there were several.
fn squeeze(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.join("/")
}
