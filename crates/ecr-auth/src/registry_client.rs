use std::fmt;

use bytes::Bytes;
use destination::{HttpClient, Response};
use http::{HeaderValue, Method, Request, Uri, header};
use secrecy::{ExposeSecret as _, SecretString};

use crate::refusal::{content_type, one_line};
use crate::{AuthorizationToken, Error, RegistryHost};

mod name;
mod refusal;
mod tags;

pub use name::{InvalidRepositoryName, ManifestName, RepositoryName};

/// Reads from one registry by the OCI distribution API.
///
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)
pub struct RegistryClient<'a> {
    http: &'a HttpClient,
    host: RegistryHost,
    base: Option<Uri>,
    authorization: SecretString,
}

/// A manifest that a registry has.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// Its digest: `sha256:…`.
    pub digest: Option<String>,
    /// Its media type.
    pub media_type: String,
}

impl<'a> RegistryClient<'a> {
    /// A client of the registry at `host` with this token.
    pub fn new(http: &'a HttpClient, host: RegistryHost, token: &AuthorizationToken) -> Self {
        let credentials = token.basic_credentials();
        Self {
            http,
            host,
            base: None,
            authorization: format!("Basic {}", credentials.expose_secret()).into(),
        }
    }

    /// Connects to this base URL instead; the registry's name stands in the
    /// `Host` header nevertheless.
    #[must_use]
    pub fn with_endpoint(mut self, base: Uri) -> Self {
        self.base = Some(base);
        self
    }

    /// Whether the registry takes the token: `GET /v2/`.
    pub async fn check(&self) -> Result<(), Error> {
        self.ask(&Method::GET, "/v2/").await.map(|_| ())
    }

    /// Whether the registry has a manifest, and lets us read it.
    pub async fn manifest(&self, name: &ManifestName) -> Result<Manifest, Error> {
        let path = format!("/v2/{}/manifests/{}", name.repository(), name.reference());
        let answer = match self.ask(&Method::HEAD, &path).await {
            // The answer to a HEAD cannot say why.
            Err(Error::RegistryRefused { .. }) => self.ask(&Method::GET, &path).await?,
            ended => ended?,
        };
        let digest = answer.headers.get("docker-content-digest");
        let digest = digest.and_then(|digest| digest.to_str().ok());
        Ok(Manifest {
            digest: digest.map(one_line),
            media_type: content_type(&answer),
        })
    }

    /// Every tag of a repository, page by page.
    pub async fn tags(&self, repository: &RepositoryName) -> Result<Vec<String>, Error> {
        tags::all(self, repository).await
    }

    async fn ask(&self, method: &Method, path: &str) -> Result<Response, Error> {
        let request = self.request(method, path)?;
        let answer = self.http.send(request).await;
        let answer = answer.map_err(|source| Error::NoAnswer {
            operation: OPERATION,
            endpoint: self.host.to_string(),
            source: Box::new(source),
        })?;
        let status = answer.status.as_u16();
        tracing::debug!(host = %self.host, %method, path, status, "the registry answered");
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(self.refused(&answer))
    }

    fn request(&self, method: &Method, path: &str) -> Result<Request<Bytes>, Error> {
        let unusable = |reason: &str| Error::UnusableRequest {
            operation: OPERATION,
            reason: reason.to_owned(),
        };
        let base = self.base.as_ref().map(ToString::to_string);
        let base = base.unwrap_or_else(|| format!("https://{}", self.host));
        let mut authorization = HeaderValue::from_str(self.authorization.expose_secret())
            .map_err(|_| unusable("the token is no header value"))?;
        authorization.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", base.trim_end_matches('/')))
            .header(header::AUTHORIZATION, authorization);
        if self.base.is_some() {
            request = request.header(header::HOST, self.host.as_str());
        }
        for media_type in MANIFESTS {
            request = request.header(header::ACCEPT, media_type);
        }
        let request = request.body(Bytes::new());
        request.map_err(|_| unusable("the repository's name is no part of an address"))
    }

    fn refused(&self, answer: &Response) -> Error {
        match refusal::read(answer) {
            Some(refusal) => Error::RegistryRefused {
                host: self.host.to_string(),
                refusal: Box::new(refusal),
                retry_after: answer.retry_after(),
            },
            None => Error::NotAws {
                operation: OPERATION,
                endpoint: self.host.to_string(),
                status: answer.status,
                content_type: content_type(answer),
            },
        }
    }

    fn unusable(&self, reason: &str) -> Error {
        Error::UnusableAnswer {
            operation: OPERATION,
            endpoint: self.host.to_string(),
            reason: reason.to_owned(),
        }
    }
}

/// Shows which registry, and no token.
impl fmt::Debug for RegistryClient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryClient")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

const OPERATION: &str = "the registry's API";
/// What ECR stores as a manifest, lists included: without these it would
/// convert.
const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
