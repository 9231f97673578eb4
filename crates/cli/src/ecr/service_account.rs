use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use pod_identity::{PodToken, SigningKeys, TokenFault};
use refresh::FaultKind;
use rolesanywhere::RoleArn;
use secrecy::SecretString;

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
    keys: SigningKeys,
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
        let keys = SigningKeys::parse(&read_file(&path)?).map_err(|error| {
            let message = format!("{}: {error}", path.display());
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
        let name = self.name(token, now).map_err(|fault| refused(&fault))?;
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
    fn name(&self, token: &SecretString, now: SystemTime) -> Result<String, TokenFault> {
        self.keys.verify(token)?;
        let read = self.read(token, now)?;
        if self.issuer.as_ref().is_some_and(|it| *it != read.issuer) {
            let reason = "its issuer is another".to_owned();
            return Err(TokenFault::NotGenuine { reason });
        }
        Ok(read.account.to_string())
    }

    /// The clocks of a cluster may be apart.
    fn read(&self, token: &SecretString, now: SystemTime) -> Result<PodToken, TokenFault> {
        let read = |at| PodToken::read(token, &self.audience, at);
        match read(now) {
            Err(TokenFault::Times {
                has_expired: true, ..
            }) => read(now.checked_sub(LEEWAY).unwrap_or(now)),
            Err(TokenFault::Times { .. }) => read(now + LEEWAY),
            read => read,
        }
    }
}

impl std::fmt::Debug for ServiceAccountRoles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAccountRoles")
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

fn not_listed(account: &str, role: &str) -> Failure {
    let message = format!("{ANNOTATION} names a role that is not listed for {account}: {role:?}");
    Failure::new("kubelet.role-not-listed", FaultKind::Denied, message).with_hint(kubelet::ROLE.fix)
}

fn refused(fault: &TokenFault) -> Failure {
    let why = fault.to_string().replacen("Service account token", "it", 1);
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
