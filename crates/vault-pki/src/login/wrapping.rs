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
pub(super) struct Unwrapped(tokio::sync::Mutex<Memory>);

#[derive(Debug, Default)]
enum Memory {
    #[default]
    Nothing,
    Inside(Token, SecretString),
    /// We may have unwrapped it, and do not know what was inside.
    Lost(Token),
}

impl Unwrapped {
    /// What is inside `wrapping`: as it is remembered, or as `unwrap` brings it
    /// after `look` has found nothing wrong. One at a time: the second of two
    /// would take the first for a thief.
    pub(super) async fn open(
        &self,
        (wrapping, origin): (&Token, &str),
        look: impl Future<Output = Result<(), Error>>,
        unwrap: impl Future<Output = Result<SecretString, Error>>,
    ) -> Result<SecretString, Error> {
        let mut memory = self.0.lock().await;
        let was_lost = match &*memory {
            Memory::Inside(token, inside) if token == wrapping => return Ok(inside.clone()),
            Memory::Lost(token) => token == wrapping,
            _ => false,
        };
        let ours = |error| if was_lost { lost(error, origin) } else { error };
        look.await.map_err(ours)?;
        // Before the call: whoever waits for it may be dropped.
        *memory = Memory::Lost(wrapping.clone());
        let inside = unwrap.await.map_err(ours).inspect_err(|error| {
            if !was_lost && !error.is_answer_lost() {
                *memory = Memory::Nothing;
            }
        })?;
        *memory = Memory::Inside(wrapping.clone(), inside.clone());
        Ok(inside)
    }
}

/// That it is spent is no theft, where it may have been us.
fn lost(error: Error, origin: &str) -> Error {
    match error {
        Error::WrappingTokenSpent { call, refusal, .. } => Error::UnwrapLost {
            origin: origin.to_owned(),
            source: Box::new(Error::Refused {
                call,
                refusal,
                retry_after: None,
            }),
        },
        other => other,
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
    use crate::{Call, Operation, Refusal};

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

    #[tokio::test]
    async fn debug_shows_neither() {
        let unwrapped = Unwrapped::default();
        let token = Token::new(&"hunter2".into()).unwrap();
        let open = || {
            let inside = async { Ok("hunter2".into()) };
            unwrapped.open((&token, "x"), async { Ok(()) }, inside)
        };
        assert!(open().await.is_ok());
        assert!(!format!("{unwrapped:?}").contains("hunter2"));
    }

    /// Whoever waited is gone, and the answer with him.
    #[tokio::test]
    async fn an_unwrapping_that_was_dropped_is_no_theft_later() {
        let unwrapped = Unwrapped::default();
        let token = Token::new(&"s.w".into()).unwrap();
        let look = || async { Ok(()) };
        let dropped = unwrapped.open((&token, "x"), look(), std::future::pending());
        let moment = std::time::Duration::from_millis(10);
        assert!(tokio::time::timeout(moment, dropped).await.is_err());
        let spent = || {
            let call = Call {
                operation: Operation::Unwrap,
                path: "sys/wrapping/unwrap".to_owned(),
                address: "https://vault:8200".to_owned(),
                namespace: None,
            };
            let answer = (http::StatusCode::BAD_REQUEST, &[][..]);
            Error::WrappingTokenSpent {
                origin: "x".to_owned(),
                call: Box::new(call),
                refusal: Box::new(Refusal::new(Operation::Unwrap, answer, str::to_owned)),
            }
        };
        let again = unwrapped.open((&token, "x"), async { Err(spent()) }, look_inside());
        assert!(matches!(again.await, Err(Error::UnwrapLost { .. })));
        let other = Token::new(&"s.other".into()).unwrap();
        let other = unwrapped.open((&other, "x"), async { Err(spent()) }, look_inside());
        assert!(matches!(other.await, Err(Error::WrappingTokenSpent { .. })));
    }

    fn look_inside() -> impl Future<Output = Result<SecretString, Error>> {
        std::future::ready(Ok("inside".into()))
    }
}
