use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use destination::Response;
use http::StatusCode;
use pod_identity::ServiceAccount;
use refresh::{Clock, FaultKind};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::errand::Errand;
use super::plan::Plan;
use super::replicas::{Replica, Replicas};
use super::transport::{Transport, TransportCertificate};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::Access;
use crate::session::{LONGEST_SESSION, SessionCredentials, read_document};

/// The brokers of the cluster, as an agent asks them.
pub(crate) struct Brokers {
    replicas: Replicas,
    /// A node asks so many times at once: its restart is not the only one.
    asking: Semaphore,
    clock: Arc<dyn Clock>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) account: &'a ServiceAccount,
    pub(super) role_arn: &'a str,
    /// Of a pod of that account.
    pub(super) token: &'a SecretString,
}

/// What came of asking one.
pub(super) enum Asked {
    Answered(Result<SessionCredentials, Failure>),
    /// It is at it: ask again then; and what is said if that is for too long.
    Later(Duration, Failure),
    /// It cannot be reached.
    Gone(String),
}

impl Brokers {
    /// As the settings say; none where they name no service.
    pub(crate) fn named(
        context: &Context<'_>,
        plan: &Plan,
        access: &Access,
    ) -> Result<Option<Self>, Failure> {
        let transport = || Transport::new(context, plan, super::ROLE).map(Arc::new);
        let replicas = Replicas::named(context, (plan, access), transport)?;
        Ok(replicas.map(|replicas| Self {
            replicas,
            asking: Semaphore::new(AT_ONCE),
            clock: Arc::clone(&context.clock),
        }))
    }

    /// Knows who is ready, and who we are, for as long as this is awaited.
    pub(crate) async fn keep(&self) -> Infallible {
        tokio::select! {
            never = self.replicas.keep() => never,
            never = self.replicas.transport().keep() => never,
        }
    }

    /// The account's session in that role, from the broker that holds it, or the
    /// next one in order; `None` where none can be asked.
    pub(super) async fn ask(
        &self,
        question: Question<'_>,
    ) -> Option<Result<SessionCredentials, Failure>> {
        // An agent that has just begun waits a moment for both: all nodes of a
        // cluster that works alone are more than the quota allows.
        let certificate = tokio::time::timeout(BEGINNING, self.begun()).await.ok()??;
        let mut last = None;
        let asking = self.ask_until_answered(question, &certificate, &mut last);
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(answer) => answer,
            Err(_) => Some(Err(last.unwrap_or_else(|| {
                unavailable("no broker has answered in time".to_owned())
            }))),
        }
    }

    /// The same for as long as it is awaited; `last` is why not yet.
    async fn ask_until_answered(
        &self,
        question: Question<'_>,
        certificate: &TransportCertificate,
        last: &mut Option<Failure>,
    ) -> Option<Result<SessionCredentials, Failure>> {
        let mut gone: Vec<SocketAddr> = Vec::new();
        let mut rounds = 0;
        loop {
            let turn = self.asking.acquire().await.ok()?;
            // Anew each time: who is ready, and who answers, changes while one waits.
            let Some(replica) = self.first_but(&gone, &question.account.to_string()) else {
                drop(turn);
                self.come_round(rounds, &gone).await?;
                rounds += 1;
                gone.clear();
                continue;
            };
            let asked = self.ask_one(&replica, certificate, question).await;
            drop(turn);
            match asked {
                Asked::Answered(answer) => {
                    self.replicas.heard(&replica);
                    return Some(answer);
                }
                Asked::Later(wait, failure) => {
                    self.replicas.heard(&replica);
                    *last = Some(failure);
                    self.clock.sleep(wait).await;
                }
                Asked::Gone(why) => {
                    self.replicas.missed(&replica, &why);
                    gone.push(replica.address);
                }
            }
        }
    }

    /// Waits before all are asked once more; `None` where there is nobody to ask,
    /// or all were asked often enough. Those who do not know our CA any more, or
    /// whose CA we do not know, will when both have another certificate.
    async fn come_round(&self, rounds: u32, gone: &[SocketAddr]) -> Option<()> {
        if gone.is_empty() {
            return None;
        }
        if rounds >= ROUNDS {
            tracing::warn!(brokers = gone.len(), "no broker can be reached");
            self.replicas.transport().renew_soon();
            return None;
        }
        let wait = A_MOMENT.mul_f64(0.25 + fastrand::f64() / 2.0);
        self.clock.sleep(wait).await;
        Some(())
    }

    /// Who we are, once that and the brokers are known.
    async fn begun(&self) -> Option<TransportCertificate> {
        self.replicas.listed().await?;
        self.replicas.transport().certificate().await
    }

    async fn ask_one(
        &self,
        replica: &Replica,
        certificate: &TransportCertificate,
        question: Question<'_>,
    ) -> Asked {
        let asked = self
            .replicas
            .ask((replica, &Errand::Credentials), certificate, question.token);
        match asked.await {
            Ok(answer) => read(&answer, question.role_arn, self.clock.now()),
            Err(why) => Asked::Gone(why),
        }
    }

    /// Who holds it of those that are not gone, and of those who answer if any does.
    fn first_but(&self, gone: &[SocketAddr], key: &str) -> Option<Replica> {
        let mut ranked = self.replicas.ranked(key);
        ranked.retain(|replica| !gone.contains(&replica.address));
        let answers = |replica: &Replica| !self.replicas.is_silent(replica);
        let first = ranked.iter().position(answers).unwrap_or_default();
        ranked.into_iter().nth(first)
    }
}

/// What an answer means to who asked for a session in that role.
pub(super) fn read(answer: &Response, role_arn: &str, now: SystemTime) -> Asked {
    let text = String::from_utf8_lossy(&answer.body).trim().to_owned();
    let wait = answer.retry_after().unwrap_or(A_MOMENT).min(A_MOMENT);
    match answer.status {
        StatusCode::OK => match read_document(&answer.body, now) {
            // It has not heard yet that the account has another role.
            Ok(credentials) if credentials.role_arn.as_deref() != Some(role_arn) => {
                let text = "the broker knows the account in another role".to_owned();
                Asked::Later(A_MOMENT, unavailable(text))
            }
            // Else one bad answer would be believed for ever.
            Ok(credentials) if credentials.lifetime.duration() > LONGEST_SESSION + SKEW => {
                Asked::Answered(Err(unusable("it ends later than any session does")))
            }
            read => Asked::Answered(read.map_err(unusable)),
        },
        // The same of an account that had none.
        StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE => {
            Asked::Later(wait, unavailable(text))
        }
        StatusCode::TOO_MANY_REQUESTS => Asked::Later(wait, throttled(text)),
        // It is about the token of one pod, and not about the account.
        StatusCode::BAD_REQUEST => Asked::Answered(Err(unavailable(text))),
        status if status.is_client_error() => {
            Asked::Answered(Err(Failure::new(REFUSED, FaultKind::Denied, text)))
        }
        status => Asked::Gone(format!("it answers {status}")),
    }
}

fn unavailable(text: String) -> Failure {
    Failure::new(REFUSED, FaultKind::Unavailable, text).with_retry_after(Some(A_MOMENT))
}

fn unusable(why: &str) -> Failure {
    let message = format!("the answer of a broker cannot be used: {why}");
    Failure::new("endpoint.unusable-answer", FaultKind::Unavailable, message)
}

fn throttled(text: String) -> Failure {
    Failure::new("aws.throttled", FaultKind::Unavailable, text).with_retry_after(Some(A_MOMENT))
}

/// How far its clock may be before ours.
pub(super) const SKEW: Duration = Duration::from_mins(5);
/// The code of what a broker refuses, whose words are for the pod.
pub(super) const REFUSED: &str = "pods.broker-refused";
const A_MOMENT: Duration = Duration::from_secs(1);
const AT_ONCE: usize = 8;
/// How often all are asked before an agent works alone.
const ROUNDS: u32 = 2;
const BEGINNING: Duration = Duration::from_secs(5);
/// As long as a pod waits for us.
const PATIENCE: Duration = Duration::from_secs(25);

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use refresh::Fault as _;

    use super::*;

    const ROLE: &str = "arn:aws:iam::1:role/web";

    fn answered(status: u16, body: &str) -> String {
        let answer = Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec().into(),
        };
        match read(&answer, ROLE, SystemTime::UNIX_EPOCH) {
            Asked::Answered(Ok(credentials)) => format!("has {}", credentials.access_key_id),
            Asked::Answered(Err(failure)) => {
                format!("ends {} {:?}: {failure}", failure.code(), failure.fault())
            }
            Asked::Later(wait, failure) => {
                format!("again in {wait:?}, else {}: {failure}", failure.code())
            }
            Asked::Gone(why) => format!("gone: {why}"),
        }
    }

    #[test]
    fn an_answer_ends_the_matter_or_is_waited_for() {
        let session = |role: &str| {
            format!(
                r#"{{"RoleArn":"{role}","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"1970-01-01T01:00:00Z"}}"#
            )
        };
        for (status, body, expected) in [
            (200, &*session(ROLE), "has ASIA"),
            (
                200,
                &*session("arn:aws:iam::1:role/old"),
                "again in 1s, else pods.broker-refused: the broker knows the account in another role",
            ),
            (
                200,
                "<html>",
                "ends endpoint.unusable-answer Unavailable: the answer of a broker cannot be used: \
                 it is not the JSON of credentials",
            ),
            (
                200,
                &session(ROLE).replace("01-01T01", "01-02T01"),
                "ends endpoint.unusable-answer Unavailable: the answer of a broker cannot be used: \
                 it ends later than any session does",
            ),
            (400, "dead\n", "ends pods.broker-refused Unavailable: dead"),
            (403, "no\n", "ends pods.broker-refused Denied: no"),
            (404, "none", "again in 1s, else pods.broker-refused: none"),
            (429, "many", "again in 1s, else aws.throttled: many"),
            (
                503,
                "sealed",
                "again in 1s, else pods.broker-refused: sealed",
            ),
            (502, "", "gone: it answers 502 Bad Gateway"),
        ] {
            assert_eq!(answered(status, body), expected, "{status}");
        }
    }
}
