use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use oci_spec::image::Descriptor;

use super::challenge::Challenge;
use super::login::login;
use super::progress::Progress;
use super::store::too_large;
use super::tree::{LARGEST, Manifest};
use super::{Caller, Fault, Repository, referrers};

/// The contents of a blob, as they come.
pub(crate) type Body = BoxStream<'static, std::io::Result<Bytes>>;

/// A repository of a registry.
///
/// [OCI distribution](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md)
pub(crate) struct Remote {
    client: Client,
    auth: RegistryAuth,
    repository: Repository,
    scheme: &'static str,
    /// Who signs the registry's certificate, beside those of the machine.
    authority: Option<PathBuf>,
}

impl Remote {
    pub(super) fn new(repository: &Repository, caller: &Caller) -> Result<Self, Fault> {
        let authorities = caller.authority.as_deref().map(authority).transpose()?;
        // A registry with a certificate is spoken to as such, on this machine too.
        let protocol = match authorities {
            None if repository.is_loopback() => ClientProtocol::Http,
            _ => ClientProtocol::Https,
        };
        let scheme = match protocol {
            ClientProtocol::Http => "http",
            _ => "https",
        };
        // That a proxy is named turns off those of the environment; none is used.
        let proxy = repository.is_loopback().then(|| NO_PROXY.to_owned());
        let config = ClientConfig {
            protocol,
            http_proxy: proxy.clone(),
            https_proxy: proxy.clone(),
            no_proxy: proxy.map(|_| "127.0.0.0/8,localhost".to_owned()),
            // One request with the whole blob: parts have a least size in ECR.
            use_monolithic_push: true,
            extra_root_certificates: authorities.into_iter().collect(),
            connect_timeout: Some(CONNECT),
            user_agent: concat!("iamra-xtask/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config);
        let client = client.map_err(|error| Fault::of(&error, &repository.to_string()))?;
        Ok(Self {
            client,
            auth: login(caller, &repository.registry)?,
            repository: repository.clone(),
            scheme,
            authority: caller.authority.clone(),
        })
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Logs in for what follows. It would happen by itself, but without a reason where
    /// it fails.
    pub(super) async fn log_in(&self, operation: RegistryOperation) -> Result<(), Fault> {
        let challenge = match self.auth {
            RegistryAuth::Anonymous => None,
            _ => Some(
                Challenge::ask(&self.repository, self.scheme, self.authority.as_deref()).await?,
            ),
        };
        if let Some(challenge) = &challenge {
            challenge.refuse_plain(&self.repository)?;
        }
        let reference = self.at(TAG);
        let call = self.client.auth(&reference, &self.auth, operation);
        let Err(fault) = self.told(call).await else {
            return Ok(());
        };
        match challenge {
            Some(challenge) if challenge.is_out_of_order().await => Err(Fault::transient(format!(
                "{}: its token service is out of order",
                self.repository
            ))),
            _ => Err(fault),
        }
    }

    pub(super) async fn has_blob(&self, digest: &str) -> Result<bool, Fault> {
        let reference = self.at(digest);
        self.told(self.client.blob_exists(&reference, digest)).await
    }

    /// The digest of what this tag, or this digest, names.
    pub(super) async fn digest_of(&self, name: &str) -> Result<Option<String>, Fault> {
        let reference = self.at(name);
        let call = self.client.fetch_manifest_digest(&reference, &self.auth);
        match self.told(call).await {
            Ok(digest) => Ok(Some(digest)),
            Err(fault) if fault.is_absent() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// A manifest or an index, whose digest the client has verified, and that digest.
    pub(super) async fn manifest(&self, name: &str) -> Result<(Bytes, String), Fault> {
        let reference = self.at(name);
        let call = self
            .client
            .pull_manifest_raw(&reference, &self.auth, MANIFESTS);
        let told = self.told(call).await?;
        if told.0.len() as u64 > LARGEST {
            return Err(too_large(name));
        }
        Ok(told)
    }

    pub(super) async fn put_manifest(
        &self,
        name: &str,
        contents: Bytes,
        media_type: &str,
    ) -> Result<(), Fault> {
        let content_type = media_type.parse();
        let content_type =
            content_type.map_err(|_| Fault::new(format!("{name}: its media type is none")))?;
        let reference = self.at(name);
        let call = self
            .client
            .push_manifest_raw(&reference, contents, content_type);
        self.told(call).await.map(|_| ())
    }

    /// A blob, whose digest the client verifies at its end.
    pub(super) async fn blob(&self, digest: &str) -> Result<Body, Fault> {
        let reference = self.at(digest);
        let stream = self
            .told(self.client.pull_blob_stream(&reference, digest))
            .await?;
        // A registry that falls silent in the middle ends the stream.
        let stream = futures_util::stream::unfold(stream, |mut stream| async {
            let next = tokio::time::timeout(PATIENCE, stream.next()).await;
            let next = next.unwrap_or_else(|_| Some(Err(std::io::ErrorKind::TimedOut.into())));
            Some((next?, stream))
        });
        Ok(stream.boxed())
    }

    pub(super) async fn put_blob(
        &self,
        blob: &Descriptor,
        body: Body,
        progress: &Progress,
    ) -> Result<(), Fault> {
        let digest = blob.digest().to_string();
        let reference = self.at(&digest);
        let body = body.map(|part| part.map_err(OciDistributionError::IoError));
        let call = self
            .client
            .push_blob_stream(&reference, body, &digest, Some(blob.size()));
        let mut call = std::pin::pin!(call);
        // A slow line is none that has stalled, so that no fixed time would do.
        loop {
            let before = progress.so_far();
            match tokio::time::timeout(PATIENCE, &mut call).await {
                Ok(done) => return self.explained(done).map(|_| ()),
                Err(_) if progress.so_far() > before => {}
                Err(_) => return Err(self.silent()),
            }
        }
    }

    /// What refers to this digest as its subject.
    pub(super) async fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, Fault> {
        let reference = self.at(digest);
        let call = async {
            match self.client.pull_referrers(&reference, None).await {
                Err(error) if has_no_list(&error) => Ok(Vec::new()),
                done => done.map(|index| index.manifests),
            }
        };
        let listed = match self.told(call).await {
            Err(fault) if !fault.is_absent() => return Err(fault),
            done => done.unwrap_or_default(),
        };
        if listed.is_empty() {
            return self.referrers_by_tag(digest).await;
        }
        let read = serde_json::to_value(listed).and_then(serde_json::from_value);
        read.map_err(|error| Fault::new(format!("{}: its referrers: {error}", self.repository)))
    }

    /// The client asks for the tag, too, and takes some errors for an empty list: who then
    /// writes the list drops what others have in it.
    async fn referrers_by_tag(&self, digest: &str) -> Result<Vec<Descriptor>, Fault> {
        let tag = referrers::tag(digest);
        if self.digest_of(&tag).await?.is_none() {
            return Ok(Vec::new());
        }
        let (contents, _) = self.manifest(&tag).await?;
        Ok(Manifest::parse(&contents)?.manifests)
    }

    /// A tag or a digest.
    ///
    /// After a `PUT` without `Location`, as ECR answers it, the client takes the tag off
    /// the end of the address, and panics where there is none: so a digest brings one
    /// along, which no request has.
    fn at(&self, name: &str) -> Reference {
        let (registry, repository) = (&self.repository.registry, &self.repository.name);
        let (registry, repository) = (registry.clone(), repository.clone());
        match name.split_once(':') {
            Some((_, hex)) => Reference::with_tag_and_digest(
                registry,
                repository,
                hex.to_owned(),
                name.to_owned(),
            ),
            None => Reference::with_tag(registry, repository, name.to_owned()),
        }
    }

    async fn told<T>(
        &self,
        call: impl Future<Output = Result<T, OciDistributionError>>,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(PATIENCE, call).await {
            Ok(done) => self.explained(done),
            Err(_) => Err(self.silent()),
        }
    }

    fn explained<T>(&self, done: Result<T, OciDistributionError>) -> Result<T, Fault> {
        done.map_err(|error| Fault::of(&error, &self.repository.to_string()))
    }

    fn silent(&self) -> Fault {
        let seconds = PATIENCE.as_secs();
        Fault::transient(format!("{}: silent for {seconds} s", self.repository))
    }
}

/// Not every registry has heard of lists of referrers.
fn has_no_list(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::ServerError { code, .. } => matches!(code, 404 | 405),
        OciDistributionError::RegistryError { envelope, .. } => {
            let mut errors = envelope.errors.iter();
            errors.any(|it| it.code == OciErrorCode::Unsupported)
        }
        _ => false,
    }
}

fn authority(file: &Path) -> Result<Certificate, Fault> {
    let data = std::fs::read(file);
    Ok(Certificate {
        encoding: CertificateEncoding::Pem,
        data: data.map_err(|error| Fault::new(format!("{}: {error}", file.display())))?,
    })
}

/// That a registry writes gigabytes to its own store takes a while.
const PATIENCE: Duration = Duration::from_secs(120);
const CONNECT: Duration = Duration::from_secs(15);

/// Nobody listens there.
const NO_PROXY: &str = "http://127.0.0.1:9";

/// For calls that are about none.
const TAG: &str = "latest";

const MANIFESTS: &[&str] = &[
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
