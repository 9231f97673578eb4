use std::fmt;

use rolesanywhere::Certificate;
use sha2::{Digest as _, Sha256};

use super::Facts;
use crate::context::Context;
use crate::failure::Failure;
use crate::setting::Group;
use crate::settings::{AWS_CONNECTION, ROLE_CHAIN, SESSION};
#[cfg(feature = "vault")]
use crate::settings::{CERTIFICATE_REQUEST, VAULT_CONNECTION, VAULT_LOGIN};

/// Which session it is: whose, of which role, opened where. Two commands with
/// the same key want the same session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SessionKey(String);

impl SessionKey {
    /// Of what is asked for by the settings, whoever asks: the identity is
    /// added by [`SessionKey::of_certificate`] or [`SessionKey::of_vault`].
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let facts = asked(context, &[&SESSION, &ROLE_CHAIN, &AWS_CONNECTION])?;
        Ok(Self::from(&facts.with_session_policy(context)?))
    }

    /// The same for the holder of this certificate.
    pub(crate) fn of_certificate(&self, certificate: &Certificate) -> Self {
        let certificate = digest(certificate.der());
        Self::of(&[("asked", self.as_str()), ("certificate", &certificate)])
    }

    /// The same for who logs in to Vault like this.
    #[cfg(feature = "vault")]
    pub(crate) fn of_vault(&self, login: &Self) -> Self {
        Self::of(&[("asked", self.as_str()), ("vault", login.as_str())])
    }

    /// Who logs in to Vault, and for what certificate.
    #[cfg(feature = "vault")]
    pub(crate) fn of_login(context: &Context<'_>) -> Result<Self, Failure> {
        let facts = asked(context, &OF_REQUEST)?;
        Ok(Self::from(&crate::vault::who(context, facts)?))
    }

    /// What certificate is asked for, and where, whoever logs in: a token is
    /// another one after each rotation.
    #[cfg(feature = "vault")]
    pub(crate) fn of_request(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self::from(&asked(context, &OF_REQUEST)?))
    }

    /// Of these facts, in this order.
    pub(crate) fn of(facts: &[(&str, impl AsRef<str>)]) -> Self {
        let facts = facts.iter().map(|(name, value)| (name, value));
        Self::from(&facts.collect::<Facts>())
    }

    /// The words in which one is passed on.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "pods")]
impl std::str::FromStr for SessionKey {
    type Err = hex::FromHexError;

    /// One that was passed on.
    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest)?;
        Ok(Self(hex::encode(digest)))
    }
}

impl From<&Facts> for SessionKey {
    fn from(facts: &Facts) -> Self {
        Self(digest(facts.as_str().as_bytes()))
    }
}

/// What the settings of `groups` ask for.
fn asked(context: &Context<'_>, groups: &[&'static Group]) -> Result<Facts, Failure> {
    let settings = groups.iter().flat_map(|group| group.settings);
    Facts::default().with_settings(context, settings)
}

#[cfg(feature = "vault")]
const OF_REQUEST: [&Group; 3] = [&CERTIFICATE_REQUEST, &VAULT_LOGIN, &VAULT_CONNECTION];

/// SHA-256, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The same of several parts, of none of which there is a copy.
#[cfg(feature = "ecr")]
pub(crate) fn digest_of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &[(&str, &str)] = &[];

    #[test]
    fn no_two_lists_of_facts_look_alike() {
        let keys = [
            SessionKey::of(NONE),
            SessionKey::of(&[("a", "b")]),
            SessionKey::of(&[("a", "c")]),
            SessionKey::of(&[("b", "b")]),
            SessionKey::of(&[("a", ""), ("b", "")]),
            SessionKey::of(&[("a", "1:b0:")]),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(key.as_str().len(), 64);
            assert!(!keys[..index].contains(key), "{index}");
        }
        assert_eq!(SessionKey::of(&[("a", "b")]), keys[1]);
    }
}
