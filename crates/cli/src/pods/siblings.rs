use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use destination::Response;
use http::StatusCode;
use pod_identity::ServiceAccount;
use refresh::Clock;
use tokio::sync::{Notify, Semaphore, watch};

use super::brokers::{Asked, Question, read};
use super::errand::Errand;
use super::plan::Plan;
use super::replicas::{Replica, Replicas};
use super::transport::{Transport, TransportCertificate};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::session::{SessionCredentials, SessionKey};

/// The brokers of the cluster, as one of them asks the others: for what they have
/// at hand, and to take a copy of what it has.
///
/// The first two in an account's order have its session: where one is lost, AWS is
/// not asked again. It goes from one to the other in answers alone, to whoever shows
/// a token of a pod of the account, and is believed as an agent believes a broker.
pub(crate) struct Siblings {
    replicas: Replicas,
    /// What we are called among them; unknown where our token names no pod.
    own: Option<String>,
    /// Not for copies, too: two that wait for each other's turn would wait in vain.
    asking: Semaphore,
    /// Accounts whose sessions others may lack.
    due: Mutex<HashSet<ServiceAccount>>,
    announced: Notify,
    clock: Arc<dyn Clock>,
}

/// Where a session is that we look for.
pub(super) enum Held {
    Here(Box<SessionCredentials>),
    Nowhere,
    /// Not all could be asked.
    Unknown,
}

/// What came of telling another broker of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Told {
    /// It has it, or wants another one.
    Settled,
    /// It does not take the token.
    Refused,
    /// It could not be reached, or could not find out.
    Unheard,
}

impl Siblings {
    /// As the settings say; none where they name no service.
    pub(crate) fn named(
        context: &Context<'_>,
        (plan, access): (&Plan, &Access),
        transport: &Arc<Transport>,
    ) -> Result<Option<Self>, Failure> {
        let shared = || Ok(Arc::clone(transport));
        let replicas = Replicas::named(context, (plan, access), shared)?;
        Ok(replicas.map(|replicas| Self {
            replicas,
            own: transport.pod().map(str::to_owned),
            asking: Semaphore::new(AT_ONCE),
            due: Mutex::default(),
            announced: Notify::new(),
            clock: Arc::clone(&context.clock),
        }))
    }

    /// Knows who is ready, for as long as this is awaited.
    pub(super) async fn keep(&self) -> Infallible {
        self.replicas.keep().await
    }

    /// Who is ready, and who will be; nothing before they were listed once.
    pub(super) fn ready(&self) -> watch::Receiver<Option<Vec<Replica>>> {
        self.replicas.ready()
    }

    /// There is a session of that account which others may lack.
    pub(super) fn announce(&self, account: &ServiceAccount) {
        self.postpone(account);
        self.announced.notify_one();
    }

    /// Waits for that.
    pub(super) async fn announced(&self) {
        self.announced.notified().await;
    }

    /// The same, and somebody will look by and by.
    pub(super) fn postpone(&self, account: &ServiceAccount) {
        self.due().insert(account.clone());
    }

    /// The same of all of these.
    pub(super) fn all_due(&self, accounts: Vec<ServiceAccount>) {
        self.due().extend(accounts);
    }

    /// Which accounts those are; they are no longer, then.
    pub(super) fn take_due(&self) -> HashSet<ServiceAccount> {
        std::mem::take(&mut *self.due())
    }

    /// The account's session of that key, where another one has it at hand.
    pub(super) async fn held(&self, question: Question<'_>, key: &SessionKey) -> Held {
        // Who does not know which one it is takes part in no copying.
        let Some(own) = &self.own else {
            return Held::Nowhere;
        };
        let listed = self.replicas.listed().await;
        let certificate = self.replicas.transport().at_hand();
        let (Some(()), Some(certificate)) = (listed, certificate) else {
            return Held::Unknown;
        };
        let errand = Errand::Held { key: key.clone() };
        let ranked = self.replicas.ranked(&question.account.to_string());
        let others = ranked.iter().filter(|replica| replica.name != *own);
        let mut found = Held::Nowhere;
        for replica in others.take(MOST_ASKED) {
            let Ok(_turn) = self.asking.acquire().await else {
                return Held::Unknown;
            };
            let answer = self.ask((replica, &errand), &certificate, question).await;
            let read = answer.map(|answer| self.read(&answer, question));
            match read.unwrap_or(Held::Unknown) {
                Held::Nowhere => {}
                Held::Unknown => found = Held::Unknown,
                here @ Held::Here(_) => return here,
            }
        }
        found
    }

    fn read(&self, answer: &Response, question: Question<'_>) -> Held {
        let status = answer.status;
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Held::Unknown;
        }
        match read(answer, question.role_arn, self.clock.now()) {
            Asked::Answered(Ok(session)) => Held::Here(Box::new(session)),
            _ => Held::Nowhere,
        }
    }

    /// Who is to have an account's session beside us.
    pub(super) fn holders(&self, key: &str) -> Vec<Replica> {
        let Some(own) = &self.own else {
            return Vec::new();
        };
        let mut holders = self.replicas.ranked(key);
        holders.truncate(HOLDERS);
        holders.retain(|replica| replica.name != *own);
        holders
    }

    /// Tells one that we have a session, and by which token it can ask for it.
    pub(super) async fn tell(
        &self,
        (replica, errand): (&Replica, &Errand),
        question: Question<'_>,
    ) -> Told {
        let Some(certificate) = self.replicas.transport().at_hand() else {
            return Told::Unheard;
        };
        let answer = self.ask((replica, errand), &certificate, question).await;
        match answer.map(|answer| answer.status) {
            Some(StatusCode::OK | StatusCode::NOT_FOUND) => Told::Settled,
            Some(StatusCode::TOO_MANY_REQUESTS) | None => Told::Unheard,
            Some(status) if status.is_client_error() => Told::Refused,
            Some(_) => Told::Unheard,
        }
    }

    /// One answer; none of who could not be reached, now or just before.
    async fn ask(
        &self,
        (replica, errand): (&Replica, &Errand),
        certificate: &TransportCertificate,
        question: Question<'_>,
    ) -> Option<Response> {
        if self.replicas.is_silent(replica) {
            return None;
        }
        let asked = self
            .replicas
            .ask((replica, errand), certificate, question.token);
        match asked.await {
            Ok(answer) => {
                self.replicas.heard(replica);
                Some(answer)
            }
            Err(why) => {
                self.replicas.missed(replica, &why);
                None
            }
        }
    }

    fn due(&self) -> MutexGuard<'_, HashSet<ServiceAccount>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many brokers have an account's session.
const HOLDERS: usize = 2;
const AT_ONCE: usize = 16;
/// After others have come and gone, it may be far down in the order.
const MOST_ASKED: usize = 4;
