use std::collections::BTreeMap;

use jsonc_parser::ast::Value;

use crate::json_object::{JsonObject, Member};

mod edit;
mod error;
mod layout;
mod object;
mod pull_secret;
mod pull_secret_logins;

pub use edit::{DockerConfigEdit, EditedDockerConfig, EditedHost};
pub use error::DockerConfigError;
pub use pull_secret::{AuthForm, EntryForm, docker_config_json, dockercfg_json};
pub use pull_secret_logins::PullSecretLogins;

/// What an auth file of docker, podman, helm or oras says of logins.
///
/// For a look before an edit: where a helper keeps a host's credentials, docker
/// does not read what is in the file. Holds no secret.
///
/// [`config.json`](https://docs.docker.com/reference/cli/docker/#configuration-files),
/// [`auth.json`](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DockerConfig {
    helpers: BTreeMap<String, String>,
    store: String,
}

impl DockerConfig {
    /// Reads a file. One that is empty says nothing, as docker takes it.
    pub fn parse(contents: &[u8]) -> Result<Self, DockerConfigError> {
        if contents.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let top = JsonObject::parse(contents)?;
        let mut config = Self::default();
        if let Some(store) = member(&top, "credsStore")? {
            text_of(store, "credsStore")?.clone_into(&mut config.store);
        }
        for helper in object(&top, "credHelpers")?.members {
            let name = text_of(&helper, "credHelpers")?.to_owned();
            config.helpers.insert(helper.name, name);
        }
        // An edit would refuse it.
        object(&top, AUTHS)?;
        Ok(config)
    }

    /// The helper that docker asks for this host's credentials: the part behind
    /// `docker-credential-` of its name. None where docker reads the file.
    ///
    /// The host's own in `credHelpers` wins, by its exact name and also if it is
    /// empty, which means the file; `credsStore` is for all others.
    pub fn helper_for(&self, host: &str) -> Option<&str> {
        let helper = self.helpers.get(host).unwrap_or(&self.store);
        (!helper.is_empty()).then_some(helper)
    }
}

/// The member of this name.
///
/// What reads these files is written in Go, whose JSON decoder takes names in
/// any case: a member of another case is refused, as it is and is not there.
fn member<'a, 'b>(
    top: &'b JsonObject<'a>,
    name: &'static str,
) -> Result<Option<&'b Member<'a>>, DockerConfigError> {
    let upper = name.to_uppercase();
    let alike = |found: &&Member<'_>| found.name != name && found.name.to_uppercase() == upper;
    if let Some(found) = top.members.iter().find(alike) {
        let found = found.name.clone();
        return Err(DockerConfigError::OtherCase { found, name });
    }
    Ok(top.get(name))
}

/// The object under this name; an empty one if there is none.
fn object<'a>(
    top: &JsonObject<'a>,
    name: &'static str,
) -> Result<JsonObject<'a>, DockerConfigError> {
    match member(top, name)?.map(|it| &it.value) {
        None | Some(Value::NullKeyword(_)) => Ok(JsonObject::empty()),
        Some(Value::Object(object)) => Ok(JsonObject::split(top.source, object.clone())?),
        Some(_) => Err(DockerConfigError::WrongType {
            name,
            expected: "an object",
        }),
    }
}

/// A string; null is an empty one, as in Go.
fn text_of<'a>(member: &'a Member<'_>, name: &'static str) -> Result<&'a str, DockerConfigError> {
    match &member.value {
        Value::StringLit(text) => Ok(&text.value),
        Value::NullKeyword(_) => Ok(""),
        _ => Err(DockerConfigError::WrongType {
            name,
            expected: "made of strings",
        }),
    }
}

const AUTHS: &str = "auths";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_its_helper_or_that_of_all() {
        let both = br#"{"credsStore":"all","credHelpers":{"a":"own","b":"","c":null}}"#;
        let none = br#"{"credsStore":"","credHelpers":null,"auths":null}"#;
        for (contents, host, helper) in [
            (&both[..], "a", Some("own")),
            (both, "A", Some("all")),
            (both, "https://a", Some("all")),
            (both, "b", None),
            (both, "c", None),
            (both, "d", Some("all")),
            (none, "a", None),
            (b"{}", "a", None),
            (b" \r\n", "a", None),
        ] {
            let config = DockerConfig::parse(contents).unwrap();
            assert_eq!(config.helper_for(host), helper, "{host}");
        }
    }

    #[test]
    fn other_shapes_are_refused_by_name() {
        for (contents, message) in [
            (r#"{"auths":[]}"#, r#""auths" is not an object"#),
            (r#"{"auths":"secret"}"#, r#""auths" is not an object"#),
            (
                r#"{"credsStore":1}"#,
                r#""credsStore" is not made of strings"#,
            ),
            (
                r#"{"credHelpers":{"a":{}}}"#,
                r#""credHelpers" is not made of strings"#,
            ),
            (
                r#"{"Auths":{}}"#,
                r#"docker reads "Auths" as "auths", not all tools do: rename it"#,
            ),
            (
                r#"{"credsStore":"x","authſ":{}}"#,
                r#"docker reads "authſ" as "auths", not all tools do: rename it"#,
            ),
        ] {
            let refused = DockerConfig::parse(contents.as_bytes()).unwrap_err();
            assert_eq!(refused.to_string(), message);
        }
    }
}
