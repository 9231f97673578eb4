use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::StatusCode;
use rustls_pki_types::CertificateDer;

use super::fields::Fields;
use super::pki::Lease;
use super::token::{Token, TokenRules};
use super::{Call, Conditions, Envelope, VaultError};
use crate::RequestParts;
use crate::answer::Answer;

/// The tokens that are alive, by their id.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<Alive>);

#[derive(Default)]
struct Alive {
    by_id: HashMap<String, Token>,
    /// The same by when they expire, so that a sweep looks at no others.
    ends: BTreeSet<(SystemTime, String)>,
}

impl Alive {
    fn insert(&mut self, token: Token) {
        let end = token.expires();
        self.ends.extend(end.map(|end| (end, token.id.clone())));
        self.by_id.insert(token.id.clone(), token);
    }

    fn remove(&mut self, id: &str) -> Option<Token> {
        let token = self.by_id.remove(id)?;
        if let Some(end) = token.expires() {
            self.ends.remove(&(end, id.to_owned()));
        }
        Some(token)
    }

    /// Takes out a token that has expired.
    fn take_expired(&mut self, now: SystemTime) -> Option<Token> {
        let (end, id) = self.ends.first()?;
        if now < *end {
            return None;
        }
        let id = id.clone();
        self.remove(&id)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn insert(&self, token: Token) {
        self.lock().insert(token);
    }

    /// Drops the tokens that have expired; what hung on them.
    pub(super) fn sweep(&self, now: SystemTime) -> Vec<Lease> {
        let mut alive = self.lock();
        let expired = std::iter::from_fn(|| alive.take_expired(now));
        expired.flat_map(Token::into_leases).collect()
    }

    /// The token that a request carries, with one use less.
    pub(super) fn authenticate(
        &self,
        request: &RequestParts,
        now: SystemTime,
    ) -> Result<Token, VaultError> {
        let mut alive = self.lock();
        let token = alive.by_id.get_mut(presented(request));
        let token = token.filter(|token| token.is_alive(now));
        let token = token.ok_or_else(VaultError::permission_denied)?;
        token.spend_use();
        Ok(token.clone())
    }

    /// Ends a token; what hung on it.
    pub(crate) fn end(&self, id: &str) -> Vec<Lease> {
        let ended = self.lock().remove(id);
        ended.map(Token::into_leases).unwrap_or_default()
    }

    /// Hangs a certificate on a token.
    pub(super) fn hang(&self, id: &str, lease: Lease, now: SystemTime) {
        if let Some(token) = self.lock().by_id.get_mut(id) {
            token.hang(lease, now);
        }
    }

    /// `auth/token/…`, for the token itself or to make another one.
    pub(super) fn answer(
        &self,
        call: &Call<'_>,
        operation: &str,
        token: &Token,
    ) -> Result<Answer, VaultError> {
        let Conditions { now, random, .. } = call.conditions;
        match (operation, call.request.method.as_str()) {
            ("lookup-self", "GET") => Ok(Envelope::data(token.document(now)).answer(random)),
            ("renew-self", "POST" | "PUT") => self.renew(call, token),
            ("revoke-self", "POST" | "PUT") if token.is_batch() => {
                Err(VaultError::bad_request("batch tokens cannot be revoked"))
            }
            ("revoke-self", "POST" | "PUT") => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            ("create", "POST" | "PUT") => self.create(call),
            ("lookup-self" | "renew-self" | "revoke-self" | "create", _) => {
                Err(VaultError::unsupported_operation())
            }
            _ => Err(VaultError::unsupported_path()),
        }
    }

    fn renew(&self, call: &Call<'_>, token: &Token) -> Result<Answer, VaultError> {
        let Conditions {
            now,
            random,
            client,
            ..
        } = call.conditions;
        let increment = Fields::read(call.request)?.duration("increment")?;
        if token.is_batch() {
            return Err(VaultError::bad_request("batch tokens cannot be renewed"));
        }
        // Its last use takes it away before it can be renewed.
        if token.is_used_up() {
            return Err(VaultError::bad_request("token not found"));
        }
        if !token.is_renewable() {
            return Err(VaultError::bad_request("lease is not renewable"));
        }
        check_certificate(token.certificate(), client.first())?;
        // The one that is here: something may have been hung on it meanwhile.
        let mut alive = self.lock();
        let token = alive.remove(&token.id);
        let mut token = token.ok_or_else(VaultError::permission_denied)?;
        let warning = token.renew(increment, now);
        let envelope = Envelope {
            warnings: warning.into_iter().collect(),
            ..Envelope::auth(token.auth(now))
        };
        alive.insert(token);
        Ok(envelope.answer(random))
    }

    fn create(&self, call: &Call<'_>) -> Result<Answer, VaultError> {
        let Conditions {
            now,
            random,
            ledger,
            ..
        } = call.conditions;
        let rules = rules(&Fields::read(call.request)?)?;
        let token = Token::create(rules, call.namespace, now, random);
        ledger.note_secret(&token.id);
        let envelope = Envelope {
            warnings: rules.cut_warning().into_iter().collect(),
            ..Envelope::auth(token.auth(now))
        };
        self.insert(token);
        Ok(envelope.answer(random))
    }

    fn lock(&self) -> MutexGuard<'_, Alive> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token that a certificate got is renewed by the very same one.
fn check_certificate(
    first: Option<&CertificateDer<'_>>,
    now: Option<&CertificateDer<'_>>,
) -> Result<(), VaultError> {
    match (first, now) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(VaultError::bad_request("no client certificate found")),
        (Some(first), Some(now)) if first == now => Ok(()),
        (Some(_), Some(_)) => Err(VaultError::internal(
            "failed to renew entry: client identity during renewal not matching client identity used during login",
        )),
    }
}

/// What an operator asks for.
fn rules(fields: &Fields) -> Result<TokenRules, VaultError> {
    let operator = TokenRules::operator();
    Ok(TokenRules {
        ttl: fields.duration("ttl")?.unwrap_or(operator.ttl),
        explicit_max_ttl: fields.duration("explicit_max_ttl")?,
        period: fields.duration("period")?,
        num_uses: fields.number("num_uses")?,
        renewable: !fields.has("renewable") || fields.flag("renewable")?,
        batch: fields.text("type")? == "batch",
        ..operator
    })
}

/// `X-Vault-Token`, or a bearer token.
fn presented(request: &RequestParts) -> &str {
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    request
        .header("x-vault-token")
        .or_else(bearer)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::random::Random;

    #[test]
    fn what_has_expired_is_dropped() {
        let (random, start) = (Random::new().unwrap(), SystemTime::UNIX_EPOCH);
        let tokens = Tokens::default();
        for minutes in 1..=100 {
            let rules = TokenRules {
                ttl: Duration::from_secs(60 * minutes),
                ..TokenRules::operator()
            };
            tokens.insert(Token::create(rules, "", start, &random));
        }
        tokens.insert(Token::root(start, &random));
        tokens.sweep(start + Duration::from_secs(60 * 60));
        assert_eq!(tokens.lock().by_id.len(), 41);
        let all: Vec<_> = tokens.lock().by_id.keys().cloned().collect();
        assert_eq!(tokens.lock().ends.len(), 40);
        for id in &all {
            tokens.end(id);
        }
        assert!(tokens.lock().ends.is_empty());
    }
}
