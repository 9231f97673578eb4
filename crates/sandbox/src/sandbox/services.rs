use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use rustls_pki_types::CertificateDer;

use super::setup;
use crate::answer::Answer;
use crate::authority::Authority;
use crate::github;
use crate::ledger::Ledger;
use crate::random::{ALPHANUMERIC, Random};
use crate::roles_anywhere;
use crate::settings::Now;
use crate::sts::{self, Reception, Sessions, Sts};
use crate::vault::{self, Conditions, Token, TokenRules, Vault};
use crate::{
    AssumableRole, Error, FaultTarget, Faults, Operation, Outcome, RequestParts,
    RolesAnywhereState, Settings, VaultProfile,
};

/// Which services a listener speaks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Vault,
    Aws,
}

/// The services behind the listeners, without any networking.
pub(crate) struct Services {
    clock: Now,
    random: Random,
    pub(super) vault_profile: VaultProfile,
    pub(super) vault: Vault,
    pub(super) root: Arc<Authority>,
    pub(crate) tls: Option<TlsAuthorities>,
    roles_anywhere: RwLock<RolesAnywhereState>,
    sessions: Sessions,
    assumable_roles: Vec<AssumableRole>,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(super) root_token: String,
    pub(super) client_token: String,
    /// What a job of GitHub Actions shows to get its JWT.
    pub(super) id_token_bearer: String,
}

/// The authorities of the server certificates: one each, so that a client
/// which mixes up whom to trust is found out.
pub(crate) struct TlsAuthorities {
    pub(crate) vault: Authority,
    pub(crate) aws: Authority,
}

/// When a request is handled, and under which id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    /// The service's clock, which may be skewed.
    pub(crate) now: SystemTime,
    /// Whether what is issued has expired already.
    pub(crate) expired: bool,
    pub(crate) request_id: &'a str,
    /// The certificates that the TLS client showed.
    pub(crate) client: &'a [CertificateDer<'static>],
}

/// How a service handled a request.
pub(crate) struct Served {
    pub(crate) answer: Answer,
    pub(crate) outcome: Outcome,
}

impl Services {
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let now = (settings.clock)();
        let random = Random::new()?;
        let ledger = Ledger::default();
        let (root, intermediate) = authorities(now, &random, &ledger)?;
        let vault = setup::vault(settings, &root, intermediate, &random)?;
        ledger.note_secret(vault.logins.client_authority.key_pem());
        ledger.note_secret(&vault.logins.user.password);
        let id_token_bearer = random.text::<40>(ALPHANUMERIC);
        ledger.note_secret(&id_token_bearer);
        let [root_token, client_token] = owners_tokens(now, &random, (&vault, &ledger));
        let tls = settings.tls.then(|| setup::tls_authorities(now, &random));
        Ok(Self {
            clock: Arc::clone(&settings.clock),
            vault_profile: settings.vault_profile,
            vault,
            tls: tls.transpose()?,
            roles_anywhere: RwLock::new(setup::account(&root)),
            root,
            sessions: Sessions::default(),
            assumable_roles: settings.assumable_roles.clone(),
            random,
            faults: faults(settings),
            ledger,
            root_token,
            client_token,
            id_token_bearer,
        })
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }

    pub(super) fn roles_anywhere_mut(&self) -> RwLockWriteGuard<'_, RolesAnywhereState> {
        self.roles_anywhere
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What a request asks for, and which disturbances apply.
    pub(crate) fn classify(side: Side, request: &RequestParts) -> (Operation, Option<FaultTarget>) {
        let operation = match side {
            Side::Vault => vault::operation(&request.path),
            Side::Aws if request.path == "/sessions" => Operation::CreateSession,
            Side::Aws => sts::operation(request),
        };
        let target = match operation {
            Operation::VaultLogin => Some(FaultTarget::VaultLogin),
            Operation::VaultLookup
            | Operation::VaultRenew
            | Operation::VaultToken
            | Operation::VaultUnwrap => Some(FaultTarget::VaultToken),
            Operation::VaultSign
            | Operation::VaultIssue
            | Operation::VaultRevoke
            | Operation::VaultRead => Some(FaultTarget::VaultPki),
            Operation::IdToken => Some(FaultTarget::IdToken),
            Operation::CreateSession => Some(FaultTarget::RolesAnywhere),
            Operation::CallerIdentity | Operation::AssumeRole => Some(FaultTarget::Sts),
            Operation::VaultOther => None,
        };
        (operation, target)
    }

    /// The circumstances of what the sandbox's owner does.
    pub(super) fn conditions(&self, now: SystemTime) -> Conditions<'_> {
        Conditions {
            now,
            expired: false,
            random: &self.random,
            ledger: &self.ledger,
            client: &[],
        }
    }

    /// Handles a request.
    pub(crate) fn handle(
        &self,
        operation: Operation,
        request: &RequestParts,
        moment: Moment<'_>,
    ) -> Served {
        let Moment {
            now,
            expired,
            request_id,
            client,
        } = moment;
        match operation {
            Operation::CreateSession => self.create_session(request, moment),
            Operation::CallerIdentity if expired => answered(sts::expired_answer(request_id)),
            Operation::CallerIdentity | Operation::AssumeRole => {
                let reception = Reception {
                    now,
                    region: setup::REGION,
                    request_id,
                };
                self.ask_sts(request, reception, expired)
            }
            _ => {
                let conditions = Conditions {
                    expired,
                    client,
                    ..self.conditions(now)
                };
                answered(match operation {
                    Operation::IdToken => {
                        github::answer(request, &self.id_token_bearer, &self.vault, conditions)
                    }
                    _ => self.vault.handle(request, conditions),
                })
            }
        }
    }

    fn ask_sts(&self, request: &RequestParts, reception: Reception<'_>, expired: bool) -> Served {
        let sts = Sts {
            sessions: &self.sessions,
            roles: &self.assumable_roles,
            random: &self.random,
            expired,
        };
        let (answer, issued) = sts.answer(request, reception);
        if let Some(issued) = issued {
            self.ledger.note_secret(&issued.secret_access_key);
            self.ledger.note_secret(&issued.session_token);
        }
        answered(answer)
    }

    fn create_session(&self, request: &RequestParts, moment: Moment<'_>) -> Served {
        let Moment { now, expired, .. } = moment;
        let state = self
            .roles_anywhere
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        match roles_anywhere::verify(request, now, &state) {
            Ok(granted) => {
                let expiration = if expired {
                    now - Duration::from_secs(1)
                } else {
                    granted.expiration
                };
                let credentials = self
                    .sessions
                    .open(&(&granted).into(), expiration, &self.random);
                self.ledger.note_secret(&credentials.secret_access_key);
                self.ledger.note_secret(&credentials.session_token);
                answered(roles_anywhere::granted_answer(&granted, &credentials))
            }
            Err(refusal) => Served {
                answer: roles_anywhere::refused_answer(&refusal),
                outcome: Outcome::Refused(refusal),
            },
        }
    }
}

/// The root, and the intermediate that signs.
fn authorities(
    now: SystemTime,
    random: &Random,
    ledger: &Ledger,
) -> Result<(Arc<Authority>, Arc<Authority>), Error> {
    let root = Arc::new(Authority::root("iamra sandbox root", now, random)?);
    let intermediate = Arc::new(root.intermediate("iamra sandbox intermediate", now, random)?);
    for authority in [&root, &intermediate] {
        ledger.note_secret(authority.key_pem());
    }
    Ok((root, intermediate))
}

/// The root token, and an operator's. That one is of the root namespace, too,
/// and so reaches all others.
fn owners_tokens(
    now: SystemTime,
    random: &Random,
    (vault, ledger): (&Vault, &Ledger),
) -> [String; 2] {
    let client = Token::create(TokenRules::operator(), "", now, random);
    [Token::root(now, random), client].map(|token| {
        let id = token.id.clone();
        ledger.note_secret(&id);
        vault.tokens.insert(token);
        id
    })
}

fn faults(settings: &Settings) -> Faults {
    let faults = Faults::default();
    for fault in &settings.faults {
        faults.add(fault.clone());
    }
    faults
}

fn answered(answer: Answer) -> Served {
    Served {
        outcome: Outcome::Answered(answer.status.as_u16()),
        answer,
    }
}
