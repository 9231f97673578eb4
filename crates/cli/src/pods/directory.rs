use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::Refusal;
use k8s_sinks::kubernetes::Cluster;
use pod_identity::{
    AccountAnnotations, AnnotationDomain, Association, Associations, ServiceAccount,
};
use refresh::Clock;

use super::refusals;
use super::watched::Watched;
use crate::failure::Failure;

/// Knows which role a service account has: what is listed wins, else the
/// account's own annotations say.
pub(super) struct Directory {
    cluster: Cluster,
    domain: AnnotationDomain,
    listed: Watched<Listed>,
    looked_up: Mutex<HashMap<ServiceAccount, LookedUp>>,
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
            clock,
        })
    }

    /// The role of an account.
    pub(super) async fn role_of(
        &self,
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
        &self,
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

    async fn look_up(
        &self,
        account: &ServiceAccount,
        known: Option<LookedUp>,
    ) -> Result<Option<Arc<Association>>, Refusal> {
        let asked = self
            .cluster
            .service_account(account.namespace(), account.name());
        // SDKs wait for a second or two, and whoever is known need not at all.
        let patience = if known.is_some() { BRIEFLY } else { PATIENCE };
        match tokio::time::timeout(patience, asked).await {
            Ok(Ok(found)) => {
                let annotations = found.map(|found| found.annotations).unwrap_or_default();
                let (read, ignored) = AccountAnnotations::parse(&self.domain, &annotations);
                for warning in ignored {
                    tracing::warn!(%account, "{warning}");
                }
                Ok(self.learn(account, read.association(), known))
            }
            Ok(Err(error)) => {
                tracing::warn!(%account, %error, "the annotations could not be read");
                self.postponed(account, known)
            }
            Err(_) => {
                tracing::warn!(%account, "the annotations could not be read in time");
                self.postponed(account, known)
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

    fn learn(
        &self,
        account: &ServiceAccount,
        association: Option<Association>,
        known: Option<LookedUp>,
    ) -> Option<Arc<Association>> {
        let known = known.and_then(|known| known.association);
        // The same one stays the same one: what hangs on it need not be looked at.
        let association = match (association, known) {
            (Some(new), Some(known)) if *known == new => Some(known),
            (new, _) => new.map(Arc::new),
        };
        let mut annotated = self.annotated();
        if annotated.len() >= MOST {
            annotated.clear();
        }
        let looked_up = LookedUp {
            association: association.clone(),
            at: self.clock.now(),
        };
        annotated.insert(account.clone(), looked_up);
        association
    }

    fn annotated(&self) -> std::sync::MutexGuard<'_, HashMap<ServiceAccount, LookedUp>> {
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
const BRIEFLY: Duration = Duration::from_secs(1);
