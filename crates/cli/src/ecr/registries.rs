use std::collections::BTreeMap;

use aws_partition::{AccountId, Region};
use ecr_auth::{RegistryHost, TokenScope};

use crate::ambient::Ambient;
use crate::aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::{Origin, Resolved};

/// The registries that a command is about.
#[derive(Debug)]
pub(crate) struct Registries {
    hosts: Vec<RegistryHost>,
    /// Where the principal's own registry is, if no other is named.
    own: Option<TokenScope>,
}

/// Registries that one token serves.
#[derive(Debug)]
pub(crate) struct TokenGroup {
    pub(crate) scope: TokenScope,
    /// None: the principal's own, which the token's answer names.
    pub(crate) hosts: Vec<RegistryHost>,
}

impl Registries {
    /// Those that the settings name; where they name none, the principal's own
    /// in the region that they name.
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let hosts = Self::hosts(context)?;
        let own = if hosts.is_empty() {
            let region = region(context)?;
            let endpoint = aws::endpoint_variant(settings)?;
            Some(TokenScope::Private { region, endpoint })
        } else {
            None
        };
        Ok(Self { hosts, own })
    }

    /// No registry at all.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn none() -> Self {
        Self {
            hosts: Vec::new(),
            own: None,
        }
    }

    /// Those that the settings name, be there any or none.
    pub(crate) fn hosts(context: &Context<'_>) -> Result<Vec<RegistryHost>, Failure> {
        let settings = &context.settings;
        let mut hosts = Vec::new();
        let mut add = |host| {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        };
        for text in settings.list("registry")? {
            add(parsed(
                settings,
                "registry",
                RegistryHost::in_reference(&text),
            )?);
        }
        for text in settings.list("account")? {
            let account: AccountId = parsed(settings, "account", text.parse())?;
            let host = RegistryHost::private(
                &account,
                &region(context)?,
                aws::endpoint_variant(settings)?,
            );
            add(parsed(settings, "account", host)?);
        }
        if settings.switch("public")? {
            add(RegistryHost::public(
                settings.switch("use-dualstack-endpoint")?,
            ));
        }
        Ok(hosts)
    }

    /// Those that the settings name; there must be one.
    pub(crate) fn required(context: &Context<'_>) -> Result<Vec<RegistryHost>, Failure> {
        let hosts = Self::hosts(context)?;
        if hosts.is_empty() {
            let message = "no registry is named";
            return Err(Failure::configuration("config.missing", message).with_hint(
                "name one: --registry 123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            ));
        }
        Ok(hosts)
    }

    /// The registries by the token that they take, in the order of the tokens'
    /// scopes.
    pub(crate) fn groups(&self) -> Vec<TokenGroup> {
        let mut groups: BTreeMap<TokenScope, Vec<RegistryHost>> = BTreeMap::new();
        if let Some(scope) = &self.own {
            groups.entry(scope.clone()).or_default();
        }
        for host in &self.hosts {
            let hosts = groups.entry(host.scope().clone()).or_default();
            hosts.push(host.clone());
        }
        let group = |(scope, hosts)| TokenGroup { scope, hosts };
        groups.into_iter().map(group).collect()
    }
}

impl TokenGroup {
    /// The registries; the principal's own where none was named, which
    /// `proxy_endpoint` tells. That one is neither FIPS nor dual-stack, whatever
    /// was asked: only the account is taken from it.
    pub(crate) fn registries(&self, proxy_endpoint: Option<&str>) -> Vec<RegistryHost> {
        let TokenScope::Private { region, endpoint } = &self.scope else {
            return self.hosts.clone();
        };
        if !self.hosts.is_empty() {
            return self.hosts.clone();
        }
        let told = proxy_endpoint.and_then(|text| RegistryHost::in_reference(text).ok());
        let own =
            told.and_then(|told| RegistryHost::private(told.account()?, region, *endpoint).ok());
        own.into_iter().collect()
    }
}

/// An error names the place of the value.
fn parsed<T, E: std::error::Error>(
    settings: &Resolved<'_>,
    name: &'static str,
    parsed: Result<T, E>,
) -> Result<T, Failure> {
    parsed.map_err(|error| {
        let origin = settings.sourced(name).ok().flatten().map(|it| it.origin);
        let origin = origin.unwrap_or(Origin::Flag(name));
        origin.invalid(&error.to_string())
    })
}

/// The region where no registry names one.
fn region(context: &Context<'_>) -> Result<Region, Failure> {
    let settings = &context.settings;
    for name in ["region", "default-region"] {
        if let Some(region) = settings.parse(name)? {
            return Ok(region);
        }
    }
    if let Some(region) = aws::anchor_region(settings)? {
        return Ok(region);
    }
    if let Some(region) = Ambient::new(context)?.region()? {
        return Ok(region);
    }
    let message = "no region is named";
    Err(Failure::configuration("config.missing", message).with_hint(
        "name a registry, --registry HOST, or the region: --region REGION or AWS_REGION",
    ))
}
