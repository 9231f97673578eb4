use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use credential_server::HandOut;
use refresh::{Expires, Lifetime, Source};
use rolesanywhere::{
    Identity, ProfileArn, RoleArn, RolesAnywhere, Session, SessionDuration, SessionRequest,
    TrustAnchorArn,
};

use pod_identity::ServiceAccount;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::brokers::{Question, SKEW};
use super::pace::Pace;
use super::proof::Proof;
use super::sharing::Sharing;
use super::siblings::Held;
use crate::audit;
use crate::aws::{AwsConnection, custom_endpoint, region};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::IdentityKeeper;
use crate::serve;
use crate::session::{SessionCredentials, SessionKey, Throttles};

/// What all sessions of pods have in common.
pub(super) struct PodAws {
    roles_anywhere: RolesAnywhere,
    trust_anchor: TrustAnchorArn,
    default_profile: Option<ProfileArn>,
    duration: SessionDuration,
    pub(super) pace: Pace,
    per_second: f64,
    /// Whether the others with that quota are a few brokers, and not all nodes.
    is_of_few: bool,
    /// So many certificates are asked for at once: sessions are opened one after
    /// the other, and a node's start need not be all Vault's at one moment.
    certifying: Semaphore,
}

impl PodAws {
    /// From the settings; connects to nobody.
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let trust_anchor: TrustAnchorArn = settings.require("trust-anchor-arn")?;
        let connection = AwsConnection::new(context)?;
        let own = trust_anchor.region().ok_or_else(|| {
            let message = format!("--trust-anchor-arn: {trust_anchor} names no region");
            Failure::configuration("config.invalid", message)
        })?;
        let region = region(settings, own)?;
        let custom = custom_endpoint(settings, "endpoint")?;
        let endpoint = connection.endpoint(custom, "rolesanywhere", &region)?;
        let http = connection.http()?;
        let per_second = super::positive(settings, "session-rate")?.unwrap_or(SESSIONS_PER_SECOND);
        Ok(Self {
            roles_anywhere: connection.roles_anywhere(http, endpoint),
            default_profile: settings.parse("profile-arn")?,
            duration: settings
                .parse("session-duration")?
                .unwrap_or(SessionDuration::HOUR),
            pace: Pace::new(f64::from(per_second), Arc::clone(&context.clock)),
            per_second: f64::from(per_second),
            is_of_few: false,
            certifying: Semaphore::new(CERTIFICATES_OF_A_NODE),
            trust_anchor,
        })
    }

    /// The same for a broker.
    pub(super) fn of_few(self) -> Self {
        Self {
            is_of_few: true,
            certifying: Semaphore::new(CERTIFICATES_OF_A_CLUSTER),
            ..self
        }
    }

    /// How an account comes back that AWS has throttled.
    pub(super) fn throttles(&self) -> Throttles {
        if self.is_of_few {
            Throttles::of_few()
        } else {
            Throttles::default()
        }
    }

    /// Opens no more than its share, where so many replicas have one quota.
    pub(super) fn share_quota(&self, replicas: usize) {
        let replicas = u32::try_from(replicas.max(1)).unwrap_or(u32::MAX);
        self.pace.set(self.per_second / f64::from(replicas));
    }

    /// Opens a session, beside all pace.
    pub(super) async fn open(
        &self,
        identity: &Identity,
        request: &SessionRequest,
    ) -> Result<Session, Failure> {
        let opened = self.roles_anywhere.create_session(identity, request);
        Ok(opened.await?)
    }

    /// What is asked for a pod whose account has that role.
    pub(super) fn request(
        &self,
        association: &pod_identity::Association,
    ) -> Result<SessionRequest, Failure> {
        let wrong = |what: &str, text: &str, why: String| {
            let message = format!("{what} {text:?} cannot be used: {why}");
            Failure::configuration("config.invalid", message)
        };
        let text = &association.role_arn;
        let role = text.parse::<RoleArn>();
        let role = role.map_err(|error| wrong("the role", text, error.to_string()))?;
        let profile = match &association.profile_arn {
            Some(text) => {
                let profile = text.parse::<ProfileArn>();
                profile.map_err(|error| wrong("the profile", text, error.to_string()))?
            }
            None => self.default_profile.clone().ok_or_else(|| {
                let message =
                    "no profile is known: neither the association nor --profile-arn names one";
                Failure::configuration("config.missing", message)
            })?,
        };
        let request = SessionRequest::new(self.trust_anchor.clone(), profile, role);
        let mut request = request.map_err(rolesanywhere::Error::from)?;
        request.duration = Some(self.duration);
        Ok(request)
    }
}

/// Which session such a request opens, whoever's certificate it is.
pub(super) fn key_of(request: &SessionRequest) -> SessionKey {
    SessionKey::of(&[
        ("trust-anchor", request.trust_anchor().to_string()),
        ("profile", request.profile().to_string()),
        ("role", request.role().to_string()),
        ("duration", format!("{:?}", request.duration)),
    ])
}

/// Opens the sessions of one account and role, one after the other.
pub(super) struct Opening {
    pub(super) aws: Arc<PodAws>,
    pub(super) identity: Arc<IdentityKeeper>,
    pub(super) request: SessionRequest,
    pub(super) throttles: Throttles,
}

/// A session as it is handed out.
#[derive(Clone)]
pub(super) struct PodSession {
    pub(super) hand_out: Arc<HandOut>,
    lifetime: Lifetime,
}

impl Expires for PodSession {
    fn lifetime(&self) -> Lifetime {
        self.lifetime
    }
}

/// Has whoever holds an account's session hand it out; where nobody does, opens one.
pub(super) struct Obtaining {
    pub(super) own: Opening,
    pub(super) account: ServiceAccount,
    pub(super) proof: Proof,
    pub(super) sharing: Sharing,
    /// Which session it is that is wanted: brokers with other settings want another.
    pub(super) key: SessionKey,
    /// Whether there was one: who begins anew asks the others before AWS.
    pub(super) has_begun: AtomicBool,
}

/// Not everybody could be asked who might have a session.
pub(super) struct NotAsked;

impl Source for Obtaining {
    type Value = PodSession;
    type Error = Failure;

    async fn obtain(&self) -> Result<PodSession, Failure> {
        let obtained = self.obtained().await;
        // Pods are told the code; once for each attempt, whatever the number of pods.
        obtained.inspect_err(|failure| {
            let (code, hint) = (failure.code(), failure.hint());
            let (account, role) = (&self.account, self.own.request.role());
            tracing::warn!(%account, %role, code, hint, "no session for pods: {failure}");
        })
    }
}

impl Obtaining {
    async fn obtained(&self) -> Result<PodSession, Failure> {
        if let Some(answer) = self.of_brokers().await {
            return PodSession::new(&answer?);
        }
        let copy = if self.has_begun.load(Relaxed) {
            None
        } else {
            // Pods do not wait for brokers that cannot be asked: AWS is, then.
            Box::pin(self.copy()).await.unwrap_or_default()
        };
        let session = match copy {
            Some(copy) => copy,
            None => self.own.open().await?,
        };
        self.has_begun.store(true, Relaxed);
        if let Sharing::AmongBrokers(siblings) = &self.sharing {
            siblings.announce(&self.account);
        }
        Ok(session)
    }

    /// What brokers say, where there are some.
    async fn of_brokers(&self) -> Option<Result<SessionCredentials, Failure>> {
        let Sharing::WithBrokers(brokers) = &self.sharing else {
            return None;
        };
        let (role_arn, token) = (self.own.request.role().to_string(), self.proof.token());
        let answer = Box::pin(brokers.ask(self.question(&role_arn, &token))).await;
        if answer.is_none() {
            tracing::info!(account = %self.account, "no broker: opening a session alone");
        }
        answer
    }

    /// The session that another broker has, if it can be one of those that are wanted;
    /// an error says that not all could be asked.
    pub(super) async fn copy(&self) -> Result<Option<PodSession>, NotAsked> {
        let Sharing::AmongBrokers(siblings) = &self.sharing else {
            return Ok(None);
        };
        let (role_arn, token) = (self.own.request.role().to_string(), self.proof.token());
        let question = self.question(&role_arn, &token);
        match siblings.held(question, &self.key).await {
            Held::Here(session) => Ok(self.taken_over(&session)),
            Held::Nowhere => Ok(None),
            Held::Unknown => Err(NotAsked),
        }
    }

    fn taken_over(&self, held: &SessionCredentials) -> Option<PodSession> {
        let account = &self.account;
        let longest = self.own.request.duration?.as_duration() + SKEW;
        if held.lifetime.duration() > longest {
            tracing::warn!(%account, "another broker has a session that lasts too long");
            return None;
        }
        let copy = PodSession::new(held).ok()?;
        self.has_begun.store(true, Relaxed);
        tracing::info!(%account, "took over a session of another broker");
        Some(copy)
    }

    fn question<'a>(&'a self, role_arn: &'a str, token: &'a SecretString) -> Question<'a> {
        Question {
            account: &self.account,
            role_arn,
            token,
        }
    }
}

impl PodSession {
    fn new(credentials: &SessionCredentials) -> Result<Self, Failure> {
        let hand_out = serve::hand_out(credentials).map_err(|refusal| {
            let message = format!("the session cannot be handed out: {refusal}");
            Failure::new("aws.unusable-answer", refresh::FaultKind::Failed, message)
        })?;
        Ok(Self {
            hand_out: Arc::new(hand_out),
            lifetime: credentials.lifetime,
        })
    }
}

impl Opening {
    async fn open(&self) -> Result<PodSession, Failure> {
        // Hundreds stand in line for their turn, without the room for the rest.
        let identity = Box::pin(self.identity()).await?;
        self.aws.pace.turn().await;
        let opened = Box::pin(self.aws.open(&identity, &self.request)).await;
        let session = opened.map_err(|failure| self.throttles.spread(failure))?;
        self.throttles.over();
        audit::session_opened(&session, &identity.certificate().serial_hex());
        PodSession::new(&SessionCredentials::from(&session))
    }

    /// Who has a certificate does not stand in line behind those who wait for Vault.
    async fn identity(&self) -> Result<Arc<Identity>, Failure> {
        let left = self.identity.remaining();
        let _turn = match left.filter(|left| !left.is_zero()) {
            Some(_) => None,
            None => self.aws.certifying.acquire().await.ok(),
        };
        self.identity.identity().await
    }
}

/// What AWS allows an account in a region.
const SESSIONS_PER_SECOND: u32 = 10;
/// Each over a connection of its own, which all the nodes of a cluster may open at
/// one moment. Enough for that quota where Vault takes most of a second.
const CERTIFICATES_OF_A_NODE: usize = 8;
const CERTIFICATES_OF_A_CLUSTER: usize = 16;
