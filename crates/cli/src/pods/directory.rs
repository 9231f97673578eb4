use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::Refusal;
use k8s_sinks::kubernetes::Cluster;
use pod_identity::{
    AccountAnnotations, AnnotationDomain, Association, Associations, ServiceAccount,
};
use refresh::Clock;
use tokio::sync::watch;

use super::refusals;
use super::turns::Turns;
use super::watched::Watched;
use crate::failure::Failure;

/// Knows which role a service account has: what is listed wins, else the
/// account's own annotations say.
pub(super) struct Directory {
    cluster: Cluster,
    domain: AnnotationDomain,
    listed: Watched<Listed>,
    looked_up: Mutex<HashMap<ServiceAccount, LookedUp>>,
    /// Looks that are under way; the end of one closes its channel.
    flights: Mutex<HashMap<ServiceAccount, watch::Receiver<()>>>,
    /// All pods of a cluster may ask a broker that has just begun.
    turns: Turns,
    clock: Arc<dyn Clock>,
}

type Listed = HashMap<ServiceAccount, Arc<Association>>;

#[derive(Clone)]
struct LookedUp {
    association: Option<Arc<Association>>,
    at: SystemTime,
}

impl Directory {
    /// Reads the list, if there is one.
    pub(super) fn new(
        cluster: Cluster,
        domain: AnnotationDomain,
        file: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            cluster,
            domain,
            listed: Watched::new(file, "associations", listed)?,
            looked_up: Mutex::default(),
            flights: Mutex::default(),
            turns: Turns::new(),
            clock,
        })
    }

    /// The role of an account.
    pub(super) async fn role_of(
        self: &Arc<Self>,
        account: &ServiceAccount,
    ) -> Result<Arc<Association>, Refusal> {
        if let Some(listed) = self.listed.current().get(account) {
            return Ok(Arc::clone(listed));
        }
        let looked_up = self.looked_up(account).await?;
        looked_up.ok_or_else(|| refusals::no_role(account, self.domain.as_str()))
    }

    /// Reads the list again and again, for as long as this is awaited. One that
    /// cannot be read changes nothing.
    pub(super) async fn keep(&self) -> Infallible {
        self.listed.keep(&*self.clock).await
    }

    /// What the annotations say, as of a minute ago at the most; older where the
    /// cluster cannot be asked.
    async fn looked_up(
        self: &Arc<Self>,
        account: &ServiceAccount,
    ) -> Result<Option<Arc<Association>>, Refusal> {
        let now = self.clock.now();
        let known = self.annotated().get(account).cloned();
        let age = |known: &LookedUp| now.duration_since(known.at).unwrap_or(LIFE);
        if let Some(known) = known.as_ref().filter(|known| age(known) < LIFE) {
            return Ok(known.association.clone());
        }
        // What is at hand does not carry the room for this with it.
        Box::pin(self.look_up(account, known)).await
    }

    /// By a task of its own, as whoever asks may hang up: a slow cluster's answer
    /// counts when it comes.
    async fn look_up(
        self: &Arc<Self>,
        account: &ServiceAccount,
        known: Option<LookedUp>,
    ) -> Result<Option<Arc<Association>>, Refusal> {
        let mut landed = self.fly(account, known.is_some());
        // SDKs wait for a second or two, and whoever is known need not at all.
        let patience = if known.is_some() { BRIEFLY } else { PATIENCE };
        // Nothing is ever sent: it ends with an error, when the task has ended.
        let _ = tokio::time::timeout(patience, landed.changed()).await;
        let now = self.annotated().get(account).cloned();
        match now {
            Some(now) if known.as_ref().is_none_or(|known| known.at != now.at) => {
                Ok(now.association)
            }
            _ => self.postponed(account, known),
        }
    }

    /// The look at an account that is under way, or another one.
    fn fly(self: &Arc<Self>, account: &ServiceAccount, is_known: bool) -> watch::Receiver<()> {
        let mut flights = self.flights();
        let landed = flights.get(account);
        if let Some(landed) = landed.filter(|landed| landed.has_changed().is_ok()) {
            return landed.clone();
        }
        let (under_way, landed) = watch::channel(());
        flights.insert(account.clone(), landed.clone());
        let (directory, account) = (Arc::clone(self), account.clone());
        tokio::spawn(async move {
            if let Some(_turn) = directory.turns.turn(is_known).await {
                directory.ask(&account).await;
            }
            directory.flights().remove(&account);
            drop(under_way);
        });
        landed
    }

    async fn ask(&self, account: &ServiceAccount) {
        let asked = self
            .cluster
            .service_account(account.namespace(), account.name());
        match asked.await {
            Ok(found) => {
                let annotations = found.map(|found| found.annotations).unwrap_or_default();
                let (read, ignored) = AccountAnnotations::parse(&self.domain, &annotations);
                for warning in ignored {
                    tracing::warn!(%account, "{warning}");
                }
                self.learn(account, read.association());
            }
            Err(error) => {
                tracing::warn!(%account, %error, "the annotations could not be read");
            }
        }
    }

    /// What was known stands for another while.
    fn postponed(
        &self,
        account: &ServiceAccount,
        known: Option<LookedUp>,
    ) -> Result<Option<Arc<Association>>, Refusal> {
        let known = known.ok_or_else(|| refusals::unavailable("The role is not known yet"))?;
        let association = known.association.clone();
        let at = self.clock.now();
        // Another request may have been answered meanwhile.
        if let Some(there) = self.annotated().get_mut(account)
            && there.at == known.at
        {
            there.at = at;
        }
        Ok(association)
    }

    fn learn(&self, account: &ServiceAccount, association: Option<Association>) {
        let mut annotated = self.annotated();
        let known = annotated.get(account);
        let known = known.and_then(|known| known.association.clone());
        // The same one stays the same one: what hangs on it need not be looked at.
        let association = match (association, known) {
            (Some(new), Some(known)) if *known == new => Some(known),
            (new, _) => new.map(Arc::new),
        };
        if annotated.len() >= MOST {
            annotated.clear();
        }
        let looked_up = LookedUp {
            association,
            at: self.clock.now(),
        };
        annotated.insert(account.clone(), looked_up);
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<ServiceAccount, watch::Receiver<()>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn annotated(&self) -> MutexGuard<'_, HashMap<ServiceAccount, LookedUp>> {
        self.looked_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of a list that an agent would read.
pub(super) fn checked(path: &std::path::Path) -> Result<String, Failure> {
    let document = private_file::read_private(path)?.to_vec();
    listed(&document).map_err(|why| {
        let message = format!("{}: {why}", path.display());
        Failure::configuration("file.invalid", message)
    })?;
    // What is JSON is UTF-8.
    Ok(String::from_utf8_lossy(&document).into_owned())
}

/// The roles that a list has.
pub(super) fn associations(path: &std::path::Path) -> Result<Associations, Failure> {
    let document = private_file::read_private(path)?;
    Associations::parse(&document).map_err(|why| {
        let message = format!("{}: {why}", path.display());
        Failure::configuration("file.invalid", message)
    })
}

fn listed(document: &[u8]) -> Result<Listed, String> {
    let associations = Associations::parse(document).map_err(|error| error.to_string())?;
    let roles = associations.iter();
    let roles = roles.map(|(account, role)| (account.clone(), Arc::new(role.clone())));
    Ok(roles.collect())
}

/// How old annotations may be.
const LIFE: Duration = Duration::from_secs(60);
const MOST: usize = 16_384;
const PATIENCE: Duration = Duration::from_secs(5);
/// With that of who verifies less than a broker has for one answer.
const BRIEFLY: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::UNIX_EPOCH;

    use destination::{Destination, HttpClient};
    use k8s_sinks::kubernetes::NoAuthorization;
    use refresh::{Backoff, ManualClock, Retry};

    use super::super::turns::MOST_AT_ONCE;
    use super::*;

    /// With an API server that listens there, whatever it says.
    fn directory(api: SocketAddr, clock: &ManualClock) -> Arc<Directory> {
        let once = Retry {
            attempts: 1,
            backoff: Backoff::LOOP,
            within: Duration::from_secs(30),
        };
        let http = HttpClient::new(Destination::default()).unwrap();
        let base = format!("http://{api}").parse().unwrap();
        let cluster = Cluster::new(http, base, Arc::new(NoAuthorization)).with_retry(once);
        let domain = AnnotationDomain::default();
        let directory = Directory::new(cluster, domain, None, Arc::new(clock.clone()));
        Arc::new(directory.unwrap())
    }

    fn clock() -> ManualClock {
        ManualClock::new(UNIX_EPOCH + Duration::from_secs(1_790_000_000))
    }

    /// A broker has a second for one answer.
    #[tokio::test]
    async fn what_is_known_is_told_while_the_cluster_says_nothing() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let clock = clock();
        let directory = directory(silent.local_addr().unwrap(), &clock);
        let account = ServiceAccount::new("shop", "web").unwrap();
        let role = Association {
            role_arn: "arn:aws:iam::123456789012:role/web".to_owned(),
            profile_arn: None,
        };
        directory.learn(&account, Some(role.clone()));
        clock.advance(2 * LIFE);
        let told = directory.role_of(&account);
        let told = tokio::time::timeout(Duration::from_secs(1), told).await;
        assert_eq!(*told.expect("it is not told in time").unwrap(), role);
        // And then for another while at once, though nobody has answered.
        assert!(directory.looked_up(&account).await.is_ok());
        assert_eq!(directory.flights().len(), 1);
    }

    fn fly(directory: &Arc<Directory>, numbers: std::ops::Range<usize>, is_known: bool) {
        for number in numbers {
            let account = ServiceAccount::new("shop", &format!("web-{number}")).unwrap();
            directory.fly(&account, is_known);
        }
    }

    #[tokio::test]
    async fn the_cluster_is_not_asked_about_everybody_at_once() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let directory = directory(silent.local_addr().unwrap(), &clock());
        let mut asked = Vec::new();
        for is_known in [true, false] {
            let first = asked.len() * 2;
            fly(&directory, first..first + 2 * MOST_AT_ONCE, is_known);
            for _ in 0..MOST_AT_ONCE {
                asked.push(silent.accept().await.unwrap());
            }
            let quiet = Duration::from_millis(100);
            let another = tokio::time::timeout(quiet, silent.accept()).await;
            assert!(another.is_err(), "one more is asked about");
        }
        // Who hangs up is not asked again: it is the next one's turn.
        asked.pop();
        let next = tokio::time::timeout(Duration::from_secs(20), silent.accept());
        next.await.expect("nobody is next").unwrap();
    }
}
