use std::time::SystemTime;

use k8s_sinks::kubernetes::{Content, SecretData};
use refresh::{Expires, Lifetime};
use secrecy::ExposeSecret as _;

use super::super::form::LoginForm;
use crate::audit;
use crate::ecr::{Obtained, Registries, Tokens};
use crate::failure::Failure;
use crate::session::digest_of_parts;

/// Logins to the registries of a group.
#[derive(Clone, Debug)]
pub(crate) struct Logins {
    pub(crate) obtained: Vec<Obtained>,
}

impl Logins {
    /// All tokens for these registries: each scope's once.
    pub(super) async fn obtain(
        registries: &Registries,
        tokens: &Tokens<'_>,
    ) -> Result<Self, Failure> {
        let mut obtained = Vec::new();
        for scope in registries.groups() {
            obtained.push(Obtained::of(scope, tokens).await?);
        }
        Ok(Self { obtained })
    }

    /// As it stands in a Secret of this form.
    pub(super) fn content(&self, form: &dyn LoginForm) -> Result<Content, Failure> {
        let lifetime = self.lifetime();
        let mut logins = Vec::new();
        for one in &self.obtained {
            logins.extend(one.logins()?);
        }
        let data = form.data(&logins, lifetime.end())?;
        let registries: Vec<_> = self.obtained.iter().map(Obtained::registries).collect();
        let registries = registries.join(",");
        let content = Content::new(self.id(&data, &registries), lifetime, data);
        Ok(content.with_annotation(REGISTRIES, &registries))
    }

    /// The same for the same values, and no other: after a restart, too, for
    /// tokens are kept with their times in milliseconds. The tokens are in it,
    /// whatever the form makes of them, so that nobody can try out by it what
    /// else the values are.
    fn id(&self, data: &SecretData, registries: &str) -> String {
        let times = self.obtained.iter().flat_map(|one| {
            let lifetime = one.token.lifetime;
            [lifetime.start(), lifetime.end()].map(|time| milliseconds(time).to_be_bytes())
        });
        let times: Vec<u8> = times.flatten().collect();
        let tokens = self.obtained.iter().map(|one| &one.token.password);
        let tokens = tokens.map(|token| token.expose_secret().as_bytes());
        let values = data.iter();
        let values = values.flat_map(|(key, value)| [key.as_bytes(), value.as_slice()]);
        let parts = [registries.as_bytes(), &times].into_iter();
        let mut id = digest_of_parts(parts.chain(tokens).chain(values));
        id.truncate(16);
        id
    }

    /// Says to the auditor where the tokens went.
    pub(super) fn handed_out(&self, to: &str) {
        for one in &self.obtained {
            audit::token_handed_out("secret", &one.registries(), &one.token, Some(to));
        }
    }
}

impl Expires for Logins {
    /// All of them are good in it.
    fn lifetime(&self) -> Lifetime {
        let lifetimes = || self.obtained.iter().map(|one| one.token.lifetime);
        let start = lifetimes().map(|it| it.start()).max();
        let end = lifetimes().map(|it| it.end()).min();
        let epoch = SystemTime::UNIX_EPOCH;
        Lifetime::new(start.unwrap_or(epoch), end.unwrap_or(epoch))
    }
}

/// Since the epoch.
pub(in crate::k8s) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

pub(crate) const REGISTRIES: &str = "iamra.dev/registries";

#[cfg(test)]
pub(in crate::k8s) mod tests;
