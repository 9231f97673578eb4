use std::borrow::Cow;
use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{RegistryLogin, secret_json};

/// How much an entry of a pull secret says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "docker configs have two forms of one login"
)]
pub enum AuthForm {
    /// `username`, `password` and `auth`: every reader finds what it looks for.
    #[default]
    Full,
    /// `auth` only: half the size, and enough for docker, kubelet and podman. A
    /// Secret takes 1 MiB, which is about 230 ECR registries in this form and
    /// 110 in the other.
    AuthOnly,
}

/// What an entry of a pull secret looks like: how much it says, and under which
/// key it does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EntryForm {
    auth: AuthForm,
    has_scheme: bool,
}

impl EntryForm {
    /// The same with `https://` before the host, as readers of ECR's
    /// `proxyEndpoint` look for it. Kubelet and docker find either.
    #[must_use]
    pub fn with_scheme(self) -> Self {
        Self {
            has_scheme: true,
            ..self
        }
    }
}

/// Under the bare host.
impl From<AuthForm> for EntryForm {
    fn from(auth: AuthForm) -> Self {
        Self {
            auth,
            has_scheme: false,
        }
    }
}

/// A docker config with these logins and nothing else: what is under
/// `.dockerconfigjson` in a Secret of type `kubernetes.io/dockerconfigjson`, or
/// in a `config.json` of its own.
///
/// Compact, in the order of the hosts, so that equal logins give equal bytes. Of
/// several logins to one host the last one counts.
///
/// [Pull secrets](https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/)
///
/// ```
/// use ecr_auth::{AuthForm, RegistryLogin, docker_config_json};
///
/// let login = RegistryLogin::new("public.ecr.aws", "AWS", "secret".into())?;
/// assert_eq!(
///     docker_config_json(&[login], AuthForm::AuthOnly).as_slice(),
///     br#"{"auths":{"public.ecr.aws":{"auth":"QVdTOnNlY3JldA=="}}}"#,
/// );
/// # Ok::<(), ecr_auth::InvalidLogin>(())
/// ```
pub fn docker_config_json(
    logins: &[RegistryLogin],
    form: impl Into<EntryForm>,
) -> Zeroizing<Vec<u8>> {
    let entries = entries(logins, form.into());
    secret_json::render(&Config {
        auths: shown(&entries),
    })
}

/// The same without the level `auths`: what is under `.dockercfg` in a Secret of
/// the old type `kubernetes.io/dockercfg`.
pub fn dockercfg_json(logins: &[RegistryLogin], form: impl Into<EntryForm>) -> Zeroizing<Vec<u8>> {
    secret_json::render(&shown(&entries(logins, form.into())))
}

#[derive(Serialize)]
struct Config<'a> {
    auths: BTreeMap<&'a str, ShownEntry<'a>>,
}

#[derive(Serialize)]
struct ShownEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    auth: &'a str,
}

struct Entry<'a> {
    login: &'a RegistryLogin,
    key: Cow<'a, str>,
    form: AuthForm,
    auth: Zeroizing<String>,
}

fn entries(logins: &[RegistryLogin], form: EntryForm) -> Vec<Entry<'_>> {
    let key = |host| {
        if form.has_scheme {
            Cow::Owned(format!("https://{host}"))
        } else {
            Cow::Borrowed(host)
        }
    };
    logins
        .iter()
        .map(|login| Entry {
            login,
            key: key(login.host()),
            form: form.auth,
            auth: login.auth(),
        })
        .collect()
}

fn shown<'a>(entries: &'a [Entry<'a>]) -> BTreeMap<&'a str, ShownEntry<'a>> {
    entries
        .iter()
        .map(|entry| (&*entry.key, entry.shown()))
        .collect()
}

impl Entry<'_> {
    fn shown(&self) -> ShownEntry<'_> {
        let full = self.form == AuthForm::Full;
        ShownEntry {
            username: full.then(|| self.login.username()),
            password: full.then(|| self.login.password().expose_secret()),
            auth: &self.auth,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compact_and_in_order() {
        let login =
            |host, password: &str| RegistryLogin::new(host, "AWS", password.into()).unwrap();
        let logins = [login("b", "old"), login("b", "p\"w"), login("a", "p")];
        assert_eq!(
            text(&docker_config_json(&logins, AuthForm::Full)),
            concat!(
                r#"{"auths":{"a":{"username":"AWS","password":"p","auth":"QVdTOnA="},"#,
                r#""b":{"username":"AWS","password":"p\"w","auth":"QVdTOnAidw=="}}}"#,
            )
        );
        assert_eq!(
            text(&dockercfg_json(&logins, AuthForm::AuthOnly)),
            r#"{"a":{"auth":"QVdTOnA="},"b":{"auth":"QVdTOnAidw=="}}"#
        );
        assert_eq!(
            text(&docker_config_json(&[], AuthForm::Full)),
            r#"{"auths":{}}"#
        );
    }

    #[test]
    fn a_scheme_stands_before_the_host() {
        let login = RegistryLogin::new("a", "AWS", "p".into()).unwrap();
        let form = EntryForm::from(AuthForm::AuthOnly).with_scheme();
        assert_eq!(
            text(&docker_config_json(std::slice::from_ref(&login), form)),
            r#"{"auths":{"https://a":{"auth":"QVdTOnA="}}}"#
        );
        assert_eq!(
            text(&dockercfg_json(&[login], form)),
            r#"{"https://a":{"auth":"QVdTOnA="}}"#
        );
    }

    fn text(bytes: &[u8]) -> &str {
        str::from_utf8(bytes).unwrap()
    }
}
