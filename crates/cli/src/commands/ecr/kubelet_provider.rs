use std::collections::BTreeMap;
use std::time::Duration;

use clap::Command;
use ecr_auth::{
    CacheKeyType, CredentialProviderRequest, CredentialProviderResponse, RegistryHost,
    RegistryLogin,
};

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{ServiceAccountRoles, Tokens};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::resolved::Overlay;
use crate::setting::with_settings;
use crate::{audit, output, settings, stdin};

pub(crate) fn command() -> Command {
    verb(
        "kubelet-provider",
        "Answer kubelet as its image credential provider",
        |command| with_settings(command, &super::groups(&[&settings::SERVICE_ACCOUNTS])),
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Speaks credentialprovider.kubelet.k8s.io/v1: a CredentialProviderRequest on stdin, the response on \
stdout, errors on stderr, where they go into kubelet's log. Kubelet starts it by the name in its \
configuration, iamra-credential-provider or ecr-credential-provider; `iamra ecr kubelet-config` \
prints that configuration. Settings come from args and env there, and from /etc/iamra/config.toml.

An image of another registry is answered with no credentials.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let request = request()?;
    let response = match RegistryHost::in_reference(request.registry()) {
        Ok(host) => respond(context, &request, &host).await?,
        Err(reason) => {
            tracing::warn!(image = request.image(), %reason, "no credentials for this image");
            nothing()
        }
    };
    output::print_bytes(&response.to_json())?;
    Ok(Exit::Done)
}

async fn respond(
    context: &Context<'_>,
    request: &CredentialProviderRequest,
    host: &RegistryHost,
) -> Result<CredentialProviderResponse, Failure> {
    let roles = ServiceAccountRoles::named(context)?;
    let account = match (&roles, request.service_account_token()) {
        (Some(roles), Some(token)) => {
            let annotations = request.service_account_annotations();
            Some(roles.account(token, annotations, context.now())?)
        }
        _ => None,
    };
    let role = account.as_ref().and_then(|account| account.role.as_deref());
    let node = context.settings.sourced("role-arn")?;
    if roles.is_some() && role.is_none() && node.is_none() {
        let account = account.as_ref().map(|account| account.name.as_str());
        tracing::warn!(image = request.image(), account, "no role is for this pod");
        return Ok(nothing());
    }
    let own = context.overlaid(overlay(role));
    let tokens = Tokens::new(&own)?.within(PATIENCE);
    let token = tokens.token(host.scope()).await?.token;
    let caller = account.as_ref().map(|account| account.name.as_str());
    audit::token_handed_out("kubelet-provider", host.as_str(), &token, caller);
    // Kubelet looks for the host as the image has it.
    let login = RegistryLogin::new(request.registry(), &token.username, token.password);
    let login = login.map_err(|error| invalid(&error))?;
    let left = token.lifetime.remaining(context.now());
    Ok(CredentialProviderResponse::new(
        vec![login],
        CacheKeyType::Registry,
        left / 2,
    ))
}

/// The settings of the pod's role, where it has one of its own: that one and
/// nothing behind it. The chain of roles is the node's.
fn overlay(role: Option<&str>) -> Overlay {
    let mut values = BTreeMap::new();
    if let Some(role) = role {
        let chain = settings::ROLE_CHAIN.settings.iter();
        values.extend(chain.map(|setting| (setting.name.to_owned(), Vec::new())));
        values.insert("role-arn".to_owned(), vec![role.to_owned()]);
    }
    Overlay {
        place: "service-account-role".to_owned(),
        values,
    }
}

fn nothing() -> CredentialProviderResponse {
    CredentialProviderResponse::nothing(CacheKeyType::Registry, Duration::ZERO)
}

fn request() -> Result<CredentialProviderRequest, Failure> {
    let input = stdin::read(LIMIT);
    let input = input.map_err(|error| invalid(&format!("stdin cannot be read: {error}")))?;
    if input.len() > LIMIT {
        return Err(invalid(&format!("stdin is longer than {LIMIT} bytes")));
    }
    CredentialProviderRequest::parse(&input).map_err(|error| invalid(&error))
}

fn invalid(why: &dyn std::fmt::Display) -> Failure {
    Failure::configuration("kubelet.request-invalid", why.to_string())
}

/// Kubelet waits for a minute; Vault gets its token back in it, too.
const PATIENCE: Duration = Duration::from_secs(50);
/// A request is smaller by far.
const LIMIT: usize = 1024 * 1024;
