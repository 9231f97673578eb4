use std::convert::Infallible;

use aws_partition::Region;
use pod_identity::{
    AccountAnnotations, AgentForm, Form, Injection, PodAnnotations, ServiceAccount,
    TokenExpiration, TokenVolume, Warning,
};
use refresh::Clock;

use super::sidecar::Sidecar;
use crate::context::Context;
use crate::failure::Failure;
use crate::pods::POD_AUDIENCE;

/// What pods get that have a role.
pub(super) enum InjectedForm {
    Agent(Injection),
    Sidecar(Box<Sidecar>),
}

impl InjectedForm {
    /// From the settings.
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let region: Option<Region> = settings.parse("region")?;
        let audience = settings.text("pod-audience")?;
        let token = TokenVolume {
            audience: audience.unwrap_or_else(|| POD_AUDIENCE.to_owned()),
            expiration: expiration(context)?,
            ..TokenVolume::default()
        };
        let Some(named) = settings.sourced("inject")? else {
            return agent(context, region, token);
        };
        match named.value.as_str() {
            "agent" => agent(context, region, token),
            "sidecar" => {
                let sidecar = Sidecar::new(context, region, token)?;
                Ok(Self::Sidecar(Box::new(sidecar)))
            }
            _ => Err(named.origin.invalid("it must be agent or sidecar")),
        }
    }

    /// Follows what may change, for as long as this is awaited.
    pub(super) async fn keep(&self, clock: &dyn Clock) -> Infallible {
        match self {
            Self::Agent(_) => std::future::pending().await,
            Self::Sidecar(sidecar) => sidecar.keep(clock).await,
        }
    }

    /// Whether a pod can only be served whose role is known here.
    pub(super) fn needs_role(&self) -> bool {
        matches!(self, Self::Sidecar(_))
    }

    /// What a pod of an account gets; or why it can have nothing.
    pub(super) fn injection(
        &self,
        account: &ServiceAccount,
        annotations: &AccountAnnotations,
        pod: &PodAnnotations,
    ) -> Result<Injection, Warning> {
        let random = fastrand::f64();
        let injection = match self {
            Self::Agent(injection) => injection.clone(),
            Self::Sidecar(sidecar) => sidecar.injection(account, (annotations, pod), random)?,
        };
        Ok(injection.annotated(annotations, pod, random))
    }
}

fn agent(
    context: &Context<'_>,
    region: Option<Region>,
    token: TokenVolume,
) -> Result<InjectedForm, Failure> {
    let uri = match context.settings.sourced("pod-uri")? {
        None => AgentForm::URI.to_owned(),
        Some(named) => match named.value.parse::<http::Uri>() {
            Ok(uri) if uri.scheme().is_some() && uri.host().is_some() => named.value,
            _ => return Err(named.origin.invalid("it must be a URL")),
        },
    };
    Ok(InjectedForm::Agent(Injection {
        region,
        form: Form::Agent(AgentForm { uri, token }),
        ..Injection::default()
    }))
}

/// What an annotation may say with impunity is an error here.
fn expiration(context: &Context<'_>) -> Result<TokenExpiration, Failure> {
    let Some(named) = context.settings.sourced("token-expiration")? else {
        return Ok(TokenExpiration::DEFAULT);
    };
    let text = named.value.trim();
    match text.parse::<TokenExpiration>() {
        Ok(read) if read.to_string() == text => Ok(read),
        _ => Err(named
            .origin
            .invalid("it must be a whole number of seconds, 600 or more")),
    }
}
