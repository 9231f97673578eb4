use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use destination::{Destination, HttpClient, Response};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use refresh::FaultKind;
use secrecy::{ExposeSecret as _, SecretString};

use super::credentials::SessionCredentials;
use crate::context::{Context, read_text};
use crate::failure::Failure;
use crate::resolved::Resolved;

pub(crate) mod document;

/// Credentials from another process, by the SDKs' container protocol: what ECS,
/// EKS Pod Identity and `iamra creds serve` answer.
///
/// [Container credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html)
pub(crate) struct ContainerEndpoint {
    uri: Uri,
    authorization: Authorization,
    client: HttpClient,
}

/// What shows that we may ask.
enum Authorization {
    None,
    Token(SecretString),
    /// Read again for each request: whoever writes it replaces it.
    File(PathBuf),
}

impl ContainerEndpoint {
    /// What the settings name, if they name one and no Roles Anywhere session:
    /// that is the stronger wish.
    pub(crate) fn named(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let settings = &context.settings;
        for name in ROLES_ANYWHERE {
            if settings.sourced(name)?.is_some() {
                return Ok(None);
            }
        }
        let uri = match uri(settings)? {
            Some(uri) => Some(uri),
            None => of_sidecar(settings)?,
        };
        uri.map(|uri| Self::at(uri, settings)).transpose()
    }

    /// What the settings name, whatever else they ask for: the SDKs' container
    /// credentials.
    #[cfg(feature = "ecr")]
    pub(crate) fn ambient(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let settings = &context.settings;
        let uri = uri(settings)?;
        uri.map(|uri| Self::at(uri, settings)).transpose()
    }

    fn at(uri: Uri, settings: &Resolved<'_>) -> Result<Self, Failure> {
        let client = HttpClient::new(Destination {
            connect_timeout: PATIENCE,
            timeout: PATIENCE,
            ..Destination::default()
        });
        Ok(Self {
            uri,
            authorization: Authorization::named(settings)?,
            client: client.map_err(|error| failed(FaultKind::Failed, error.to_string()))?,
        })
    }

    /// Where it is: never with a query, which may hold a token.
    pub(crate) fn address(&self) -> String {
        let authority = self.uri.authority().map(ToString::to_string);
        format!("{}{}", authority.unwrap_or_default(), self.uri.path())
    }

    /// All of where it is, for a digest: its query may hold a token.
    #[cfg(feature = "ecr")]
    pub(crate) fn uri(&self) -> String {
        self.uri.to_string()
    }

    /// What shows that we may ask.
    #[cfg(feature = "ecr")]
    pub(crate) fn token(&self) -> Result<Option<SecretString>, Failure> {
        self.authorization.token()
    }

    /// Asks once.
    pub(crate) async fn obtain(&self, now: SystemTime) -> Result<SessionCredentials, Failure> {
        let mut request = Request::get(self.uri.clone()).header(header::ACCEPT, "application/json");
        if let Some(token) = self.authorization.value()? {
            request = request.header(header::AUTHORIZATION, token);
        }
        let request = request.body(Bytes::new());
        let request =
            request.map_err(|error| failed(FaultKind::Configuration, error.to_string()))?;
        let answer = self.client.send(request).await.map_err(|error| {
            let message = format!("{}: {error}", self.address());
            failed(FaultKind::Unavailable, message).with_hint(START_IT)
        })?;
        if answer.status != StatusCode::OK {
            return Err(self.refused(&answer));
        }
        document::read(&answer.body, now).map_err(|why| self.unusable(why))
    }

    fn refused(&self, answer: &Response) -> Failure {
        let message = format!("{} answers {}", self.address(), answer.status);
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Failure::new("endpoint.denied", FaultKind::Denied, message).with_hint(
                    "give the endpoint's token: --container-authorization-token-file FILE",
                )
            }
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => {
                failed(FaultKind::Configuration, message)
            }
            _ => failed(FaultKind::Unavailable, message).with_retry_after(answer.retry_after()),
        }
    }

    fn unusable(&self, why: &str) -> Failure {
        let message = format!("the answer of {} cannot be used: {why}", self.address());
        Failure::new("endpoint.unusable-answer", FaultKind::Unavailable, message)
    }
}

impl Authorization {
    fn named(settings: &Resolved<'_>) -> Result<Self, Failure> {
        if let Some(file) = settings.path("container-authorization-token-file")? {
            return Ok(Self::File(file));
        }
        let token = settings.secret("container-authorization-token")?;
        Ok(token.map_or(Self::None, Self::Token))
    }

    fn token(&self) -> Result<Option<SecretString>, Failure> {
        Ok(match self {
            Self::None => None,
            Self::Token(token) => Some(token.clone()),
            Self::File(path) => Some(read_text(path)?.into()),
        })
    }

    fn value(&self) -> Result<Option<HeaderValue>, Failure> {
        let Some(token) = self.token()? else {
            return Ok(None);
        };
        let value = HeaderValue::from_str(token.expose_secret().trim());
        let mut value = value.map_err(|_| {
            let message = "the endpoint's authorization token is no header value";
            Failure::configuration("config.invalid", message)
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// The two ways to name it, the strongest first.
fn uri(settings: &Resolved<'_>) -> Result<Option<Uri>, Failure> {
    if let Some(full) = settings.sourced("container-credentials-full-uri")? {
        let invalid = |reason: &str| full.origin.invalid(reason);
        let uri: Uri = full
            .value
            .trim()
            .parse()
            .map_err(|_| invalid("it is no URI"))?;
        if is_safe(&uri) {
            return Ok(Some(uri));
        }
        return Err(invalid(
            "it must be https, or http to this machine: credentials would cross the network",
        ));
    }
    if let Some(path) = settings.sourced("container-credentials-relative-uri")? {
        let uri = format!("http://169.254.170.2{}", path.value.trim()).parse();
        let is_path = path.value.trim().starts_with('/');
        let uri = uri.ok().filter(|_| is_path);
        let invalid = || path.origin.invalid("it is no path with a / before it");
        return Ok(Some(uri.ok_or_else(invalid)?));
    }
    Ok(None)
}

/// Who sets one of two variables means the sidecar that had them, and that one
/// watched: elsewhere they are somebody else's.
fn of_sidecar(settings: &Resolved<'_>) -> Result<Option<Uri>, Failure> {
    if !settings.switch("watch")? {
        return Ok(None);
    }
    for name in ["refresh-interval", "health-port"] {
        if let Some(sourced) = settings.sourced(name)? {
            let uri = Uri::from_static("http://localhost:8080/creds");
            tracing::info!(
                because = %sourced.origin,
                endpoint = %uri,
                "no Roles Anywhere setting and no endpoint has a value: that of the sidecar is asked"
            );
            return Ok(Some(uri));
        }
    }
    Ok(None)
}

/// As the SDKs have it: TLS, or an address that does not leave the machine.
fn is_safe(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") if host == "localhost" => true,
        Some("http") => {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            let address: Option<IpAddr> = address.parse().ok();
            address
                .is_some_and(|ip| ip.is_loopback() || LINK_LOCAL.contains(&ip.to_string().as_str()))
        }
        _ => false,
    }
}

fn failed(kind: FaultKind, message: String) -> Failure {
    let code = match kind {
        FaultKind::Configuration => "config.invalid",
        FaultKind::Unavailable => "endpoint.unavailable",
        _ => "endpoint.failed",
    };
    Failure::new(code, kind, message)
}

/// What says that a Roles Anywhere session is wanted.
const ROLES_ANYWHERE: [&str; 5] = [
    "trust-anchor-arn",
    "profile-arn",
    "role-arn",
    "certificate",
    "private-key",
];
/// The addresses of ECS and EKS on the node itself.
const LINK_LOCAL: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
const START_IT: &str = "start what serves it first, or check the address: \
     --container-credentials-full-uri URI";
/// It is on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_cross_no_network_in_the_clear() {
        for (uri, safe) in [
            ("http://localhost:8080/creds", true),
            ("http://127.0.0.1/creds", true),
            ("http://127.9.9.9:1/creds", true),
            ("http://[::1]:8080/creds", true),
            ("http://169.254.170.2/creds", true),
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("https://broker.example/creds", true),
            ("http://169.254.169.254/creds", false),
            ("http://10.0.0.1/creds", false),
            ("http://localhost.example/creds", false),
            ("http://broker.example/creds", false),
            ("ftp://localhost/creds", false),
            ("/creds", false),
        ] {
            assert_eq!(is_safe(&uri.parse().unwrap()), safe, "{uri}");
        }
    }
}
