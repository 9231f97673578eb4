use std::fmt;

use rolesanywhere::Certificate;
use sha2::{Digest as _, Sha256};

use crate::context::{Context, read_file};
use crate::failure::Failure;
use crate::setting::{Group, Value};
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
        let mut facts = facts(context, &[&SESSION, &ROLE_CHAIN, &AWS_CONNECTION])?;
        if let Some(policy) = context.settings.path("session-policy")? {
            // The same file may allow something else tomorrow.
            facts.push(("policy", digest(&read_file(&policy)?)));
        }
        Ok(Self::of(&facts))
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
        let mut facts = facts(context, &OF_REQUEST)?;
        facts.extend(crate::vault::who(context)?);
        Ok(Self::of(&facts))
    }

    /// What certificate is asked for, and where, whoever logs in: a token is
    /// another one after each rotation.
    #[cfg(feature = "vault")]
    pub(crate) fn of_request(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self::of(&facts(context, &OF_REQUEST)?))
    }

    /// Of these facts, in this order.
    pub(crate) fn of(facts: &[(&str, impl AsRef<str>)]) -> Self {
        let mut text = String::new();
        for (name, value) in facts {
            let value = value.as_ref();
            // With the lengths, no two lists of facts look alike.
            text += &format!("{}:{name}{}:{value}", name.len(), value.len());
        }
        Self(digest(text.as_bytes()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The settings of `groups` that have a value. A relative path means another
/// file in another folder.
fn facts(context: &Context<'_>, groups: &[&'static Group]) -> Result<Vec<Fact>, Failure> {
    let mut facts = Vec::new();
    for setting in groups.iter().flat_map(|group| group.settings) {
        match setting.value {
            Value::SecretVariable => {}
            Value::Text("FILE" | "FOLDER") => {
                if let Some(path) = context.settings.path(setting.name)? {
                    let path = std::path::absolute(&path).unwrap_or(path);
                    facts.push((setting.name, path.display().to_string()));
                }
            }
            _ => {
                let values = context.settings.list(setting.name)?;
                facts.extend(values.into_iter().map(|value| (setting.name, value)));
            }
        }
    }
    Ok(facts)
}

#[cfg(feature = "vault")]
const OF_REQUEST: [&Group; 3] = [&CERTIFICATE_REQUEST, &VAULT_LOGIN, &VAULT_CONNECTION];

type Fact = (&'static str, String);

/// SHA-256, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
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
