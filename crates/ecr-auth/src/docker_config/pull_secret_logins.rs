use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, PAD};
use jsonc_parser::ast::Value;
use zeroize::Zeroizing;

use super::{AUTHS, DockerConfigError, object};
use crate::json_object::{JsonObject, Member};
use crate::quote::quoted;

/// The logins of a pull secret as kubelet takes them, for a look before it is
/// replaced or changed. Holds no secret.
///
/// Reading refuses what kubelet refuses, and with it every other pull secret of
/// the pod: an entry that is no object, an `auth` that is not base64 of a user, a
/// colon and a password. It also refuses what readers read in different ways: two
/// equal names, the name `auths` in another case.
///
/// ```
/// use ecr_auth::PullSecretLogins;
///
/// let logins = PullSecretLogins::of_pull_secret(br#"{"auths":{"https://a":{"auth":"QTpi"}}}"#)?;
/// assert_eq!(logins.keys(), ["https://a"]);
/// assert!(!logins.has_more());
/// # Ok::<(), ecr_auth::DockerConfigError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PullSecretLogins {
    keys: Vec<String>,
    has_more: bool,
}

impl PullSecretLogins {
    /// Of what is under `.dockerconfigjson`, or in a `config.json`.
    pub fn of_pull_secret(document: &[u8]) -> Result<Self, DockerConfigError> {
        let top = parse(document)?;
        let auths = object(&top, AUTHS)?;
        let has_others = top.members.iter().any(|member| member.name != AUTHS);
        Self::of_entries(auths, has_others)
    }

    /// Of what is under `.dockercfg`, which has no level `auths`.
    ///
    /// Where that is all it has, it was meant as one: some tools write the new
    /// form under the old name, where kubelet finds nothing.
    pub fn of_dockercfg(document: &[u8]) -> Result<Self, DockerConfigError> {
        let top = parse(document)?;
        match &top.members[..] {
            [only] if only.name == AUTHS => Self::of_pull_secret(document),
            _ => Self::of_entries(top, false),
        }
    }

    /// The keys of its entries, as they are written.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Whether there is anything else in it than logins of a user and a password:
    /// other members, or other members of an entry.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    fn of_entries(auths: JsonObject<'_>, has_others: bool) -> Result<Self, DockerConfigError> {
        let mut logins = Self {
            keys: Vec::with_capacity(auths.members.len()),
            has_more: has_others,
        };
        let source = auths.source;
        for Member { name, value, .. } in auths.members {
            logins.has_more |= has_more(source, &name, value)?;
            logins.keys.push(name);
        }
        Ok(logins)
    }
}

/// A document without anything in it is one without logins.
fn parse(document: &[u8]) -> Result<JsonObject<'_>, DockerConfigError> {
    if document.trim_ascii().is_empty() {
        return Ok(JsonObject::empty());
    }
    Ok(JsonObject::parse(document)?)
}

/// Whether an entry says more than a login.
fn has_more(source: &str, key: &str, entry: Value<'_>) -> Result<bool, DockerConfigError> {
    let entry = match entry {
        Value::Object(entry) => JsonObject::split(source, entry)?,
        Value::NullKeyword(_) => return Ok(true),
        _ => return Err(wrong(AUTHS, "made of objects")),
    };
    let mut has_more = false;
    for member in &entry.members {
        // Kubelet's decoder takes names in any case.
        let upper = member.name.to_uppercase();
        let Some(name) = TEXTS.into_iter().find(|name| name.to_uppercase() == upper) else {
            has_more = true;
            continue;
        };
        has_more |= member.name != name;
        let text = match &member.value {
            Value::StringLit(text) => &*text.value,
            Value::NullKeyword(_) => "",
            _ => return Err(wrong(name, "a string")),
        };
        if name == AUTH && !is_auth(text) {
            let key = key.rsplit('@').next().unwrap_or_default();
            return Err(DockerConfigError::Auth { key: quoted(key) });
        }
    }
    Ok(has_more)
}

/// Whether kubelet reads it: padded or not, line ends anywhere, and bits at the
/// end that say nothing. An empty one is none at all.
fn is_auth(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let engine = if text.trim_end().ends_with('=') {
        &PADDED
    } else {
        &BARE
    };
    let mut packed = Zeroizing::new(Vec::with_capacity(text.len()));
    packed.extend(text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    engine.decode_vec(&*packed, &mut decoded).is_ok() && decoded.contains(&b':')
}

fn wrong(name: &'static str, expected: &'static str) -> DockerConfigError {
    DockerConfigError::WrongType { name, expected }
}

const AUTH: &str = "auth";

/// What an entry of a user and a password is made of.
const TEXTS: [&str; 4] = [AUTH, "username", "password", "email"];

const PADDED: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, PAD.with_decode_allow_trailing_bits(true));
const BARE: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_told_from_what_is_more() {
        for (document, keys, has_more) in [
            ("", &[][..], false),
            ("{}", &[], false),
            (r#"{"auths":null}"#, &[], false),
            (r#"{"auths":{}}"#, &[], false),
            (r#"{"auths":{"h":{}}}"#, &["h"], false),
            (
                r#"{"auths":{"h":{"username":"u","password":"p","email":null,"auth":"dTpw"}}}"#,
                &["h"],
                false,
            ),
            (r#"{"auths":{"h":{"auth":""}}}"#, &["h"], false),
            (r#"{"auths":{"h":{"Auth":"dTpw"}}}"#, &["h"], true),
            (r#"{"auths":{"h":{"identitytoken":"x"}}}"#, &["h"], true),
            (r#"{"auths":{"h":null}}"#, &["h"], true),
            (r#"{"auths":{},"credsStore":"x"}"#, &[], true),
            (r#"{"HttpHeaders":{}}"#, &[], true),
        ] {
            let logins = PullSecretLogins::of_pull_secret(document.as_bytes()).unwrap();
            assert_eq!(logins.keys(), keys, "{document}");
            assert_eq!(logins.has_more(), has_more, "{document}");
        }
    }

    #[test]
    fn the_old_form_is_read_and_the_new_one_in_its_place() {
        for (document, keys) in [
            (r#"{"h":{"auth":"dTpw"}}"#, &["h"][..]),
            (r#"{"auths":{"h":{"auth":"dTpw"}}}"#, &["h"]),
            (r#"{"auths":{},"h":{"auth":"dTpw"}}"#, &["auths", "h"]),
            ("{}", &[]),
        ] {
            let logins = PullSecretLogins::of_dockercfg(document.as_bytes()).unwrap();
            assert_eq!(logins.keys(), keys, "{document}");
            assert!(!logins.has_more(), "{document}");
        }
    }

    #[test]
    fn what_kubelet_refuses_is_refused_and_not_shown() {
        let no_auth = "the auth of \"h\" is not USER:PASSWORD in base64, and kubelet takes no pull \
                       secret beside it";
        for (entries, message) in [
            (r#""h":{"auth":"dT*w"}"#, no_auth),
            (r#""h":{"auth":"dTpw="}"#, no_auth),
            (r#""h":{"AUTH":"hunter2"}"#, no_auth),
            (r#""u:hunter2@h":{"auth":"hunter2"}"#, no_auth),
            (r#""h":{"auth":"dQ=="}"#, no_auth),
            (r#""h":{"auth":5}"#, r#""auth" is not a string"#),
            (r#""h":{"password":[]}"#, r#""password" is not a string"#),
            (r#""h":"hunter2""#, r#""auths" is not made of objects"#),
            (r#""h":{"auth":"","auth":""}"#, "it is no docker config"),
            (r#""h":{},"h":{}"#, "it is no docker config"),
        ] {
            let document = format!(r#"{{"auths":{{{entries}}}}}"#);
            let refused = PullSecretLogins::of_pull_secret(document.as_bytes()).unwrap_err();
            assert_eq!(refused.to_string(), message, "{entries}");
        }
    }

    #[test]
    fn auth_is_read_as_kubelet_reads_it() {
        for (text, is_read) in [
            ("dTpwYQ==", true),
            ("dTpwYQ", true),
            ("dTpw\ndTpw\r\n", true),
            ("dTpwYR==", true),
            ("dTpwYQ=", false),
            ("dTpw ", false),
            (" dTpwYQ==", false),
            ("dT-_", false),
        ] {
            assert_eq!(is_auth(text), is_read, "{text:?}");
        }
    }
}
