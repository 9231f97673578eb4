use std::sync::Arc;
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;

use super::aws::Aws;
use super::setup;
use crate::answer::Answer;
use crate::authority::Authority;
use crate::kubernetes::{Cluster, Forward, Reply, Watch};
use crate::ledger::Ledger;
use crate::random::{ALPHANUMERIC, Random};
use crate::settings::Now;
use crate::vault::{Conditions, Token, TokenRules, Vault};
use crate::{Error, Faults, Operation, Outcome, RequestParts, Settings, VaultProfile};
use crate::{github, kubernetes};

/// Which services a listener speaks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Vault,
    Aws,
    Kubernetes,
}

/// The services behind the listeners, without any networking.
pub(crate) struct Services {
    clock: Now,
    random: Random,
    pub(super) vault_profile: VaultProfile,
    pub(super) vault: Vault,
    pub(super) root: Arc<Authority>,
    pub(crate) tls: Option<TlsAuthorities>,
    pub(super) aws: Aws,
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
    /// What follows in place of the answer's body.
    pub(crate) watch: Option<Watch>,
    /// Who is asked in its place.
    pub(crate) forward: Option<Forward>,
}

impl Served {
    pub(super) fn answered(answer: Answer) -> Self {
        Self {
            outcome: Outcome::Answered(answer.status.as_u16()),
            answer,
            watch: None,
            forward: None,
        }
    }
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
        ledger.note_secret(vault.logins.cluster.api_token());
        let id_token_bearer = random.text::<40>(ALPHANUMERIC);
        ledger.note_secret(&id_token_bearer);
        let [root_token, client_token] = owners_tokens(now, &random, (&vault, &ledger));
        let tls = settings.tls.then(|| setup::tls_authorities(now, &random));
        Ok(Self {
            clock: Arc::clone(&settings.clock),
            vault_profile: settings.vault_profile,
            vault,
            tls: tls.transpose()?,
            aws: Aws::new(settings, setup::account(&root), (&random, &ledger)),
            root,
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

    pub(crate) fn cluster(&self) -> &Arc<Cluster> {
        &self.vault.logins.cluster
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
        if kubernetes::is_ours(operation) {
            let reply = kubernetes::answer(self.cluster(), request, self.conditions(moment.now));
            return reply.into();
        }
        let served = self.aws.handle(operation, request, (moment, self));
        served.unwrap_or_else(|| {
            let conditions = Conditions {
                expired: moment.expired,
                client: moment.client,
                ..self.conditions(moment.now)
            };
            Served::answered(match operation {
                Operation::IdToken => {
                    github::answer(request, &self.id_token_bearer, &self.vault, conditions)
                }
                _ => self.vault.handle(request, conditions),
            })
        })
    }
}

impl From<Reply> for Served {
    fn from(reply: Reply) -> Self {
        Self {
            watch: reply.watch,
            forward: reply.forward,
            ..Self::answered(reply.answer)
        }
    }
}

/// The root, and the intermediate that signs.
fn authorities(
    now: SystemTime,
    random: &Random,
    ledger: &Ledger,
) -> Result<(Arc<Authority>, Arc<Authority>), Error> {
    let root = Arc::new(Authority::root(setup::ROOT, now, random)?);
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
