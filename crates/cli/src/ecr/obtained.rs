use ecr_auth::{AuthorizationToken, RegistryHost, RegistryLogin, TokenScope};

use super::registries::TokenGroup;
use super::tokens::{Origin, Tokens};
use refresh::FaultKind;

use crate::audit::rfc3339_seconds;
use crate::failure::Failure;

/// A token, and the registries that it serves.
#[derive(Debug)]
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

    /// The registries, of which there must be one.
    pub(crate) fn hosts(&self) -> Result<&[RegistryHost], Failure> {
        if self.hosts.is_empty() {
            let message = "ECR does not say which registry the token is for";
            return Err(Failure::new("ecr.unusable", FaultKind::Failed, message)
                .with_hint("name it: --registry HOST"));
        }
        Ok(&self.hosts)
    }

    /// A login to each of the registries.
    pub(crate) fn logins(&self) -> Result<Vec<RegistryLogin>, Failure> {
        let login = |host: &RegistryHost| {
            let AuthorizationToken {
                username, password, ..
            } = &self.token;
            RegistryLogin::new(host.as_str(), username, password.clone())
        };
        let logins: Result<Vec<_>, _> = self.hosts()?.iter().map(login).collect();
        logins.map_err(|error| Failure::configuration("ecr.unusable", error.to_string()))
    }
}
