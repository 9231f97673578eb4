use std::time::{Duration, SystemTime};

use ecr_auth::{AuthorizationToken, RegistryHost};
use refresh::Lifetime;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::filled::{Logins, milliseconds};
use crate::ecr::{Obtained, Origin, Registries, TokenGroup};

/// The tokens of a group as they are kept in the cluster, so that a restart and
/// the next leader ask nobody.
#[derive(Deserialize)]
struct Stored {
    /// By which rules the rest is written.
    schema: u8,
    /// Whose they are.
    principal: String,
    tokens: Vec<StoredToken>,
}

#[derive(Deserialize)]
struct StoredToken {
    scope: String,
    registries: Vec<String>,
    username: String,
    password: SecretString,
    /// In milliseconds since the epoch, as is the end.
    start: u64,
    end: u64,
    proxy_endpoint: Option<String>,
}

#[derive(Serialize)]
struct Form<'a> {
    schema: u8,
    principal: &'a str,
    tokens: Vec<TokenForm<'a>>,
}

#[derive(Serialize)]
struct TokenForm<'a> {
    scope: String,
    registries: Vec<&'a str>,
    username: &'a str,
    password: &'a str,
    start: u64,
    end: u64,
    proxy_endpoint: Option<&'a str>,
}

/// The text that is kept, in memory that is wiped.
pub(super) fn text(logins: &Logins, principal: &str) -> Zeroizing<Vec<u8>> {
    let form = Form {
        schema: SCHEMA,
        principal,
        tokens: logins.obtained.iter().map(form).collect(),
    };
    let lengths = form.tokens.iter().map(|token| {
        let registries: usize = token.registries.iter().map(|it| it.len() + 3).sum();
        token.password.len() + registries + BESIDE
    });
    let mut text = Zeroizing::new(Vec::with_capacity(lengths.sum::<usize>() + BESIDE));
    // Texts and numbers, into memory: that does not fail.
    let _ = serde_json::to_writer(&mut *text, &form);
    text
}

/// The tokens of a text, where they are for these registries, of this principal, and good
/// for a while at `now`. What another version has written is asked for anew.
pub(super) fn filled(
    text: &[u8],
    principal: &str,
    (registries, now): (&Registries, SystemTime),
) -> Option<Logins> {
    let stored: Stored = serde_json::from_slice(text).ok()?;
    if stored.schema != SCHEMA || stored.principal != principal {
        return None;
    }
    let wanted = registries.groups();
    if wanted.len() != stored.tokens.len() {
        return None;
    }
    let pairs = wanted.into_iter().zip(stored.tokens);
    let obtained = pairs.map(|(wanted, stored)| stored.obtained(wanted, now));
    let obtained = obtained.collect::<Option<Vec<_>>>()?;
    Some(Logins { obtained })
}

impl StoredToken {
    fn obtained(self, wanted: TokenGroup, now: SystemTime) -> Option<Obtained> {
        let lifetime = Lifetime::new(time(self.start)?, time(self.end)?);
        let hosts = wanted.registries(self.proxy_endpoint.as_deref());
        let names: Vec<_> = hosts.iter().map(|host| host.as_str().to_owned()).collect();
        let is_the_same = self.scope == wanted.scope.to_string() && names == self.registries;
        // A clock that is behind would make it good for ever.
        let is_good = lifetime.start() <= now && lifetime.remaining(now) > LEAST_LEFT;
        (is_the_same && is_good).then_some(Obtained {
            scope: wanted.scope,
            hosts,
            token: AuthorizationToken {
                username: self.username,
                password: self.password,
                lifetime,
                proxy_endpoint: self.proxy_endpoint,
            },
            origin: Origin::Cache,
        })
    }
}

fn form(one: &Obtained) -> TokenForm<'_> {
    let token = &one.token;
    TokenForm {
        scope: one.scope.to_string(),
        registries: one.hosts.iter().map(RegistryHost::as_str).collect(),
        username: &token.username,
        password: token.password.expose_secret(),
        start: milliseconds(token.lifetime.start()),
        end: milliseconds(token.lifetime.end()),
        proxy_endpoint: token.proxy_endpoint.as_deref(),
    }
}

fn time(milliseconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

const SCHEMA: u8 = 1;
/// What a client needs to pull a large image with it.
const LEAST_LEFT: Duration = Duration::from_mins(10);
/// What stands beside a password, at the most.
const BESIDE: usize = 512;

#[cfg(test)]
mod tests;
