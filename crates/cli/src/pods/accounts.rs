use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use credential_server::{HandOut, Presented, Refusal};
use pod_identity::{Association, ServiceAccount};
use refresh::{Clock, Kept, Schedule};

use super::account::{Account, Moments};
use super::aws::{NotAsked, Obtaining, Opening, PodAws, key_of};
use super::copies::Lacking;
use super::flown::Flown;
use super::proof::Proof;
use super::refusals;
use super::replicas::Replica;
use super::roster::Known;
use super::sharing::Sharing;
use super::siblings::Siblings;
use super::vault::PodVault;
use super::verifier::Proven;
use crate::failure::Failure;
use crate::identity::IdentityKeeper;
use crate::refreshed;
use crate::session::SessionKey;

/// The service accounts whose pods have asked, each with one certificate and one
/// session.
pub(super) struct Accounts {
    vault: PodVault,
    aws: Arc<PodAws>,
    sharing: Sharing,
    most: usize,
    clock: Arc<dyn Clock>,
    table: Mutex<HashMap<ServiceAccount, Arc<Account>>>,
}

/// Why an account is looked for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Occasion {
    /// A pod of it asks.
    Pod,
    /// Another broker has its session.
    Copy,
}

impl Accounts {
    pub(super) fn new(
        vault: PodVault,
        aws: PodAws,
        sharing: Sharing,
        (most, clock): (usize, Arc<dyn Clock>),
    ) -> Self {
        Self {
            vault,
            aws: Arc::new(aws),
            sharing,
            most,
            clock,
            table: Mutex::default(),
        }
    }

    /// The credentials of the account whose pod has shown that token, and the account.
    pub(super) async fn credentials(
        &self,
        (proven, token): (&Proven, Presented<'_>),
        association: &Arc<Association>,
    ) -> Result<(Arc<Account>, Arc<HandOut>), Refusal> {
        let account = self.account((proven, token), association, Occasion::Pod)?;
        let session = account.session.get().await;
        match session {
            Ok(session) => Ok((account, session.hand_out)),
            Err(error) => {
                let failure = refreshed::failure(&error, "session.expired");
                Err(refusals::failure(&failure))
            }
        }
    }

    /// The account's session of that key, if it is at hand: nothing is obtained.
    pub(super) fn held(
        &self,
        account: &ServiceAccount,
        association: &Arc<Association>,
        key: &SessionKey,
    ) -> Option<Arc<HandOut>> {
        let known = self.table().get(account).cloned()?;
        let is_meant = known.has(association) && known.wants(key);
        let session = is_meant.then(|| known.at_hand())??;
        Some(session.hand_out)
    }

    /// Takes a copy of the session of that key which another broker has and which
    /// ends then, unless it is here; it is then.
    pub(super) async fn take_copy(
        &self,
        (proven, token): (&Proven, Presented<'_>),
        association: &Arc<Association>,
        (key, end): (&SessionKey, SystemTime),
    ) -> Result<Arc<HandOut>, Refusal> {
        let request = self.aws.request(association);
        if request.map_or(true, |request| key_of(&request) != *key) {
            return Err(Refusal::NotFound);
        }
        let account = self.account((proven, token), association, Occasion::Copy)?;
        match account.take_copy(end).await {
            Ok(copy) => copy.ok_or(Refusal::NotFound),
            Err(NotAsked) => Err(refusals::unavailable("not all brokers could be asked")),
        }
    }

    /// Whose sessions others lack, of those that are due.
    pub(super) fn lacking(&self, siblings: &Siblings) -> Vec<Lacking> {
        let due = siblings.take_due().into_iter();
        let lacking = due.filter_map(|key| {
            let account = self.table().get(&key).cloned()?;
            let (by, end) = account.lacking(siblings.holders(&key.to_string()))?;
            Some(Lacking {
                key,
                account,
                by,
                end,
            })
        });
        lacking.collect()
    }

    /// Those brokers are ready, and no others; which accounts there are.
    pub(super) fn reconsider_holders(&self, ready: &[Replica]) -> Vec<ServiceAccount> {
        let table = self.table();
        table
            .values()
            .for_each(|account| account.holders().keep(ready));
        table.keys().cloned().collect()
    }

    /// Shares the quota of sessions with so many others.
    pub(super) fn share_quota(&self, replicas: usize) {
        self.aws.share_quota(replicas);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.table().len()
    }

    /// How each of them stands whose pods have asked lately, by namespace and name.
    pub(super) fn known(&self) -> Vec<Known> {
        let table: BTreeMap<_, _> = self.table().clone().into_iter().collect();
        let now = self.clock.now();
        let current = table.iter().filter(|(_, account)| {
            let quiet = now.duration_since(account.moments().asked);
            quiet.unwrap_or_default() < FORGOTTEN_AFTER
        });
        current.map(|(key, account)| account.known(key)).collect()
    }

    fn account(
        &self,
        (proven, token): (&Proven, Presented<'_>),
        association: &Arc<Association>,
        occasion: Occasion,
    ) -> Result<Arc<Account>, Refusal> {
        let now = self.clock.now();
        let key = &proven.token.account;
        let mut table = self.table();
        let known = table.get(key).cloned();
        if let Some(known) = &known {
            self.renew_proof(known, (proven, token));
            if occasion == Occasion::Pod {
                known.moments().asked = now;
            }
            if known.has(association) {
                return Ok(Arc::clone(known));
            }
        }
        if known.is_none() && table.len() >= self.most {
            // For a copy nobody is forgotten.
            if occasion == Occasion::Copy {
                return Err(Refusal::NotFound);
            }
            self.make_room(&mut table, now);
        }
        let asked = match (occasion, &known) {
            (Occasion::Pod, _) => now,
            // Where there is no room, a copy goes first.
            (Occasion::Copy, known) => known.as_ref().map_or(NEVER, |it| it.moments().asked),
        };
        let made = self.made((proven, token), (association, asked), known.as_deref());
        let made = made.map_err(|failure| {
            tracing::warn!(account = %key, code = failure.code(), "{failure}");
            refusals::failure(&failure)
        })?;
        let made = Arc::new(made);
        table.insert(key.clone(), Arc::clone(&made));
        Ok(made)
    }

    /// A pod of the account is alive: by its token others can be told of the session.
    fn renew_proof(&self, known: &Account, (proven, token): (&Proven, Presented<'_>)) {
        known.proof.renew(proven, token);
        if let Sharing::AmongBrokers(siblings) = &self.sharing
            && known.holders().takes_another_token(proven.fingerprint)
        {
            siblings.announce(&proven.token.account);
        }
    }

    /// An account in another role keeps its certificate.
    fn made(
        &self,
        (proven, token): (&Proven, Presented<'_>),
        (association, asked): (&Arc<Association>, SystemTime),
        known: Option<&Account>,
    ) -> Result<Account, Failure> {
        let request = self.aws.request(association)?;
        let (identity, proof) = if let Some(known) = known {
            (Arc::clone(&known.identity), known.proof.clone())
        } else {
            let proof = Proof::new(proven, &token.to_secret());
            let pipeline = self.vault.pipeline(&proven.token.account, &proof)?;
            let identity = IdentityKeeper::of_pipeline(pipeline, &self.clock);
            (Arc::new(identity), proof)
        };
        let key = key_of(&request);
        let opening = Opening {
            aws: Arc::clone(&self.aws),
            identity: Arc::clone(&identity),
            request,
            throttles: self.aws.throttles(),
        };
        let obtaining = Obtaining {
            own: opening,
            account: proven.token.account.clone(),
            proof: proof.clone(),
            sharing: self.sharing.clone(),
            key,
            has_begun: AtomicBool::new(false),
        };
        let kept = Kept::new(obtaining, Schedule::SESSION, Arc::clone(&self.clock));
        let moments = Moments {
            asked,
            handed_out: known.and_then(|known| known.moments().handed_out),
        };
        Ok(Account::new(
            Arc::clone(association),
            (identity, proof),
            Flown::new(kept),
            moments,
        ))
    }

    /// Accounts whose pods have not asked for long are forgotten, and where there
    /// are too many all the same, the one that was quiet longest.
    fn make_room(&self, table: &mut HashMap<ServiceAccount, Arc<Account>>, now: SystemTime) {
        let quiet = |account: &Account| {
            let asked = account.moments().asked;
            now.duration_since(asked).unwrap_or_default()
        };
        table.retain(|_, account| quiet(account) < FORGOTTEN_AFTER);
        while table.len() >= self.most {
            let quietest = table.iter().max_by_key(|(_, account)| quiet(account));
            let Some(key) = quietest.map(|(key, _)| key.clone()) else {
                return;
            };
            tracing::warn!(account = %key, most = self.most, "forgot an account to make room");
            table.remove(&key);
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<ServiceAccount, Arc<Account>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const NEVER: SystemTime = SystemTime::UNIX_EPOCH;
/// Longer than a session.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(13);
