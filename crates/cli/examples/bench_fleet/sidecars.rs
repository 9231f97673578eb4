use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use destination::{Destination, HttpClient};
use refresh::{Backoff, Clock as _, Fault, FaultKind, Kept, Schedule, Source, SystemClock};
use rolesanywhere::{
    Certificate, Identity, PrivateKey, RolesAnywhere, Session, SessionDuration, SessionRequest,
};
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;
use tokio::sync::Notify;
use vault_pki::{CertificateRequest, JwtLogin, JwtSource, Names, NoLogin, Vault, VaultSettings};

use crate::Result;
use crate::cluster::{Cluster, FleetPod, NAME, account_name, role_arn};
use crate::course::Course;
use crate::start;

/// Each pod has a session of its own: what `creds serve` beside it does, by the
/// same crates, in tasks of this process, over connections that they share.
pub(crate) fn start(cluster: &Cluster, stretch: Duration) -> Result<Course> {
    let sandbox = &cluster.sandbox;
    let settings = VaultSettings {
        address: sandbox.vault_url().parse()?,
        ..VaultSettings::default()
    };
    let vault = Vault::new(
        settings,
        Box::new(NoLogin::default()),
        Arc::new(SystemClock),
    )?;
    let http = Arc::new(HttpClient::new(Destination::default())?);
    let aws = Arc::new(RolesAnywhere::new(http).with_endpoint(sandbox.aws_url().parse()?));
    let (anchor, profile) = (sandbox.trust_anchor_arn(), sandbox.profile_arn());
    let sidecar = |pod: FleetPod| -> Result<Sidecar> {
        let role = role_arn(pod.account).parse()?;
        let mut request = SessionRequest::new(anchor.parse()?, profile.parse()?, role)?;
        request.duration = Some(SessionDuration::HOUR);
        Ok(Sidecar {
            certificate_request: certificate_request(&pod)?,
            vault: vault.with_login(login(&pod)?),
            aws: Arc::clone(&aws),
            request,
            identity: tokio::sync::OnceCell::new(),
            throttles: Mutex::default(),
            opened: Arc::new(Notify::new()),
        })
    };
    // The first of them shows whether there is anything to begin with.
    if let Some(pod) = cluster.pods.first() {
        sidecar(pod.clone())?;
    }
    start::watch(cluster, (stretch, cluster.size.pods), |pod| {
        let sidecar = sidecar(pod).ok();
        async move {
            match sidecar {
                Some(sidecar) => sidecar.until_opened().await,
                None => std::future::pending().await,
            }
        }
    })
}

struct Sidecar {
    vault: Vault,
    certificate_request: CertificateRequest,
    aws: Arc<RolesAnywhere>,
    request: SessionRequest,
    identity: tokio::sync::OnceCell<Identity>,
    /// How often in a row AWS has said that we are too many.
    throttles: Mutex<u32>,
    opened: Arc<Notify>,
}

impl Sidecar {
    async fn until_opened(self) {
        let opened = Arc::clone(&self.opened);
        let kept = Kept::new(self, Schedule::SESSION, Arc::new(SystemClock));
        tokio::select! {
            never = kept.keep_fresh() => match never {},
            () = opened.notified() => {}
        }
    }

    async fn open(&self) -> Result<Session> {
        let identity = self.identity.get_or_try_init(|| self.certify()).await?;
        Ok(self.aws.create_session(identity, &self.request).await?)
    }

    async fn certify(&self) -> Result<Identity> {
        let now = SystemClock.now();
        let issued = self.vault.sign(&self.certificate_request, now).await?;
        let parse = |der: &CertificateDer<'static>| Certificate::from_der(der.clone());
        let intermediates = issued.intermediates.iter().map(parse);
        let key = PrivateKey::from_der(&issued.private_key().into())?;
        Ok(Identity::new(
            parse(&issued.end_entity)?,
            intermediates.collect::<std::result::Result<_, _>>()?,
            Arc::new(key),
        )?)
    }

    /// Spreads a fleet that is throttled, as `creds serve` does.
    fn rest(&self) -> Duration {
        let mut throttles = self
            .throttles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let rest = SPREAD.delay(*throttles, fastrand::f64(), None);
        *throttles += 1;
        rest
    }
}

/// Why there is no session yet.
#[derive(Debug)]
struct Missed(Option<Duration>);

impl Fault for Missed {
    fn fault(&self) -> FaultKind {
        FaultKind::Unavailable
    }

    fn retry_after(&self) -> Option<Duration> {
        self.0
    }
}

impl Source for Sidecar {
    type Value = Session;
    type Error = Missed;

    async fn obtain(&self) -> std::result::Result<Session, Missed> {
        match self.open().await {
            Ok(session) => {
                self.opened.notify_one();
                Ok(session)
            }
            Err(error) => {
                let refusal = error.downcast_ref::<rolesanywhere::Error>();
                let refusal = refusal.and_then(rolesanywhere::Error::refusal);
                let is_throttled = refusal.is_some_and(rolesanywhere::Refusal::is_transient);
                Err(Missed(is_throttled.then(|| self.rest())))
            }
        }
    }
}

fn certificate_request(pod: &FleetPod) -> Result<CertificateRequest> {
    let (namespace, name) = account_name(pod.account);
    let names = Names::common_name(format!("{name}.{namespace}.pods.{NAME}"));
    Ok(CertificateRequest::new(
        "pki-aws".parse()?,
        "pods".parse()?,
        names,
    ))
}

fn login(pod: &FleetPod) -> Result<Box<JwtLogin>> {
    Ok(Box::new(JwtLogin {
        mount: "kubernetes".parse()?,
        role: Some("pods".to_owned()),
        source: Box::new(PodToken(pod.token.clone())),
    }))
}

/// The token that the pod has.
#[derive(Debug)]
struct PodToken(SecretString);

#[async_trait]
impl JwtSource for PodToken {
    fn is_repeatable(&self) -> bool {
        true
    }

    async fn jwt(&self) -> std::result::Result<SecretString, vault_pki::Error> {
        Ok(self.0.clone())
    }
}

const SPREAD: Backoff = Backoff {
    base: Duration::from_secs(30),
    cap: Duration::from_mins(5),
};
