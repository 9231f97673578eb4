use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::jwt::{audiences, claims};
use crate::timestamp::{from_unix_seconds, unix_seconds};

/// Whose token to make, as the kubelet would for a pod, but bound to none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceAccount {
    /// The namespace of the service account.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The token's audience.
    pub audience: String,
    /// How long the token is valid from now on; zero for an expired one.
    pub lifetime: Duration,
}

impl Default for ServiceAccount {
    fn default() -> Self {
        Self {
            namespace: "apps".into(),
            name: "iamra".into(),
            audience: "vault".into(),
            lifetime: Duration::from_secs(60 * 60),
        }
    }
}

/// The issuer of the cluster's tokens, and the audience of its API.
pub(super) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// Something that a token names, by name and uid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) uid: String,
}

/// What a service-account token says, true or not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TokenClaims {
    pub(crate) issuer: String,
    pub(crate) audiences: Vec<String>,
    pub(crate) issued_at: SystemTime,
    pub(crate) not_before: SystemTime,
    pub(crate) expires: SystemTime,
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) account: Named,
    /// What it is bound to, and where that runs.
    pub(crate) pod: Option<Named>,
    pub(crate) node: Option<Named>,
}

impl TokenClaims {
    /// Reads the claims without believing them.
    pub(crate) fn read(jwt: &str) -> Option<Self> {
        let claims: Value = claims(jwt)?;
        let text = |pointer: &str| claims.pointer(pointer)?.as_str().map(str::to_owned);
        let time = |name: &str| claims.get(name)?.as_i64().map(from_unix_seconds);
        let named = |what: &str| {
            let pointer = format!("/kubernetes.io/{what}");
            Some(Named {
                name: text(&format!("{pointer}/name"))?,
                uid: text(&format!("{pointer}/uid"))?,
            })
        };
        Some(Self {
            issuer: text("/iss")?,
            audiences: audiences(claims.get("aud")?),
            issued_at: time("iat")?,
            not_before: time("nbf")?,
            expires: time("exp")?,
            id: text("/jti").unwrap_or_default(),
            namespace: text("/kubernetes.io/namespace")?,
            account: named("serviceaccount")?,
            pod: named("pod"),
            node: named("node"),
        })
    }

    /// `system:serviceaccount:NAMESPACE:NAME`.
    pub(crate) fn username(&self) -> String {
        format!(
            "system:serviceaccount:{}:{}",
            self.namespace, self.account.name
        )
    }

    /// The claims as kube-apiserver writes them.
    pub(super) fn document(&self) -> Value {
        let named = |it: &Named| json!({"name": it.name, "uid": it.uid});
        let mut bound = json!({
            "namespace": self.namespace,
            "serviceaccount": named(&self.account),
        });
        for (name, what) in [("node", &self.node), ("pod", &self.pod)] {
            if let Some(what) = what {
                bound[name] = named(what);
            }
        }
        json!({
            "aud": self.audiences,
            "exp": unix_seconds(self.expires),
            "iat": unix_seconds(self.issued_at),
            "iss": self.issuer,
            "jti": self.id,
            "kubernetes.io": bound,
            "nbf": unix_seconds(self.not_before),
            "sub": self.username(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pods_claims_are_those_of_a_real_apiserver() {
        let named = |name: &str| Named {
            name: name.into(),
            uid: format!("uid-{name}"),
        };
        let start = from_unix_seconds(1_795_262_400);
        let claims = TokenClaims {
            issuer: ISSUER.into(),
            audiences: vec!["pods.eks.amazonaws.com".into()],
            issued_at: start,
            not_before: start,
            expires: start + Duration::from_secs(86_400),
            id: "an-id".into(),
            namespace: "shop".into(),
            account: named("web"),
            pod: Some(named("web-0")),
            node: Some(named("node-1")),
        };
        assert_eq!(
            claims.document(),
            json!({
                "aud": ["pods.eks.amazonaws.com"],
                "exp": 1_795_348_800,
                "iat": 1_795_262_400,
                "iss": "https://kubernetes.default.svc.cluster.local",
                "jti": "an-id",
                "kubernetes.io": {
                    "namespace": "shop",
                    "node": {"name": "node-1", "uid": "uid-node-1"},
                    "pod": {"name": "web-0", "uid": "uid-web-0"},
                    "serviceaccount": {"name": "web", "uid": "uid-web"},
                },
                "nbf": 1_795_262_400,
                "sub": "system:serviceaccount:shop:web",
            })
        );
    }
}
