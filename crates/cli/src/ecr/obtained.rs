use ecr_auth::{AuthorizationToken, RegistryHost, RegistryLogin, TokenScope};
use refresh::FaultKind;

use super::registries::TokenGroup;
use super::tokens::{Origin, Tokens};
use crate::audit::rfc3339_seconds;
use crate::explanation::ecr;
use crate::failure::Failure;

/// A token, and the registries that it serves.
#[derive(Clone, Debug)]
pub(crate) struct Obtained {
    pub(crate) scope: TokenScope,
    pub(crate) hosts: Vec<RegistryHost>,
    pub(crate) token: AuthorizationToken,
    pub(crate) origin: Origin,
}

impl Obtained {
    /// The token of a group.
    pub(crate) async fn of(group: TokenGroup, tokens: &Tokens<'_>) -> Result<Self, Failure> {
        let found = tokens.token(&group.scope).await?;
        let hosts = group.registries(found.token.proxy_endpoint.as_deref());
        Ok(Self {
            scope: group.scope,
            hosts,
            token: found.token,
            origin: found.origin,
        })
    }

    /// The hosts, for the audit log; the scope where none is known.
    pub(crate) fn registries(&self) -> String {
        let hosts: Vec<_> = self.hosts.iter().map(RegistryHost::as_str).collect();
        if hosts.is_empty() {
            self.scope.to_string()
        } else {
            hosts.join(",")
        }
    }

    /// When the token ends, in whole seconds.
    pub(crate) fn expires_at(&self) -> String {
        rfc3339_seconds(self.token.lifetime.end())
    }

    /// The first of the registries, of which there must be one.
    pub(crate) fn host(&self) -> Result<&RegistryHost, Failure> {
        self.hosts.first().ok_or_else(|| {
            let message = "ECR does not say which registry the token is for";
            Failure::new("ecr.unusable", FaultKind::Failed, message).with_hint(ecr::NO_HOST.fix)
        })
    }

    /// A login to each of the registries.
    pub(crate) fn logins(&self) -> Result<Vec<RegistryLogin>, Failure> {
        let login = |host: &RegistryHost| {
            let AuthorizationToken {
                username, password, ..
            } = &self.token;
            RegistryLogin::new(host.as_str(), username, password.clone())
        };
        self.host()?;
        let logins: Result<Vec<_>, _> = self.hosts.iter().map(login).collect();
        logins.map_err(|error| Failure::configuration("ecr.unusable", error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use refresh::{Fault as _, Lifetime};

    use super::*;

    fn obtained(hosts: Vec<RegistryHost>) -> Obtained {
        let epoch = SystemTime::UNIX_EPOCH;
        Obtained {
            scope: TokenScope::Public { dual_stack: false },
            hosts,
            token: AuthorizationToken {
                username: "AWS".to_owned(),
                password: "hunter2".into(),
                lifetime: Lifetime::new(epoch, epoch + Duration::from_secs(43_200)),
                proxy_endpoint: None,
            },
            origin: Origin::Ecr,
        }
    }

    #[test]
    fn a_token_of_no_registry_is_no_login() {
        let nobody = obtained(Vec::new());
        assert_eq!(nobody.registries(), nobody.scope.to_string());
        let failure = nobody.logins().unwrap_err();
        assert_eq!(failure.code(), "ecr.unusable");
        assert_eq!(failure.fault(), FaultKind::Failed);
        assert_eq!(failure.hint(), Some("name it: --registry HOST"));
    }

    #[test]
    fn a_login_is_made_for_each_registry() {
        let hosts = vec![RegistryHost::public(false), RegistryHost::public(true)];
        let both = obtained(hosts.clone());
        assert_eq!(both.host().unwrap(), &hosts[0]);
        let logins = both.logins().unwrap();
        let named: Vec<_> = logins.iter().map(RegistryLogin::host).collect();
        assert_eq!(named.join(","), both.registries());
        assert_eq!(both.expires_at(), "1970-01-01T12:00:00Z");
    }
}
