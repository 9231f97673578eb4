use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use refresh::Clock;
use tokio::sync::{Notify, Semaphore, watch};

use super::brokers::{Asked, Question, read};
use super::endpoint::{COPY_PATH, HELD_PATH};
use super::plan::Plan;
use super::replicas::{Replica, Replicas};
use super::transport::{Transport, TransportCertificate};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::session::SessionCredentials;

/// The brokers of the cluster, as one of them asks the others: for what they have
/// at hand, and to take a copy of what it holds.
///
/// An account's session is opened by the first broker in its order, and the second
/// one has a copy: whichever is lost, AWS is not asked again. Sessions go by
/// answers alone, to whoever shows a token of a pod of the account: nobody can
/// foist one on a broker.
pub(crate) struct Siblings {
    replicas: Replicas,
    /// What we are called among them; unknown where our token names no pod.
    own: Option<String>,
    /// Not for copies, too: two that wait for each other's turn would wait in vain.
    asking: Semaphore,
    /// There is something that others have no copy of yet.
    news: Notify,
    clock: Arc<dyn Clock>,
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
            news: Notify::new(),
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

    /// Something was obtained.
    pub(super) fn announce(&self) {
        self.news.notify_one();
    }

    /// Waits for that.
    pub(super) async fn announced(&self) {
        self.news.notified().await;
    }

    /// The account's session, where another one has it at hand.
    pub(super) async fn held(&self, question: Question<'_>) -> Option<SessionCredentials> {
        let own = self.own.as_ref()?;
        let certificate = self.replicas.transport().at_hand()?;
        let ranked = self.replicas.ranked(&question.account.to_string());
        let others = ranked.iter().filter(|replica| replica.name != *own);
        for replica in others.take(MOST_ASKED) {
            let _turn = self.asking.acquire().await.ok()?;
            // Looked at late: who waited for a turn need not find out anew.
            if self.replicas.is_silent(replica) {
                continue;
            }
            let asked = self.ask((replica, HELD_PATH), &certificate, question);
            if let Some(Asked::Answered(Ok(session))) = asked.await {
                return Some(session);
            }
        }
        None
    }

    /// Who is to have a copy of what we hold for an account; `None` where another
    /// one holds it, or there is no other.
    pub(super) fn second(&self, key: &str) -> Option<Replica> {
        let ranked = self.replicas.ranked(key);
        let mut ranked = ranked.into_iter();
        let (first, second) = (ranked.next()?, ranked.next()?);
        (self.own.as_ref() == Some(&first.name)).then_some(second)
    }

    /// Has that one ask for a copy, by the token that we were shown. Whether that
    /// is settled: one who could not be reached is told again.
    pub(super) async fn have_copied(&self, replica: &Replica, question: Question<'_>) -> bool {
        let Some(certificate) = self.replicas.transport().at_hand() else {
            return false;
        };
        if self.replicas.is_silent(replica) {
            return false;
        }
        let asked = self.ask((replica, COPY_PATH), &certificate, question);
        // A token that it does not take will be none the better later.
        matches!(asked.await, Some(Asked::Answered(_)))
    }

    async fn ask(
        &self,
        (replica, path): (&Replica, &str),
        certificate: &TransportCertificate,
        question: Question<'_>,
    ) -> Option<Asked> {
        let asking = self
            .replicas
            .get((replica, path), certificate, question.token);
        let asked = tokio::time::timeout(PATIENCE, asking).await;
        match asked.unwrap_or_else(|_| Err("it does not answer in time".to_owned())) {
            Ok(answer) => {
                self.replicas.heard(replica);
                Some(read(&answer, question.role_arn, self.clock.now()))
            }
            Err(why) => {
                self.replicas.missed(replica, &why);
                None
            }
        }
    }
}

const AT_ONCE: usize = 16;
/// After others have come and gone, it may be the one after the next.
const MOST_ASKED: usize = 2;
/// What is at hand is told at once.
const PATIENCE: Duration = Duration::from_secs(1);
