use std::sync::Arc;

use http::StatusCode;
use refresh::Clock;
use rolesanywhere::EndpointUrl;

use super::document::Document;
use super::{Facts, Known, Outcome};
use crate::context::Context;
use crate::failure::{self, Failure};
use crate::resolved::{Origin, Resolved};
use crate::said;

mod service;
#[cfg(test)]
mod tests;

use service::{Service, Token};

/// The role of the EC2 instance, from its metadata service: version 2, with a
/// token, and version 1 where none is given. kube2iam and its like give none.
///
/// [IMDS credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html)
pub(super) struct InstanceMetadata {
    /// What is wrong with the settings is said when it is its turn.
    place: Result<Place, Failure>,
    clock: Arc<dyn Clock>,
}

struct Place {
    base: String,
    disabled_by: Option<Origin>,
    needs_token: bool,
}

impl InstanceMetadata {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            place: Place::new(&context.settings),
            clock: Arc::clone(&context.clock),
        }
    }

    /// Whether there is a service is not known before it is asked: nobody who
    /// answers is none, and as no instance has to have a role, no role is none.
    pub(super) async fn look(&self) -> Result<Outcome, Failure> {
        let place = self.place()?;
        if let Some(origin) = &place.disabled_by {
            return Ok(Outcome::NotHere(format!("it is switched off by {origin}")));
        }
        let service = Service::new(&place.base, Arc::clone(&self.clock))?;
        let token = service.token().await?;
        match &token {
            Token::Unreachable(why) => return Ok(Outcome::NotHere(why.clone())),
            Token::Refused(status) if place.needs_token => {
                return Err(failure::ambient::denied(format!(
                    "{} answers {status} where a token is asked for, and version 1 is switched off",
                    place.base
                )));
            }
            Token::Silent if place.needs_token => {
                return Ok(Outcome::NotHere(format!("{} gives no token", place.base)));
            }
            Token::Given(_) | Token::Refused(_) | Token::Silent => {}
        }
        let Some(role) = service.role(&token).await? else {
            let why = format!("{} does not answer, or has no role", place.base);
            return Ok(Outcome::NotHere(why));
        };
        let document = service.document(&role, &token).await?;
        read(document, &role).map(Outcome::Found)
    }

    /// The address is everybody's, and who asks decides what it answers: kube2iam
    /// looks at the pod, and a disk image may have been another instance's.
    pub(super) fn known(&self) -> Result<Known, Failure> {
        let place = self.place()?;
        if place.disabled_by.is_some() {
            return Ok(Known::NotHere);
        }
        let facts = Facts::default().with("instance metadata", &place.base);
        Ok(match machine() {
            Some(machine) => Known::By(facts.with_all(&machine)),
            None => Known::Unknowable,
        })
    }

    fn place(&self) -> Result<&Place, Failure> {
        self.place.as_ref().map_err(Failure::again)
    }
}

/// This boot of this machine, and the pod on it.
fn machine() -> Option<Facts> {
    let text = |name| std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok();
    let (boot, host) = (text("random/boot_id")?, text("hostname")?);
    let facts = Facts::default().with("boot", boot.trim());
    Some(facts.with("host", host.trim()))
}

impl Place {
    fn new(settings: &Resolved<'_>) -> Result<Self, Failure> {
        let endpoint: Option<EndpointUrl> = settings.parse("ec2-metadata-endpoint")?;
        let base = match endpoint {
            Some(endpoint) => endpoint.to_string(),
            None => of_mode(settings)?.to_owned(),
        };
        let disabled = settings.sourced("ec2-metadata-disabled")?;
        let is_disabled = settings.switch("ec2-metadata-disabled")?;
        Ok(Self {
            base,
            disabled_by: disabled.map(|it| it.origin).filter(|_| is_disabled),
            needs_token: settings.switch("ec2-metadata-v1-disabled")?,
        })
    }
}

fn of_mode(settings: &Resolved<'_>) -> Result<&'static str, Failure> {
    let Some(mode) = settings.sourced("ec2-metadata-endpoint-mode")? else {
        return Ok(IPV4);
    };
    match mode.value.trim() {
        text if text.eq_ignore_ascii_case("ipv4") => Ok(IPV4),
        text if text.eq_ignore_ascii_case("ipv6") => Ok(IPV6),
        _ => Err(mode.origin.invalid("it must be IPv4 or IPv6")),
    }
}

/// A document says how it went; one without that word is a success.
fn read(document: Document, role: &str) -> Result<super::AmbientCredentials, Failure> {
    let about = |why: &str| format!("the instance metadata of role {role}: {why}");
    match document.code.as_deref() {
        None | Some("Success") => {
            let credentials = document.credentials("the instance's role");
            credentials.map_err(|why| failure::ambient::unavailable(about(why)))
        }
        Some(code) => {
            let message = document.message.as_deref().unwrap_or_default();
            let message = about(&said::one_line(&format!("{code} {message}"), 400));
            Err(match code {
                "AssumeRoleUnauthorizedAccess" => failure::ambient::denied(message)
                    .with_hint(format!("the role {role} must trust ec2.amazonaws.com")),
                _ => failure::ambient::unavailable(message),
            })
        }
    }
}

/// A status that is no success, as a failure.
fn refused(base: &str, status: StatusCode, has_token: bool) -> Failure {
    let message = format!("{base} answers {status}");
    match status {
        StatusCode::UNAUTHORIZED if !has_token => failure::ambient::denied(format!(
            "{message}: it wants a token (IMDSv2), and gives none"
        ))
        .with_hint(HOP_LIMIT),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => failure::ambient::denied(message),
        _ => failure::ambient::unavailable(message),
    }
}

const IPV4: &str = "http://169.254.169.254";
const IPV6: &str = "http://[fd00:ec2::254]";
/// A container is one hop further away than its instance.
const HOP_LIMIT: &str = "in a container, the token needs a hop limit of 2: aws ec2 \
     modify-instance-metadata-options --http-put-response-hop-limit 2 --instance-id ID";
