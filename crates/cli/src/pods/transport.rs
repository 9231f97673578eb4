use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use destination::{ClientIdentity, Roots};
use pod_identity::{ClusterName, PodToken, ServiceAccount};
use refresh::{AtHand, Clock, Expires, Kept, Lifetime, Schedule, Source};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use vault_pki::{IssuedCertificate, KubernetesLogin, Names};
use zeroize::Zeroizing;

use super::plan::Plan;
use super::vault::auth_mount;
use crate::context::{Context, read_text};
use crate::failure::Failure;
use crate::vault::{PkiMode, VaultClient, VaultPipeline, certificate_request_for};

/// Who agent and broker are to each other: a certificate in the name of their
/// own service account, by the same Vault that signs those of the pods. No role
/// of AWS trusts it.
pub(crate) struct Transport {
    kept: Kept<Obtaining>,
    /// The last one as TLS takes it.
    certified: Mutex<Option<(TransportCertificate, Arc<CertifiedKey>)>>,
    /// When another one was asked for before its time.
    renewed_at: Mutex<Option<SystemTime>>,
    /// The pod that our token is bound to.
    pod: Option<String>,
}

struct Obtaining {
    pipeline: VaultPipeline,
    clock: Arc<dyn Clock>,
}

/// The certificate, its key, and who may vouch for the other side.
#[derive(Clone)]
pub(super) struct TransportCertificate(Arc<Held>);

struct Held {
    certificates: Vec<CertificateDer<'static>>,
    private_key: Zeroizing<Vec<u8>>,
    authorities: Vec<CertificateDer<'static>>,
    lifetime: Lifetime,
}

impl Transport {
    /// From the settings; `role` is that of Vault's auth method and PKI, if
    /// nobody says otherwise. Connects to nobody.
    pub(crate) fn new(context: &Context<'_>, plan: &Plan, role: &str) -> Result<Self, Failure> {
        let clock = || Arc::clone(&context.clock);
        let file = context.settings.path("jwt-file")?;
        let file = file.unwrap_or_else(|| TOKEN_FILE.into());
        let own = own_token(context, plan, &file)?;
        let obtaining = Obtaining {
            pipeline: pipeline(context, plan, (role, file, &own.account))?,
            clock: clock(),
        };
        Ok(Self {
            kept: Kept::new(obtaining, Schedule::CERTIFICATE, clock()),
            certified: Mutex::default(),
            renewed_at: Mutex::default(),
            pod: own.pod.map(|pod| pod.name),
        })
    }

    /// The pod that we are, where our token names one.
    pub(super) fn pod(&self) -> Option<&str> {
        self.pod.as_deref()
    }

    /// Replaces it in time, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        self.kept.keep_fresh().await
    }

    /// Has another one signed, but not often: the other side may have one of a
    /// new CA, which we come to know by ours.
    pub(super) fn renew_soon(&self) {
        let now = self.kept.source().clock.now();
        let mut renewed_at = self
            .renewed_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_recent = renewed_at.is_some_and(|at| {
            let since = now.duration_since(at);
            since.is_ok_and(|since| since < LEAST_LIFE)
        });
        if !is_recent {
            *renewed_at = Some(now);
            self.kept.refresh_now();
        }
    }

    /// Whether there is one.
    pub(crate) fn is_there(&self) -> bool {
        self.at_hand().is_some()
    }

    /// The certificate, once there is one.
    pub(super) async fn certificate(&self) -> Option<TransportCertificate> {
        self.kept.get().await.ok()
    }

    /// The one that is there now.
    pub(super) fn at_hand(&self) -> Option<TransportCertificate> {
        match self.kept.at_hand() {
            AtHand::Good(certificate) | AtHand::Due(certificate) => Some(certificate),
            _ => None,
        }
    }

    /// The same as a server shows it.
    pub(super) fn certified(&self) -> Option<Arc<CertifiedKey>> {
        let certificate = self.at_hand()?;
        let mut certified = self
            .certified
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((of, key)) = &*certified
            && of.is(&certificate)
        {
            return Some(Arc::clone(key));
        }
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let private_key = PrivatePkcs8KeyDer::from(certificate.0.private_key.to_vec());
        let chain = certificate.0.certificates.clone();
        let key = CertifiedKey::from_der(chain, private_key.into(), &provider);
        let key =
            key.inspect_err(|error| tracing::error!(%error, "the certificate does not serve"));
        let key = Arc::new(key.ok()?);
        *certified = Some((certificate, Arc::clone(&key)));
        Some(key)
    }
}

impl TransportCertificate {
    /// Whether it is the same one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// As a client shows it.
    pub(super) fn client_identity(&self) -> ClientIdentity {
        ClientIdentity::Held {
            certificates: self.0.certificates.clone(),
            private_key: self.0.private_key.clone(),
        }
    }

    /// Whom a client believes.
    pub(super) fn roots(&self) -> Roots {
        Roots::Held(self.0.authorities.clone())
    }

    /// The same for a server.
    pub(super) fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.0.authorities
    }
}

impl Expires for TransportCertificate {
    fn lifetime(&self) -> Lifetime {
        self.0.lifetime
    }
}

impl Source for Obtaining {
    type Value = TransportCertificate;
    type Error = Failure;

    async fn obtain(&self) -> Result<TransportCertificate, Failure> {
        let issued = self.pipeline.obtain(self.clock.now()).await;
        self.pipeline.rest().await;
        let issued = issued.inspect_err(|failure| {
            let (code, hint) = (failure.code(), failure.hint());
            tracing::warn!(
                code,
                hint,
                "no certificate between agent and broker: {failure}"
            );
        })?;
        Ok(TransportCertificate(Arc::new(held(issued))))
    }
}

fn held(issued: IssuedCertificate) -> Held {
    let lifetime = Lifetime::new(issued.not_before, issued.not_after);
    let private_key = Zeroizing::new(issued.private_key().secret_pkcs8_der().to_vec());
    let above = issued.issuing_ca.iter().chain(&issued.root);
    let mut authorities: Vec<_> = above.chain(&issued.ca_chain).cloned().collect();
    authorities.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    authorities.dedup();
    let mut certificates = vec![issued.end_entity];
    certificates.extend(issued.intermediates);
    Held {
        certificates,
        private_key,
        authorities,
        lifetime,
    }
}

/// What has certificates signed for us, by the token of our own account.
fn pipeline(
    context: &Context<'_>,
    plan: &Plan,
    (role, jwt_file, account): (&str, PathBuf, &ServiceAccount),
) -> Result<VaultPipeline, Failure> {
    let settings = &context.settings;
    let or_role = |name| Ok::<_, Failure>(settings.text(name)?.unwrap_or_else(|| role.to_owned()));
    let names = Names::common_name(&super::common_name(account, &plan.cluster)?);
    let mut request = certificate_request_for(context, names, role)?;
    let pki_role = or_role("own-pki-role")?.parse();
    request.role = pki_role.map_err(vault_pki::Error::Name)?;
    let login = KubernetesLogin {
        mount: auth_mount(context)?,
        role: or_role("own-auth-role")?,
        jwt_file,
    };
    let client = VaultClient::anonymous(context)?;
    Ok(VaultPipeline {
        vault: client.vault.with_login(Box::new(login)),
        method: "kubernetes",
        request,
        mode: PkiMode::Sign,
    })
}

/// The token that lies there: who we are.
fn own_token(context: &Context<'_>, plan: &Plan, file: &Path) -> Result<PodToken, Failure> {
    let token = read_text(file)?;
    let read = PodToken::read(&token.trim().into(), &plan.audience, context.now());
    read.map_err(|fault| {
        let message = format!("{}: {fault}", file.display());
        Failure::configuration("file.invalid", message)
    })
}

/// What the accounts of that setting are called in their certificates.
pub(super) fn name_of(
    context: &Context<'_>,
    (setting, usual): (&'static str, &str),
    cluster: &ClusterName,
    own_namespace: &str,
) -> Result<String, Failure> {
    let account = context.settings.parse::<ServiceAccount>(setting)?;
    let account = match account {
        Some(account) => account,
        None => ServiceAccount::new(own_namespace, usual)
            .map_err(|error| Failure::configuration("config.invalid", error.to_string()))?,
    };
    super::common_name(&account, cluster)
}

/// The setting that names the agents' account, and its usual name.
pub(super) const AGENT: (&str, &str) = ("agent-account", "iamra-agent");
/// The same of the brokers.
pub(super) const BROKER: (&str, &str) = ("broker-account", "iamra-broker");
const LEAST_LIFE: Duration = Duration::from_mins(10);
/// Where kubelet puts the token by which we are a pod like any other.
const TOKEN_FILE: &str =
    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token";
