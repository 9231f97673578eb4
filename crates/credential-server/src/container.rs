//! Container credentials: one document below a path, for whoever has its token.

use std::sync::Arc;

use aws_lc_rs::constant_time;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Request, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};

use crate::answer::{Answer, JSON, Problem};
use crate::server::{Desk, Line};
use crate::{
    Authorization, Caller, ContainerAccess, ContainerRoute, CredentialRequest, Door, Presented,
    TokenSource, guard,
};

impl Desk<'_> {
    pub(crate) async fn answer_container<T>(
        &self,
        route: &ContainerRoute,
        request: &Request<T>,
        line: &Line,
    ) -> Answer {
        if request.method() != Method::GET {
            return Answer::method_not_allowed("GET");
        }
        let pass = match admit(route, request.headers(), line.doors.container) {
            Ok(pass) => pass,
            Err(no) => return no.answer(route),
        };
        if pass.label.is_some() {
            line.activity.trust();
        }
        let is_judged = matches!(route.authorization, Authorization::Delegated);
        let request = CredentialRequest {
            caller: Caller {
                peer: line.peer,
                token_label: pass.label,
            },
            door: Door::Container {
                path: &route.path,
                label: &route.label,
            },
            presented: pass.presented,
            method: request.method(),
            query: request.uri().query(),
        };
        match self.hand_out(&request).await {
            Ok(hand_out) => {
                if is_judged {
                    line.activity.trust();
                }
                Answer::credentials(hand_out.container(), JSON)
            }
            Err(refusal) => Answer::refusal(route.errors, &refusal),
        }
    }
}

/// What let a caller in.
struct Pass<'a> {
    label: Option<&'a str>,
    presented: Option<Presented<'a>>,
}

#[derive(Clone, Copy)]
enum No {
    Browser,
    TokenNeeded,
    WrongToken,
    /// The route's own token cannot be read: nobody is let in.
    Closed,
}

impl No {
    fn answer(self, route: &ContainerRoute) -> Answer {
        let (status, code, message) = match self {
            Self::Browser => (
                StatusCode::FORBIDDEN,
                "AccessDenied",
                "browsers are not served",
            ),
            Self::TokenNeeded => (
                StatusCode::UNAUTHORIZED,
                "InvalidAuthorization",
                "one Authorization header with the token is needed",
            ),
            Self::WrongToken => (
                StatusCode::UNAUTHORIZED,
                "InvalidAuthorization",
                "the token in Authorization is not that of this path",
            ),
            Self::Closed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "CredentialsUnavailable",
                "the server cannot read the token of this path",
            ),
        };
        Answer::error(route.errors, status, &Problem { code, message })
    }
}

fn admit<'a>(
    route: &'a ContainerRoute,
    headers: &'a HeaderMap,
    access: ContainerAccess,
) -> Result<Pass<'a>, No> {
    match &route.authorization {
        Authorization::Delegated => Ok(Pass {
            label: None,
            presented: guard::only(headers, &AUTHORIZATION).map(Presented::new),
        }),
        Authorization::Token(_) if access == ContainerAccess::Open => {
            if guard::looks_like_a_browser(headers) {
                return Err(No::Browser);
            }
            Ok(Pass {
                label: None,
                presented: None,
            })
        }
        Authorization::Token(source) => {
            check_token(source.as_ref(), headers)?;
            Ok(Pass {
                label: Some(&route.label),
                presented: None,
            })
        }
    }
}

fn check_token(source: &dyn TokenSource, headers: &HeaderMap) -> Result<(), No> {
    let presented = guard::only(headers, &AUTHORIZATION).ok_or(No::TokenNeeded)?;
    compare(presented, source.token()).or_else(|_| compare(presented, source.token_now()))
}

fn compare(presented: &str, expected: Option<Arc<SecretString>>) -> Result<(), No> {
    let expected = expected.ok_or(No::Closed)?;
    let expected = expected.expose_secret().as_bytes();
    if expected.is_empty() {
        return Err(No::Closed);
    }
    constant_time::verify_slices_are_equal(expected, presented.as_bytes())
        .map_err(|_| No::WrongToken)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Has looked a moment ago, when there was another token.
    struct Rotated;

    impl TokenSource for Rotated {
        fn token(&self) -> Option<Arc<SecretString>> {
            Some(Arc::new("old".into()))
        }

        fn token_now(&self) -> Option<Arc<SecretString>> {
            Some(Arc::new("new".into()))
        }
    }

    #[test]
    fn a_new_token_counts_at_once() {
        for (token, admitted) in [("old", true), ("new", true), ("neither", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(token));
            let checked = check_token(&Rotated, &headers);
            assert_eq!(checked.is_ok(), admitted, "{token}");
        }
    }
}
