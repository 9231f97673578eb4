use super::object::Kind;
use crate::{Operation, RequestParts};

/// What a path of the Kubernetes API leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Route<'a> {
    TokenReviews,
    /// The keys by which tokens are verified.
    Keys,
    /// Where those are (`OpenID` Connect Discovery).
    Discovery,
    List {
        kind: Kind,
        namespace: Option<&'a str>,
    },
    Object {
        kind: Kind,
        namespace: &'a str,
        name: &'a str,
    },
    /// Where tokens of a service account are made.
    Token {
        namespace: &'a str,
        account: &'a str,
    },
    /// A port of a pod, and what is behind it.
    PodProxy {
        namespace: &'a str,
        /// `NAME:PORT`.
        pod: &'a str,
    },
    Unknown,
}

impl<'a> Route<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        let segments: Vec<_> = path.trim_matches('/').split('/').collect();
        let (group, rest) = match segments[..] {
            ["apis", "authentication.k8s.io", "v1", "tokenreviews"] => return Self::TokenReviews,
            ["openid", "v1", "jwks"] => return Self::Keys,
            [".well-known", "openid-configuration"] => return Self::Discovery,
            [
                "api",
                "v1",
                "namespaces",
                namespace,
                "serviceaccounts",
                account,
                "token",
            ] => {
                return Self::Token { namespace, account };
            }
            [
                "api",
                "v1",
                "namespaces",
                namespace,
                "pods",
                pod,
                "proxy",
                ..,
            ] => {
                return Self::PodProxy { namespace, pod };
            }
            ["api", "v1", ref rest @ ..] => ("", rest),
            ["apis", group, "v1", ref rest @ ..] => (group, rest),
            _ => return Self::Unknown,
        };
        let route = match *rest {
            [plural] => kind(group, plural).map(|kind| Self::List {
                kind,
                namespace: None,
            }),
            ["namespaces", namespace, plural] => kind(group, plural).map(|kind| Self::List {
                kind,
                namespace: Some(namespace),
            }),
            ["namespaces", namespace, plural, name] => {
                kind(group, plural).map(|kind| Self::Object {
                    kind,
                    namespace,
                    name,
                })
            }
            _ => None,
        };
        route.unwrap_or(Self::Unknown)
    }
}

fn kind(group: &str, plural: &str) -> Option<Kind> {
    let all = [Kind::ServiceAccount, Kind::Pod, Kind::EndpointSlice];
    let mut fitting = all.into_iter();
    fitting.find(|kind| (kind.group(), kind.plural()) == (group, plural))
}

/// Whether a list is to be followed.
pub(super) fn watches(request: &RequestParts) -> bool {
    let parameters = request.query_parameters();
    let mut watch = parameters.iter().filter(|(name, _)| name == "watch");
    watch.any(|(_, value)| ["1", "true"].contains(&value.as_str()))
}

/// Whether an operation is one of the Kubernetes API.
pub(crate) fn is_ours(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::KubernetesTokenReview
            | Operation::KubernetesKeys
            | Operation::KubernetesRead
            | Operation::KubernetesWatch
            | Operation::KubernetesTokenRequest
            | Operation::KubernetesPodProxy
            | Operation::KubernetesOther
    )
}

/// What a request asks for, for the log and the faults.
pub(crate) fn operation(request: &RequestParts) -> Operation {
    match Route::of(&request.path) {
        Route::TokenReviews => Operation::KubernetesTokenReview,
        Route::Keys | Route::Discovery => Operation::KubernetesKeys,
        Route::List { .. } if watches(request) => Operation::KubernetesWatch,
        Route::List { .. } | Route::Object { .. } => Operation::KubernetesRead,
        Route::Token { .. } => Operation::KubernetesTokenRequest,
        Route::PodProxy { .. } => Operation::KubernetesPodProxy,
        Route::Unknown => Operation::KubernetesOther,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_by_path() {
        let list = |kind, namespace| Route::List { kind, namespace };
        for (path, route) in [
            (
                "/apis/authentication.k8s.io/v1/tokenreviews",
                Route::TokenReviews,
            ),
            ("/openid/v1/jwks", Route::Keys),
            ("/.well-known/openid-configuration", Route::Discovery),
            ("/api/v1/pods", list(Kind::Pod, None)),
            (
                "/api/v1/namespaces/shop/serviceaccounts",
                list(Kind::ServiceAccount, Some("shop")),
            ),
            (
                "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
                list(Kind::EndpointSlice, Some("shop")),
            ),
            (
                "/api/v1/namespaces/shop/pods/web-0",
                Route::Object {
                    kind: Kind::Pod,
                    namespace: "shop",
                    name: "web-0",
                },
            ),
            ("/api/v1/secrets", Route::Unknown),
            ("/api/v1/endpointslices", Route::Unknown),
            (
                "/api/v1/namespaces/shop/serviceaccounts/web/token",
                Route::Token {
                    namespace: "shop",
                    account: "web",
                },
            ),
            (
                "/api/v1/namespaces/shop/pods/web-0:80/proxy/a/b",
                Route::PodProxy {
                    namespace: "shop",
                    pod: "web-0:80",
                },
            ),
            ("/api/v1/namespaces/shop/pods/web-0/log", Route::Unknown),
            ("/", Route::Unknown),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }

    #[test]
    fn operations_by_path_and_query() {
        for (path, query, expected) in [
            ("/api/v1/pods", "", Operation::KubernetesRead),
            ("/api/v1/pods", "watch=1", Operation::KubernetesWatch),
            ("/api/v1/pods", "watch=false", Operation::KubernetesRead),
            ("/openid/v1/jwks", "", Operation::KubernetesKeys),
            ("/version", "", Operation::KubernetesOther),
        ] {
            let request = RequestParts {
                path: path.into(),
                query: query.into(),
                ..RequestParts::default()
            };
            assert_eq!(operation(&request), expected, "{path}?{query}");
        }
    }
}
