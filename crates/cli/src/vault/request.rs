use std::str::FromStr;
use std::time::{Duration, SystemTime};

use vault_pki::{CertificateRequest, KeyFormat, Names, RequestedLifetime, RoleName};

use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::{Origin, Resolved};

/// Who makes the private key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum PkiMode {
    /// We do, and Vault signs our request.
    #[default]
    Sign,
    /// Vault does, and sends it.
    Issue,
    /// We do, and Vault signs our request whatever the role says.
    SignVerbatim,
}

/// A text that is no mode.
#[derive(Debug, thiserror::Error)]
#[error("it must be sign, issue or sign-verbatim")]
pub(crate) struct InvalidPkiMode;

impl FromStr for PkiMode {
    type Err = InvalidPkiMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sign" => Ok(Self::Sign),
            "issue" => Ok(Self::Issue),
            "sign-verbatim" => Ok(Self::SignVerbatim),
            _ => Err(InvalidPkiMode),
        }
    }
}

/// The mode that was asked for. One that leaves a role's limits aside must be
/// asked for twice.
pub(super) fn mode(settings: &Resolved<'_>) -> Result<PkiMode, Failure> {
    let mode = settings.parse("pki-mode")?.unwrap_or_default();
    if mode != PkiMode::SignVerbatim {
        return Ok(mode);
    }
    if !settings.switch("allow-sign-verbatim")? {
        let message = "sign-verbatim has Vault sign any name, whatever the role allows";
        return Err(Failure::configuration("config.invalid", message).with_hint(
            "say --allow-sign-verbatim, too, if that is meant; a policy for it makes its holder anybody",
        ));
    }
    tracing::warn!(
        "sign-verbatim: Vault signs whatever is asked for; whoever may do that may be anybody"
    );
    Ok(mode)
}

/// What certificate to ask for.
pub(super) fn certificate_request(context: &Context<'_>) -> Result<CertificateRequest, Failure> {
    let settings = &context.settings;
    let names = names(settings)?;
    let role = role(settings, names.common_name.as_deref())?;
    let mut request = request_of(context, names, role)?;
    if settings.text("layout")?.as_deref() == Some("legacy") {
        request.key_format = KeyFormat::Legacy;
    }
    Ok(request)
}

/// The same for others' names, of whichever role nobody has named.
#[cfg(feature = "pods")]
pub(crate) fn certificate_request_for(
    context: &Context<'_>,
    names: Names,
    usual_role: &str,
) -> Result<CertificateRequest, Failure> {
    let role = context.settings.parse("pki-role")?;
    let role = role.map_or_else(|| usual_role.parse().map_err(vault_pki::Error::Name), Ok);
    request_of(context, names, role?)
}

fn request_of(
    context: &Context<'_>,
    names: Names,
    role: RoleName,
) -> Result<CertificateRequest, Failure> {
    let settings = &context.settings;
    let mut request = CertificateRequest::new(super::pki_mount(settings)?, role, names);
    request.issuer = settings.parse("issuer")?;
    request.lifetime = lifetime(settings, context.now())?;
    request.key_type = settings.parse("key-type")?.unwrap_or_default();
    Ok(request)
}

fn names(settings: &Resolved<'_>) -> Result<Names, Failure> {
    let ip = settings.list("ip")?.into_iter().map(|address| {
        address.parse().map_err(|_| {
            Failure::configuration(
                "config.invalid",
                format!("--ip: {address:?} is not an IP address"),
            )
        })
    });
    let names = Names {
        common_name: settings.text("common-name")?,
        dns: settings.list("dns")?,
        uri: settings.list("uri")?,
        ip: ip.collect::<Result<_, _>>()?,
        ..Names::default()
    };
    if names == Names::default() {
        settings.require::<String>("common-name")?;
    }
    Ok(names)
}

/// The old script took the common name for the role's, whatever
/// `VAULT_CERT_NAME` said: who relies on that should know.
fn role(settings: &Resolved<'_>, common_name: Option<&str>) -> Result<RoleName, Failure> {
    let named = settings.sourced("pki-role")?;
    if let (Some(role), Some(common_name)) = (&named, common_name)
        && role.origin == Origin::Variable("VAULT_CERT_NAME".to_owned())
        && role.value != common_name
    {
        tracing::warn!(
            role = role.value,
            common_name,
            "VAULT_CERT_NAME is the PKI role, and differs from the common name: gen-cert.py took the latter for both"
        );
    }
    if named.is_some() {
        return settings.require("pki-role");
    }
    settings.require("common-name")
}

fn lifetime(settings: &Resolved<'_>, now: SystemTime) -> Result<RequestedLifetime, Failure> {
    if let (Some(ttl), Some(time)) = (settings.sourced("ttl")?, settings.sourced("not-after")?)
        && ttl.origin.rank() == time.origin.rank()
    {
        let reason = format!("it excludes {}", time.origin);
        return Err(ttl.origin.invalid(&reason));
    }
    match settings.strongest(&["ttl", "not-after"])? {
        None => Ok(RequestedLifetime::RoleDefault),
        Some(("ttl", ttl)) => match duration(ttl.value.trim()) {
            Some(duration) if duration >= Duration::from_secs(1) => {
                Ok(RequestedLifetime::Ttl(duration))
            }
            _ => Err(ttl
                .origin
                .invalid("it must be a duration: 24h, 90m, 30d, or a number of seconds")),
        },
        Some((_, time)) => match time.value.trim().parse::<jiff::Timestamp>() {
            Ok(parsed) if SystemTime::from(parsed) > now => {
                Ok(RequestedLifetime::NotAfter(parsed.into()))
            }
            Ok(_) => Err(time.origin.invalid("it is in the past")),
            Err(_) => Err(time
                .origin
                .invalid("it must be a time as in RFC 3339: 2026-12-31T00:00:00Z")),
        },
    }
}

/// Seconds, or a duration as Go and Vault write it; a day has 24 hours.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let span: jiff::Span = text.parse().ok()?;
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    Duration::try_from(span.to_duration(days).ok()?).ok()
}
