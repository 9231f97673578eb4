use std::sync::Arc;
use std::time::Duration;

use aws_partition::{Endpoint, Region};
use destination::{Destination, Proxy, Roots, Verification};
use refresh::{Backoff, Clock, Retry};
use rolesanywhere::{
    ClockSkewPolicy, EndpointUrl, Identity, RolesAnywhere, Session, SessionDuration,
    SessionRequest, Sts,
};

use crate::audit;
use crate::context::Context;
use crate::explanation::config;
use crate::failure::Failure;
use crate::resolved::Resolved;

mod chain;
mod connection;
mod first;

pub(crate) use connection::AwsConnection;

use chain::Chain;
use first::First;

/// All that concerns AWS: the client, whom to call, and what to ask for.
pub(crate) struct Aws {
    pub(crate) request: SessionRequest,
    pub(crate) chain: Chain,
    pub(crate) region: Region,
    pub(crate) roles_anywhere: RolesAnywhere,
    pub(crate) sts: Sts,
    pub(crate) endpoint: EndpointUrl,
    pub(crate) sts_endpoint: EndpointUrl,
    /// The session that the chain begins with.
    first: First,
    clock: Arc<dyn Clock>,
}

impl Aws {
    /// From the settings; connects to nobody.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let request = session_request(settings)?;
        let chain = Chain::new(settings, &request)?;
        let region = region(settings, request.region())?;
        let custom = custom_endpoint(settings, "endpoint")?;
        let connection = AwsConnection::new(context)?;
        let endpoint = connection.endpoint(custom, "rolesanywhere", &region)?;
        let sts_endpoint = connection.sts_endpoint(&region)?;
        let http = connection.http()?;
        Ok(Self {
            request,
            chain,
            roles_anywhere: connection.roles_anywhere(Arc::clone(&http), endpoint.clone()),
            sts: connection.sts(http, region.clone())?,
            region,
            endpoint,
            sts_endpoint,
            first: First::default(),
            clock: Arc::clone(&context.clock),
        })
    }

    /// The role that a session is of.
    #[cfg(feature = "serve")]
    pub(crate) fn role(&self) -> &rolesanywhere::RoleArn {
        self.chain
            .last_role()
            .unwrap_or_else(|| self.request.role())
    }

    /// Opens a session, and one of each role that is assumed onwards; says each
    /// to the auditor. The last one is what was asked for: where a role cannot
    /// be assumed, there is none.
    pub(crate) async fn session(&self, identity: &Identity) -> Result<Session, Failure> {
        let [next, others @ ..] = self.chain.hops() else {
            return self.open(identity).await;
        };
        let serial = identity.certificate().serial_hex();
        let first = self.first(identity, &serial).await?;
        let mut session = next.assume(&self.sts, &first).await?;
        audit::session_opened(&session, &serial);
        for hop in others {
            session = hop.assume(&self.sts, &session).await?;
            audit::session_opened(&session, &serial);
        }
        Ok(session)
    }

    /// The session that the chain begins with. A role that refuses us is asked
    /// again and again, and `CreateSession` has a quota: one that is not due
    /// will do.
    async fn first(&self, identity: &Identity, serial: &str) -> Result<Arc<Session>, Failure> {
        if let Some(kept) = self.first.kept(serial, self.clock.now()) {
            return Ok(kept);
        }
        let opened = Arc::new(self.open(identity).await?);
        self.first.keep(serial, &opened);
        Ok(opened)
    }

    async fn open(&self, identity: &Identity) -> Result<Session, Failure> {
        let opened = self.roles_anywhere.create_session(identity, &self.request);
        let session = opened.await?;
        audit::session_opened(&session, &identity.certificate().serial_hex());
        Ok(session)
    }
}

/// What session is asked for.
pub(crate) fn session_request(settings: &Resolved<'_>) -> Result<SessionRequest, Failure> {
    let mut request = SessionRequest::new(
        settings.require("trust-anchor-arn")?,
        settings.require("profile-arn")?,
        settings.require("role-arn")?,
    )
    .map_err(rolesanywhere::Error::from)?;
    let duration = settings.parse("session-duration")?;
    request.duration = Some(duration.unwrap_or(SessionDuration::HOUR));
    request.role_session_name = settings.parse("role-session-name")?;
    for property in settings.list("instance-property")? {
        let (key, value) = key_and_value("instance-property", &property)?;
        request.instance_properties.insert(key, value);
    }
    Ok(request)
}

fn key_and_value(setting: &str, text: &str) -> Result<(String, String), Failure> {
    let Some((key, value)) = text.split_once('=') else {
        let message = format!("--{setting}: {text:?} is not KEY=VALUE");
        return Err(Failure::configuration("config.invalid", message));
    };
    Ok((key.to_owned(), value.to_owned()))
}

/// Roles Anywhere knows a trust anchor only in its own region.
pub(crate) fn region(settings: &Resolved<'_>, own: &Region) -> Result<Region, Failure> {
    match settings.parse::<Region>("region")? {
        Some(region) if region != *own => {
            let message =
                format!("--region is {region}, but the trust anchor and the profile are in {own}");
            Err(Failure::configuration("config.invalid", message).with_hint(config::REGION.fix))
        }
        _ => Ok(own.clone()),
    }
}

/// The region of the trust anchor, where one is named.
#[cfg(feature = "ecr")]
pub(crate) fn anchor_region(settings: &Resolved<'_>) -> Result<Option<Region>, Failure> {
    let anchor = settings.parse::<aws_partition::Arn>("trust-anchor-arn")?;
    Ok(anchor.and_then(|anchor| anchor.region))
}

/// The endpoint that a setting names, whatever the region is.
pub(crate) fn custom_endpoint(
    settings: &Resolved<'_>,
    setting: &str,
) -> Result<Option<EndpointUrl>, Failure> {
    let Some(custom) = settings.sourced(setting)? else {
        return Ok(None);
    };
    let invalid = |reason: &str| Err(custom.origin.invalid(reason));
    if endpoint_variant(settings)? != Endpoint::default() {
        return invalid("it cannot be combined with FIPS or dual-stack endpoints");
    }
    match custom.value.parse::<EndpointUrl>() {
        Ok(endpoint) => Ok(Some(endpoint)),
        Err(error) => invalid(&error.to_string()),
    }
}

/// Which of a service's own endpoints is called.
pub(crate) fn endpoint_variant(settings: &Resolved<'_>) -> Result<Endpoint, Failure> {
    Ok(Endpoint {
        fips: settings.switch("use-fips-endpoint")?,
        dual_stack: settings.switch("use-dualstack-endpoint")?,
    })
}

/// How often and how long a call of AWS is tried.
pub(crate) fn retry(settings: &Resolved<'_>) -> Result<Retry, Failure> {
    Ok(Retry {
        attempts: 3,
        backoff: Backoff::REQUEST,
        within: timeout(settings)?,
    })
}

/// What is done about a clock that is off.
pub(crate) fn clock_skew_policy(settings: &Resolved<'_>) -> Result<ClockSkewPolicy, Failure> {
    Ok(if settings.switch("correct-clock-skew")? {
        ClockSkewPolicy::Correct
    } else {
        ClockSkewPolicy::Report
    })
}

/// How AWS is reached: nothing of Vault's trust comes in here.
pub(crate) fn destination(settings: &Resolved<'_>) -> Result<Destination, Failure> {
    Ok(Destination {
        roots: settings
            .path("aws-ca-bundle")?
            .map_or(Roots::System, Roots::File),
        verification: verification(settings)?,
        proxy: proxy(settings)?,
        // The deadline of a whole operation comes first, and says so.
        timeout: timeout(settings)? * 2,
        ..Destination::default()
    })
}

/// Where it is switched off, that is said at each run.
fn verification(settings: &Resolved<'_>) -> Result<Verification, Failure> {
    if !settings.switch("no-verify-ssl")? {
        return Ok(Verification::Full);
    }
    tracing::warn!(
        "--no-verify-ssl: AWS's certificate is not verified, and whoever is on the wire can read \
         and replace the credentials; --aws-ca-bundle trusts a CA of your own instead"
    );
    Ok(Verification::DangerousNone)
}

/// The proxies that are common to all destinations.
pub(crate) fn proxy(settings: &Resolved<'_>) -> Result<Option<Proxy>, Failure> {
    let http = settings.text("http-proxy")?;
    let https = settings.text("https-proxy")?;
    if http.is_none() && https.is_none() {
        return Ok(None);
    }
    Ok(Some(Proxy {
        http: http.map(Into::into),
        https: https.map(Into::into),
        no_proxy: settings.text("no-proxy")?.unwrap_or_default(),
    }))
}

/// How long a call may take, with all its attempts.
pub(crate) fn timeout(settings: &Resolved<'_>) -> Result<Duration, Failure> {
    let Some(sourced) = settings.sourced("aws-timeout")? else {
        return Ok(Duration::from_secs(30));
    };
    match sourced.value.trim().parse() {
        Ok(seconds @ 1..=600) => Ok(Duration::from_secs(seconds)),
        _ => Err(sourced.origin.invalid("it must be 1 to 600 seconds")),
    }
}
