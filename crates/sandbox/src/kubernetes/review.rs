use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::cluster::Cluster;
use super::object::Kind;
use super::token::{ISSUER, TokenClaims};
use super::world::World;
use crate::jwt::key_id;

/// A token that is good, and for which of the audiences that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Reviewed {
    pub(crate) claims: TokenClaims,
    pub(crate) audiences: Vec<String>,
}

impl Reviewed {
    /// The `status` of a good token.
    pub(super) fn document(&self) -> Value {
        let claims = &self.claims;
        let mut extra = Map::new();
        let mut add = |name: &str, value: String| {
            let name = format!("authentication.kubernetes.io/{name}");
            extra.insert(name, json!([value]));
        };
        if !claims.id.is_empty() {
            add("credential-id", format!("JTI={}", claims.id));
        }
        for (name, what) in [("node", &claims.node), ("pod", &claims.pod)] {
            if let Some(what) = what {
                add(&format!("{name}-name"), what.name.clone());
                add(&format!("{name}-uid"), what.uid.clone());
            }
        }
        json!({
            "authenticated": true,
            "user": {
                "username": claims.username(),
                "uid": claims.account.uid,
                "groups": [
                    "system:serviceaccounts",
                    format!("system:serviceaccounts:{}", claims.namespace),
                    "system:authenticated",
                ],
                "extra": extra,
            },
            "audiences": self.audiences,
        })
    }
}

/// How far clocks may differ: the default leeway of go-jose, which kube-apiserver
/// leaves as it is.
const LEEWAY: Duration = Duration::from_secs(60);

impl Cluster {
    /// What `TokenReview` makes of a token: kube-apiserver's checks in its order,
    /// with its texts. No audience stands for that of the API.
    pub(crate) fn review(
        &self,
        token: &str,
        audiences: &[String],
        now: SystemTime,
    ) -> Result<Reviewed, String> {
        let is_ours = !self.is_trusted(token);
        let claims = TokenClaims::read(token);
        let claims = claims.filter(|claims| !is_ours || claims.issuer == ISSUER);
        let claims = claims.ok_or("invalid bearer token")?;
        if is_ours {
            self.check_signature(token).map_err(invalid)?;
        }
        let api = [ISSUER.to_owned()];
        let asked = if audiences.is_empty() {
            &api[..]
        } else {
            audiences
        };
        let common = claims.audiences.iter().filter(|it| asked.contains(it));
        let common: Vec<_> = common.cloned().collect();
        if common.is_empty() {
            return Err(invalid(format!(
                "token audiences {} is invalid for the target audiences {}",
                go_list(&claims.audiences),
                go_list(asked)
            )));
        }
        check_time(&claims, now).map_err(invalid)?;
        if is_ours {
            check_bound(&claims, &self.world()).map_err(invalid)?;
        }
        Ok(Reviewed {
            claims,
            audiences: common,
        })
    }

    /// By the key that the header names, where the cluster has that.
    fn check_signature(&self, token: &str) -> Result<(), &'static str> {
        let id = key_id(token);
        if id.is_some_and(|id| id != self.key().id()) {
            Err("invalid signature, no keys found")
        } else if self.key().signed(token) {
            Ok(())
        } else {
            Err("go-jose/go-jose: error in cryptographic primitive")
        }
    }
}

/// As the list of what every authenticator said.
fn invalid(text: impl AsRef<str>) -> String {
    format!("[invalid bearer token, {}]", text.as_ref())
}

/// A list of texts as Go's `%q` prints it.
fn go_list(texts: &[String]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("{text:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

fn check_time(claims: &TokenClaims, now: SystemTime) -> Result<(), &'static str> {
    if now + LEEWAY < claims.not_before {
        Err("service account token is not valid yet")
    } else if claims.expires + LEEWAY < now {
        Err("service account token has expired")
    } else if now + LEEWAY < claims.issued_at {
        Err(
            "service account token claims could not be validated due to unexpected validation error",
        )
    } else {
        Ok(())
    }
}

/// Whether account and pod are still those of the token. An account that nobody
/// made is taken for granted, for tokens that are bound to no pod.
fn check_bound(claims: &TokenClaims, world: &World) -> Result<(), String> {
    let TokenClaims {
        namespace, account, ..
    } = claims;
    match world.find(Kind::ServiceAccount, namespace, &account.name) {
        None if claims.pod.is_none() => {}
        None => return Err(format!("serviceaccounts \"{}\" not found", account.name)),
        Some(known) if known.uid != account.uid => {
            return Err(format!(
                "service account UID ({}) does not match claim ({})",
                known.uid, account.uid
            ));
        }
        Some(_) => {}
    }
    let Some(bound) = &claims.pod else {
        return Ok(());
    };
    match world.find(Kind::Pod, namespace, &bound.name) {
        None => Err("service account token has been invalidated".into()),
        Some(pod) if pod.uid != bound.uid => Err(format!(
            "pod UID ({}) does not match service account pod ref claim ({})",
            pod.uid, bound.uid
        )),
        Some(_) => Ok(()),
    }
}
