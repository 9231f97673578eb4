use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{JwkSet, PublicKeyUse};
use jsonwebtoken::{AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use refresh::FaultKind;
use rolesanywhere::RoleArn;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::principal::Principal;
use crate::context::{Context, read_file};
use crate::explanation::kubelet;
use crate::failure::Failure;
use crate::resolved::chain;
use crate::settings::SERVICE_ACCOUNT_AUDIENCE;

/// Which service accounts may pull with which roles, and how their tokens are
/// verified.
///
/// [Service account token projection](https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/)
pub(crate) struct ServiceAccountRoles {
    keys: JwkSet,
    issuer: Option<String>,
    audience: String,
    /// By `NAMESPACE/NAME`, in the order in which they are listed.
    roles: BTreeMap<String, Vec<String>>,
}

/// Whose pod it is.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct ServiceAccount {
    /// `NAMESPACE/NAME`.
    pub(crate) name: String,
    /// The role that is listed for it.
    pub(crate) role: Option<String>,
}

impl ServiceAccountRoles {
    /// As the settings say; `None` where they list none.
    pub(crate) fn named(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let settings = &context.settings;
        let roles = roles(&settings.list("service-account-role")?)?;
        if roles.is_empty() {
            return Ok(None);
        }
        if Principal::named(&context.settings)? == Principal::Ambient {
            let message = "--service-account-role needs a certificate, not ambient credentials";
            return Err(Failure::configuration("config.invalid", message)
                .with_hint("name the trust anchor: --trust-anchor-arn ARN"));
        }
        let Some(path) = settings.path("service-account-keys")? else {
            let message = "--service-account-role needs the cluster's keys to believe a token";
            return Err(Failure::configuration("config.missing", message)
                .with_hint("give them: --service-account-keys FILE"));
        };
        let keys = serde_json::from_slice(&read_file(&path)?).map_err(|error| {
            let message = format!("{} is no JWK set: {error}", path.display());
            Failure::configuration("file.invalid", message)
        })?;
        Ok(Some(Self {
            keys,
            issuer: settings.text("service-account-issuer")?,
            audience: Self::audience(context)?,
            roles,
        }))
    }

    /// Whether the settings list any.
    pub(crate) fn are_listed(context: &Context<'_>) -> Result<bool, Failure> {
        let listed = context.settings.list("service-account-role")?;
        Ok(!roles(&listed)?.is_empty())
    }

    /// Whom tokens must be for.
    pub(crate) fn audience(context: &Context<'_>) -> Result<String, Failure> {
        let named = context.settings.text("service-account-audience")?;
        Ok(named.unwrap_or_else(|| SERVICE_ACCOUNT_AUDIENCE.to_owned()))
    }

    /// The holder of a token, and the role that is listed for it. The annotations
    /// choose among those that are listed.
    pub(crate) fn account(
        &self,
        token: &SecretString,
        annotations: &BTreeMap<String, String>,
        now: SystemTime,
    ) -> Result<ServiceAccount, Failure> {
        let name = self.name(token.expose_secret(), now);
        let name = name.map_err(|why| refused(&why))?;
        let listed = self.roles.get(&name).map(Vec::as_slice).unwrap_or_default();
        let role = match (annotations.get(ANNOTATION), listed) {
            (_, []) => None,
            (None, [first, ..]) => Some(first.clone()),
            (Some(chosen), _) if listed.contains(chosen) => Some(chosen.clone()),
            (Some(chosen), _) => return Err(not_listed(&name, chosen)),
        };
        Ok(ServiceAccount { name, role })
    }

    /// Whose token it is: `NAMESPACE/NAME`.
    fn name(&self, token: &str, now: SystemTime) -> Result<String, String> {
        let claims = self.claims(token)?;
        check_times(&claims, now)?;
        let kubernetes = claims.kubernetes;
        let (namespace, name) = (kubernetes.namespace, kubernetes.service_account.name);
        if claims.subject != format!("system:serviceaccount:{namespace}:{name}") {
            return Err("its subject is another account than it names".to_owned());
        }
        Ok(format!("{namespace}/{name}"))
    }

    /// What the token says, if one of the keys has signed it.
    fn claims(&self, token: &str) -> Result<Claims, String> {
        let header = decode_header(token).map_err(|_| "it is no JWT".to_owned())?;
        let mut why = "none of the keys has signed it".to_owned();
        for jwk in &self.keys.keys {
            let others = jwk.common.key_id != header.kid;
            if header.kid.is_some() && jwk.common.key_id.is_some() && others {
                continue;
            }
            if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
                continue;
            }
            let Ok(key) = DecodingKey::from_jwk(jwk) else {
                continue;
            };
            // A secret that both sides know proves nothing here.
            if !matches!(key.family(), AlgorithmFamily::Rsa | AlgorithmFamily::Ec) {
                continue;
            }
            match decode::<Claims>(token, &key, &self.validation(&key)) {
                Ok(verified) => return Ok(verified.claims),
                Err(error) => why = error.to_string(),
            }
        }
        Err(why)
    }

    fn validation(&self, key: &DecodingKey) -> Validation {
        let mut validation = Validation::new_for_family(key.family());
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
        }
        // The library would read a clock of its own.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }
}

impl std::fmt::Debug for ServiceAccountRoles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccountRoles")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "sub")]
    subject: String,
    #[serde(rename = "exp")]
    expires: u64,
    #[serde(rename = "nbf", default)]
    not_before: u64,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Kubernetes,
}

#[derive(Deserialize)]
struct Kubernetes {
    namespace: String,
    #[serde(rename = "serviceaccount")]
    service_account: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

fn check_times(claims: &Claims, now: SystemTime) -> Result<(), String> {
    let at = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    let end = at(claims.expires).and_then(|end| end.checked_add(LEEWAY));
    if end.ok_or("it expires at no time")? < now {
        return Err("it has expired".to_owned());
    }
    if at(claims.not_before).is_none_or(|start| start > now + LEEWAY) {
        return Err("it is not valid yet".to_owned());
    }
    Ok(())
}

fn not_listed(account: &str, role: &str) -> Failure {
    let message = format!("{ANNOTATION} names a role that is not listed for {account}: {role:?}");
    Failure::new("kubelet.role-not-listed", FaultKind::Denied, message).with_hint(kubelet::ROLE.fix)
}

fn refused(why: &str) -> Failure {
    let message = format!("the service account's token is not believed: {why}");
    Failure::new("kubelet.token-refused", FaultKind::Denied, message).with_hint(kubelet::TOKEN.fix)
}

/// `NAMESPACE/NAME=ROLE`, several of one account allowed.
fn roles(items: &[String]) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        let invalid = |why: &str| {
            let message = format!("--service-account-role: {item:?}: {why}");
            Failure::configuration("config.invalid", message)
        };
        let (account, role) = item
            .split_once('=')
            .ok_or_else(|| invalid("it must be NAMESPACE/NAME=ROLE"))?;
        let is_name = |name: &str| !name.is_empty() && !name.contains(['/', '*']);
        if !account
            .split_once('/')
            .is_some_and(|(namespace, name)| is_name(namespace) && is_name(name))
        {
            return Err(invalid(
                "NAMESPACE/NAME names one account, without wildcards",
            ));
        }
        let parsed: Result<RoleArn, _> = role.parse();
        parsed.map_err(|error| invalid(&chain(&error)))?;
        let listed = roles.entry(account.to_owned()).or_default();
        listed.push(role.to_owned());
    }
    Ok(roles)
}

/// Chooses among the roles that are listed.
pub(crate) const ANNOTATION: &str = "iamra.dev/role-arn";
/// How far clocks of a cluster may be apart.
const LEEWAY: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
