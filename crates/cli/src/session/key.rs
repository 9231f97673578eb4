use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::context::{Context, read_file};
use crate::failure::Failure;
use crate::identity::Place;
use crate::setting::{Group, Value};
use crate::settings::{
    AWS_CONNECTION, CERTIFICATE_REQUEST, KEY_FILE, PEM_FILES, ROLE_CHAIN, SESSION,
    VAULT_CONNECTION, VAULT_LOGIN,
};

/// Which session it is: whose, of which role, opened where. Two commands with
/// the same key want the same session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SessionKey(String);

impl SessionKey {
    /// How many characters it has.
    pub(crate) const LENGTH: usize = 64;

    /// Of what is asked for by the settings. `None` where that is not all: the
    /// identity comes from stdin, a variable, a token or an agent.
    pub(crate) fn new(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let mut facts = facts(context, &OF_SESSION)?;
        facts.extend(facts_of_vault(context)?);
        if let Some(policy) = context.settings.path("session-policy")? {
            // The same file may allow something else tomorrow.
            facts.push(("policy", digest(&read_file(&policy)?)));
        }
        match Place::named(context, "certificate")? {
            // The same path may hold another certificate tomorrow.
            Some(place) => match place.file() {
                Some(path) => facts.push(("content", digest(&read_file(path)?))),
                None => return Ok(None),
            },
            None if is_from_an_agent(context)? => return Ok(None),
            None => {}
        }
        Ok(Some(Self::of(&facts)))
    }

    /// The certificate that Vault is asked for, whatever session it is for.
    #[cfg(feature = "vault")]
    pub(crate) fn of_certificate(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self::of(&facts_of_vault(context)?))
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

/// Whether a SPIFFE agent tells who we are.
fn is_from_an_agent(context: &Context<'_>) -> Result<bool, Failure> {
    let name = "spiffe-endpoint-socket";
    Ok(cfg!(feature = "spiffe") && context.settings.sourced(name)?.is_some())
}

/// The settings of `groups` that have a value. Secrets are left out: whose
/// session it is, is told by names.
fn facts(context: &Context<'_>, groups: &[&'static Group]) -> Result<Vec<Fact>, Failure> {
    let mut facts = Vec::new();
    for setting in groups.iter().flat_map(|group| group.settings) {
        if setting.value != Value::SecretVariable {
            let values = context.settings.list(setting.name)?;
            facts.extend(values.into_iter().map(|value| (setting.name, value)));
        }
    }
    Ok(facts)
}

fn facts_of_vault(context: &Context<'_>) -> Result<Vec<Fact>, Failure> {
    facts(
        context,
        &[&CERTIFICATE_REQUEST, &VAULT_LOGIN, &VAULT_CONNECTION],
    )
}

/// What a session depends on beside its certificate.
const OF_SESSION: [&Group; 5] = [
    &SESSION,
    &ROLE_CHAIN,
    &AWS_CONNECTION,
    &PEM_FILES,
    &KEY_FILE,
];

type Fact = (&'static str, String);

fn digest(bytes: &[u8]) -> String {
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
            assert_eq!(key.as_str().len(), SessionKey::LENGTH);
            assert!(!keys[..index].contains(key), "{index}");
        }
        assert_eq!(SessionKey::of(&[("a", "b")]), keys[1]);
    }
}
