use std::collections::HashMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::Refusal;
use k8s_sinks::kubernetes::Cluster;
use pod_identity::{Association, Associations, ServiceAccount};
use refresh::Clock;

use super::refusals;
use crate::failure::Failure;
use crate::files;

/// Knows which role a service account has: what is listed wins, else the
/// account's own annotations say.
pub(super) struct Directory {
    cluster: Cluster,
    domain: String,
    /// Where roles are listed.
    file: Option<PathBuf>,
    listed: Mutex<Listed>,
    looked_up: Mutex<HashMap<ServiceAccount, LookedUp>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Listed {
    document: Vec<u8>,
    roles: HashMap<ServiceAccount, Arc<Association>>,
}

#[derive(Clone)]
struct LookedUp {
    association: Option<Arc<Association>>,
    at: SystemTime,
}

impl Directory {
    /// Reads the list, if there is one.
    pub(super) fn new(
        cluster: Cluster,
        domain: String,
        file: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let listed = match &file {
            Some(file) => Listed::read(file)?,
            None => Listed::default(),
        };
        Ok(Self {
            cluster,
            domain,
            file,
            listed: Mutex::new(listed),
            looked_up: Mutex::default(),
            clock,
        })
    }

    /// The role of an account.
    pub(super) async fn role_of(
        &self,
        account: &ServiceAccount,
    ) -> Result<Arc<Association>, Refusal> {
        let listed = self.listed().roles.get(account).cloned();
        if let Some(listed) = listed {
            return Ok(listed);
        }
        let looked_up = self.looked_up(account).await?;
        looked_up.ok_or_else(|| refusals::no_role(account, &self.domain))
    }

    /// Reads the list again and again, for as long as this is awaited. One that
    /// cannot be read changes nothing.
    pub(super) async fn keep(&self) -> Infallible {
        let Some(file) = self.file.clone() else {
            return std::future::pending().await;
        };
        loop {
            self.clock.sleep(REREAD).await;
            let path = file.clone();
            let read = files::aside(move || Listed::read(&path)).await;
            match read.and_then(|read| read) {
                Ok(read) => self.replace(read),
                Err(failure) => {
                    tracing::warn!("{failure}; the associations stay as they were");
                }
            }
        }
    }

    fn replace(&self, read: Listed) {
        let mut listed = self.listed();
        if listed.document != read.document {
            tracing::info!(accounts = read.roles.len(), "read other associations");
            *listed = read;
        }
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
        let asked = self
            .cluster
            .service_account(account.namespace(), account.name());
        match asked.await {
            Ok(found) => {
                let annotations = found.map(|found| found.annotations).unwrap_or_default();
                let association = Association::of_annotations(&annotations, &self.domain);
                Ok(self.learn(account, association, known))
            }
            Err(error) => {
                tracing::warn!(%account, %error, "the annotations could not be read");
                let known = known.map(|known| known.association);
                known.ok_or_else(|| refusals::unavailable("The role is not known yet"))
            }
        }
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

    fn listed(&self) -> std::sync::MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn annotated(&self) -> std::sync::MutexGuard<'_, HashMap<ServiceAccount, LookedUp>> {
        self.looked_up
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of a list that an agent would read.
pub(super) fn checked(path: &std::path::Path) -> Result<String, Failure> {
    let listed = Listed::read(path)?;
    // What is JSON is UTF-8.
    Ok(String::from_utf8_lossy(&listed.document).into_owned())
}

impl Listed {
    fn read(path: &std::path::Path) -> Result<Self, Failure> {
        let unreadable = |why: String| {
            let message = format!("{}: {why}", path.display());
            Failure::configuration("file.invalid", message)
        };
        let document = private_file::read_private(path)?.to_vec();
        let associations = Associations::parse(&document);
        let associations = associations.map_err(|error| unreadable(error.to_string()))?;
        let roles = associations.iter();
        let roles = roles.map(|(account, role)| (account.clone(), Arc::new(role.clone())));
        Ok(Self {
            roles: roles.collect(),
            document,
        })
    }
}

/// How old annotations may be.
const LIFE: Duration = Duration::from_secs(60);
/// How often the list is read: kubelet brings a changed `ConfigMap` within a
/// minute.
const REREAD: Duration = Duration::from_secs(10);
const MOST: usize = 16_384;
