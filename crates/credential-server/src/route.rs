use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use crate::imds;

/// One path of the container credentials endpoint: a role with a token of its own.
#[derive(Clone, Debug)]
pub struct ContainerRoute {
    /// The path, as in `AWS_CONTAINER_CREDENTIALS_FULL_URI`: `/creds`,
    /// `/roles/billing`. A request may have a slash at its end.
    pub path: String,
    /// What the token is called in the audit trail.
    pub label: String,
    /// Who may have the credentials.
    pub authorization: Authorization,
    /// How refusals are written.
    pub errors: ErrorFormat,
}

impl ContainerRoute {
    pub(crate) fn has_valid_path(&self) -> bool {
        let Some(rest) = self.path.strip_prefix('/') else {
            return false;
        };
        let segments_are_plain = rest.split('/').all(|segment| {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte);
            !segment.is_empty() && ![".", ".."].contains(&segment) && segment.bytes().all(plain)
        });
        segments_are_plain && !imds::owns(&self.path)
    }
}

/// Who may have the credentials of a [`ContainerRoute`].
#[derive(Clone)]
#[non_exhaustive]
pub enum Authorization {
    /// Whoever sends this token in `Authorization`, as it is: the SDKs add no
    /// scheme to `AWS_CONTAINER_AUTHORIZATION_TOKEN`, so none is taken off. Not
    /// asked for where the listener is
    /// [`ContainerAccess::Open`](crate::ContainerAccess::Open).
    Token(Arc<dyn TokenSource>),
    /// Any token, or none, is passed to the broker, who judges it: a service
    /// account's, say.
    Delegated,
}

impl Authorization {
    /// One token that does not change.
    pub fn fixed(token: SecretString) -> Self {
        let token = Arc::new(token);
        Self::Token(Arc::new(move || Some(Arc::clone(&token))))
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token([REDACTED])",
            Self::Delegated => "Delegated",
        })
    }
}

/// Where the token of a route stands: it is asked for at every request, so that
/// it may change.
pub trait TokenSource: Send + Sync {
    /// The token, as it was a moment ago at the earliest. `None`, or an empty one,
    /// lets nobody in: 503.
    fn token(&self) -> Option<Arc<SecretString>>;

    /// The token as it is now. Asked for where a caller shows another one than
    /// [`TokenSource::token`], so that a new token counts at once; how long the
    /// old one is good for besides is the source's to say.
    fn token_now(&self) -> Option<Arc<SecretString>> {
        self.token()
    }
}

impl<F: Fn() -> Option<Arc<SecretString>> + Send + Sync> TokenSource for F {
    fn token(&self) -> Option<Arc<SecretString>> {
        self()
    }
}

/// How refusals of a route are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ErrorFormat {
    /// `{"code": …, "message": …}`, which the SDKs put into their own errors.
    #[default]
    Json,
    /// Plain text, as the EKS Pod Identity agent has it.
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_that_requests_can_have() {
        for (path, valid) in [
            ("/creds", true),
            ("/roles/billing", true),
            ("/v1/credentials", true),
            ("/latestx", true),
            ("creds", false),
            ("/", false),
            ("", false),
            ("/creds/", false),
            ("//creds", false),
            ("/a b", false),
            ("/a?b", false),
            ("/a/../b", false),
            ("/ä", false),
            ("/latest/meta-data", false),
            ("/2009-04-04", false),
        ] {
            let route = ContainerRoute {
                path: path.to_owned(),
                label: String::new(),
                authorization: Authorization::Delegated,
                errors: ErrorFormat::Json,
            };
            assert_eq!(route.has_valid_path(), valid, "{path}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let authorization = Authorization::fixed("s3cret".into());
        assert_eq!(format!("{authorization:?}"), "Token([REDACTED])");
    }
}
