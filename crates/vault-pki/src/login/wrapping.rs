use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};

use super::LoginExchange;
use crate::envelope::WrapInfo;
use crate::{Error, InvalidToken, Mount, Namespace, Token};

/// That a `secret_id` comes wrapped: what stands in its place is a wrapping
/// token, which works once.
///
/// What it wraps is looked at before it is unwrapped: somebody who took the
/// right one could have left one of his own.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WrappedSecret {
    /// Whose answer it must wrap, such as `auth/approle/role/app/secret-id`;
    /// where absent, that of any role of the mount.
    pub creation_path: Option<String>,
}

impl WrappedSecret {
    /// Wrapped by a role of the mount, or by exactly that path.
    pub fn new(creation_path: Option<String>) -> Self {
        Self { creation_path }
    }

    pub(super) async fn check(
        &self,
        (wrapping, origin): (&Token, &str),
        mount: &Mount,
        exchange: &LoginExchange<'_>,
    ) -> Result<(), Error> {
        let actual = exchange.creation_path(wrapping, origin).await?;
        let namespace = exchange.namespace().map(Namespace::as_str);
        if self.accepts(&actual, mount, namespace) {
            return Ok(());
        }
        Err(Error::ForeignWrappingToken {
            origin: origin.to_owned(),
            expected: self.expected(mount),
            actual: crate::server_text::sanitised(&actual),
        })
    }

    fn expected(&self, mount: &Mount) -> String {
        let any = || format!("auth/{}/role/*/secret-id", mount.as_str().trim_matches('/'));
        self.creation_path.clone().unwrap_or_else(any)
    }

    /// Whether that is the path, with the namespace before it or without.
    fn accepts(&self, actual: &str, mount: &Mount, namespace: Option<&str>) -> bool {
        let namespace = namespace.map(|namespace| namespace.trim_matches('/'));
        let inner = namespace
            .and_then(|namespace| actual.strip_prefix(namespace)?.strip_prefix('/'))
            .unwrap_or(actual);
        let expected = self.expected(mount);
        if self.creation_path.is_some() {
            return actual == expected || inner == expected;
        }
        let role = expected
            .split_once('*')
            .and_then(|(start, end)| inner.strip_prefix(start)?.strip_suffix(end));
        role.is_some_and(|role| !role.is_empty() && !role.contains('/'))
    }
}

/// What was inside the wrapping token that was unwrapped last. It works once,
/// so that is remembered until another one stands in its place.
#[derive(Debug, Default)]
pub(super) struct Unwrapped(Mutex<Option<(Token, SecretString)>>);

impl Unwrapped {
    pub(super) fn of(&self, wrapping: &Token) -> Option<SecretString> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, inside) = known.as_ref()?;
        (token == wrapping).then(|| inside.clone())
    }

    pub(super) fn remember(&self, wrapping: Token, inside: SecretString) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((wrapping, inside));
    }
}

/// The wrapping token, where the text is the JSON that an Agent or the CLI
/// prints. No token begins with a brace.
pub(super) fn from_json(text: &SecretString) -> Result<Option<Token>, InvalidToken> {
    let text = text.expose_secret();
    if !text.starts_with('{') {
        return Ok(None);
    }
    match crate::envelope::read::<WrapInfo>(text.as_bytes()) {
        Ok(info) => Ok(Some(Token::new(&info.token)?)),
        Err(_) => Err(InvalidToken::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrap_info_is_told_from_a_token() {
        let wrapping = |text: &str| from_json(&text.into());
        assert!(wrapping("hvs.abc").unwrap().is_none());
        let json = r#"{"token":"s.w","accessor":"a","ttl":60,"creation_path":"sys/wrapping/wrap"}"#;
        assert_eq!(
            wrapping(json).unwrap(),
            Some(Token::new(&"s.w".into()).unwrap())
        );
        assert!(wrapping(r#"{"accessor":"a"}"#).is_err());
        assert!(wrapping("{").is_err());
    }

    #[test]
    fn only_what_a_role_has_wrapped_is_taken() {
        let mount: Mount = "approle".parse().unwrap();
        let app = Some("auth/approle/role/app/secret-id");
        for (expected, namespace, actual, accepted) in [
            (app, None, "auth/approle/role/app/secret-id", true),
            (app, None, "auth/approle/role/other/secret-id", false),
            (
                app,
                Some("team/"),
                "team/auth/approle/role/app/secret-id",
                true,
            ),
            (app, None, "team/auth/approle/role/app/secret-id", false),
            (None, None, "auth/approle/role/app/secret-id", true),
            (None, None, "auth/approle/role//secret-id", false),
            (None, None, "auth/approle/role/a/b/secret-id", false),
            (None, None, "auth/other/role/app/secret-id", false),
            (None, None, "sys/wrapping/wrap", false),
            (
                None,
                None,
                "cubbyhole/auth/approle/role/app/secret-id",
                false,
            ),
        ] {
            let wrapped = WrappedSecret::new(expected.map(str::to_owned));
            let accepts = wrapped.accepts(actual, &mount, namespace);
            assert_eq!(accepts, accepted, "{expected:?} {namespace:?} {actual}");
        }
    }

    #[test]
    fn debug_shows_neither() {
        let unwrapped = Unwrapped::default();
        let token = Token::new(&"hunter2".into()).unwrap();
        unwrapped.remember(token.clone(), "hunter2".into());
        assert!(unwrapped.of(&token).is_some());
        assert!(!format!("{unwrapped:?}").contains("hunter2"));
    }
}
