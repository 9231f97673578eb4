use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use credential_server::{
    Broker, Caller, CredentialRequest, Door, HandOut, HandedOut, Instance, Refusal,
};
use secrecy::ExposeSecret as _;

use crate::audit;
use crate::failure::Failure;
use crate::session::{SessionCredentials, SessionDaemon, SessionKeeper};

/// A session, and where it is handed out.
pub(crate) struct Role {
    /// The path of the container credentials.
    pub(crate) path: String,
    /// How its token is called in the audit trail.
    pub(crate) label: String,
    /// The IAM role's name, as the metadata service lists it.
    pub(crate) name: String,
    pub(crate) session: Arc<SessionDaemon>,
    last: Mutex<Option<(SessionCredentials, Arc<HandOut>)>>,
}

impl Role {
    pub(crate) fn new(path: String, label: String, session: Arc<SessionDaemon>) -> Self {
        let keeper = session.source().keeper();
        let name = keeper.map(|keeper| keeper.aws().role().role_name().to_owned());
        Self {
            path,
            label,
            name: name.unwrap_or_default(),
            session,
            last: Mutex::default(),
        }
    }

    /// What is handed out: made once for each session.
    async fn hand_out(&self) -> Result<Arc<HandOut>, Refusal> {
        let credentials = self.session.credentials().await;
        let credentials = credentials.map_err(|failure| unavailable(&failure))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, hand_out)) = &*last
            && known.is(&credentials)
        {
            return Ok(Arc::clone(hand_out));
        }
        let hand_out = Arc::new(hand_out(&credentials)?);
        *last = Some((credentials, Arc::clone(&hand_out)));
        Ok(hand_out)
    }

    fn instance(&self) -> Instance {
        let keeper = self.session.source().keeper();
        let aws = keeper.map(SessionKeeper::aws);
        let mut instance = Instance::default();
        instance.role.clone_from(&self.name);
        instance.region = aws.map(|aws| aws.region.to_string());
        instance.account_id = aws.and_then(|aws| account(&aws.role().to_string()));
        instance
    }
}

/// Which role a caller gets: the one whose path it knows, with its token, or the
/// main one by the metadata service.
pub(crate) struct SessionBroker {
    roles: Vec<Role>,
    instance: Arc<Instance>,
}

impl SessionBroker {
    /// The first role is the main one.
    pub(super) fn new(roles: Vec<Role>) -> Self {
        let instance = roles.first().map(Role::instance).unwrap_or_default();
        Self {
            roles,
            instance: Arc::new(instance),
        }
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &Arc<SessionDaemon>> {
        self.roles.iter().map(|role| &role.session)
    }

    pub(super) fn roles(&self) -> &[Role] {
        &self.roles
    }

    fn role(&self, door: Door<'_>) -> Option<&Role> {
        match door {
            Door::Container { path, .. } => self.roles.iter().find(|role| role.path == path),
            Door::InstanceRole { name } => self.roles.first().filter(|role| role.name == name),
            _ => None,
        }
    }
}

impl Broker for SessionBroker {
    async fn credentials(&self, request: &CredentialRequest<'_>) -> Result<Arc<HandOut>, Refusal> {
        let role = self.role(request.door).ok_or(Refusal::NotFound)?;
        role.hand_out().await
    }

    async fn instance(&self, _: &Caller<'_>) -> Result<Arc<Instance>, Refusal> {
        Ok(Arc::clone(&self.instance))
    }

    fn handed_out(&self, event: &HandedOut<'_>) {
        audit::served(event);
    }
}

/// What is handed out of a session.
pub(crate) fn hand_out(credentials: &SessionCredentials) -> Result<HandOut, Refusal> {
    let mut builder = Credentials::builder()
        .access_key_id(&credentials.access_key_id)
        .secret_access_key(credentials.secret_access_key.expose_secret())
        .session_token(credentials.session_token.expose_secret())
        .expiry(credentials.lifetime.end())
        .provider_name("iamra");
    if let Some(account) = credentials.role_arn.as_deref().and_then(account) {
        builder = builder.account_id(account);
    }
    let made = HandOut::new(builder.build(), credentials.lifetime.start());
    let made = made.map_err(|error| Refusal::Unavailable {
        message: error.to_string(),
        retry_after: A_MOMENT,
    })?;
    let made = made.with_expiration_text(credentials.expiration.as_str());
    Ok(match &credentials.role_arn {
        Some(role) => made.with_role_arn(role.as_str()),
        None => made,
    })
}

/// The fifth part of an ARN.
fn account(arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    (!account.is_empty()).then(|| account.to_owned())
}

/// Callers are told what kind of failure it is; the rest is in our log.
fn unavailable(failure: &Failure) -> Refusal {
    Refusal::Unavailable {
        message: format!("no valid credentials are at hand: {}", failure.code()),
        retry_after: A_MOMENT,
    }
}

const A_MOMENT: Duration = Duration::from_secs(5);
