//! The PKI engine: roles, issuers, `sign`, `issue`, revocation, and what is
//! readable without a token.

mod certificate;
mod issue;
mod issuer;
mod issuers;
mod key;
mod lifetime;
mod names;
mod output;
mod parameters;
mod revoke;
mod role;
mod sign;
mod signing_request;
mod store;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

pub(crate) use issuers::{Issuer, Issuers};
pub use role::PkiRole;

use issuers::Issuing;
use lifetime::Lifetime;
use parameters::Parameters;
use store::Store;

use super::fields::Fields;
use super::token::Alias;
use super::{Conditions, Envelope, VaultError};
use crate::RequestParts;
use crate::answer::Answer;
use crate::authority::Authority;
use crate::random::Random;

/// A PKI mount.
#[derive(Debug)]
pub(crate) struct Mount {
    name: String,
    roles: RwLock<Vec<PkiRole>>,
    issuers: RwLock<Issuers>,
    /// The authorities above, which the mount may come to know.
    above: Vec<Arc<Authority>>,
    store: Store,
}

/// A certificate that is revoked when the token ends that asked for it.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) mount: String,
    pub(crate) serial: String,
    pub(crate) not_after: SystemTime,
}

/// An answer, and what now hangs on the token.
pub(super) struct Issued {
    pub(super) answer: Answer,
    pub(super) lease: Option<Lease>,
}

impl From<Answer> for Issued {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            lease: None,
        }
    }
}

/// An authorized request for a certificate.
struct CertificateRequest<'a> {
    mount: &'a Mount,
    /// Inside the mount.
    path: &'a str,
    role: PkiRole,
    issuing: Issuing,
    request: &'a RequestParts,
    conditions: Conditions<'a>,
}

impl CertificateRequest<'_> {
    /// What was asked for, or the past, where a fault wants that.
    fn lifetime(&self, parameters: &mut Parameters) -> Result<Lifetime, VaultError> {
        let Conditions { now, expired, .. } = self.conditions;
        let bound = self.issuing.issuer.not_after();
        let lifetime = Lifetime::of(parameters, &self.role, bound, now)?;
        Ok(if expired {
            lifetime.ended(now)
        } else {
            lifetime
        })
    }
}

impl Mount {
    pub(crate) fn new(name: &str, roles: Vec<PkiRole>, issuers: Issuers) -> Self {
        Self {
            name: name.to_owned(),
            roles: RwLock::new(roles),
            issuers: RwLock::new(issuers),
            above: Vec::new(),
            store: Store::default(),
        }
    }

    /// The same below an authority whose certificate can be imported.
    pub(crate) fn below(mut self, root: &Arc<Authority>) -> Self {
        self.above.push(Arc::clone(root));
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What is readable without a token.
    pub(super) fn open_answer(
        &self,
        request: &RequestParts,
        path: &str,
        conditions: Conditions<'_>,
    ) -> Option<Result<Answer, VaultError>> {
        let random = conditions.random;
        let segments: Vec<_> = path.split('/').collect();
        let answer = match segments[..] {
            ["cert", _] | ["issuer", _, "json"] if request.method != "GET" => {
                Err(VaultError::unsupported_operation())
            }
            ["cert", "ca_chain"] => Ok(self.chain_answer(random)),
            ["cert", serial] => self.certificate_answer(serial, random),
            ["issuer", reference, "json"] => self.issuer_answer(reference, random),
            ["issuers"] if lists(request) => Ok(self.issuers_answer(random)),
            _ => return None,
        };
        Some(answer)
    }

    /// Everything else, for whom `alias` tells.
    pub(super) fn answer(
        &self,
        request: &RequestParts,
        path: &str,
        (conditions, alias): (Conditions<'_>, Option<Alias<'_>>),
    ) -> Result<Issued, VaultError> {
        let segments: Vec<_> = path.split('/').collect();
        let (action, name, reference) = match segments[..] {
            ["roles"] if lists(request) => {
                return Ok(self.roles_answer(conditions.random).into());
            }
            ["roles", name] => return Ok(self.role_answer(request, name, conditions)?.into()),
            [action @ ("revoke" | "revoke-with-key")] => {
                check_writes(request)?;
                return Ok(self.revoke_answer(request, action, conditions)?.into());
            }
            ["issuers", "import", "cert"] => {
                check_writes(request)?;
                return Ok(self.import_answer(request, conditions.random)?.into());
            }
            [action @ "sign-verbatim"] => (action, "", "default"),
            ["issuer", reference, action @ "sign-verbatim"] => (action, "", reference),
            [action @ ("sign" | "issue" | "sign-verbatim"), name] => (action, name, "default"),
            [
                "issuer",
                reference,
                action @ ("sign" | "issue" | "sign-verbatim"),
                name,
            ] => (action, name, reference),
            _ => return Err(VaultError::unsupported_path()),
        };
        check_writes(request)?;
        let wanted = CertificateRequest {
            mount: self,
            path,
            role: self.role_for(action, name)?.rendered(alias),
            issuing: self.issuers().issuing(reference)?,
            request,
            conditions,
        };
        match action {
            "issue" => wanted.issue(),
            "sign" => wanted.sign(false),
            _ => wanted.sign(true),
        }
    }

    /// Revokes what hung on a token that has ended.
    pub(super) fn revoke_lease(&self, lease: &Lease, now: SystemTime) {
        self.store.revoke(&lease.serial, now);
    }

    /// The serial numbers of all revoked certificates that have not expired.
    pub(crate) fn revoked_serials(&self) -> Vec<String> {
        self.store.revoked_serials()
    }

    fn role_for(&self, action: &str, name: &str) -> Result<PkiRole, VaultError> {
        let verbatim = action == "sign-verbatim";
        if verbatim && name.is_empty() {
            return Ok(PkiRole::verbatim(None));
        }
        let role = self.role(name);
        let role = role.ok_or_else(|| VaultError::bad_request(format!("unknown role: {name}")))?;
        Ok(if verbatim {
            PkiRole::verbatim(Some(&role))
        } else {
            role
        })
    }

    fn role(&self, name: &str) -> Option<PkiRole> {
        let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
        roles.iter().find(|role| role.name == name).cloned()
    }

    /// `LIST roles`: their names, sorted.
    fn roles_answer(&self, random: &Random) -> Answer {
        let roles = self.roles.read().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
        names.sort_unstable();
        Envelope::data(serde_json::json!({ "keys": names })).answer(random)
    }

    fn role_answer(
        &self,
        request: &RequestParts,
        name: &str,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let mut warnings = Vec::new();
        let role = match request.method.as_str() {
            "GET" => self.role(name).ok_or_else(VaultError::not_found)?,
            "POST" | "PUT" => {
                let role = PkiRole::written(name, &Fields::read(request)?, &mut warnings)?;
                let mut roles = self.roles.write().unwrap_or_else(PoisonError::into_inner);
                roles.retain(|other| other.name != name);
                roles.push(role.clone());
                role
            }
            _ => return Err(VaultError::unsupported_operation()),
        };
        let envelope = Envelope {
            warnings,
            ..Envelope::data(role.document())
        };
        Ok(envelope.answer(conditions.random))
    }
}

fn check_writes(request: &RequestParts) -> Result<(), VaultError> {
    if ["POST", "PUT"].contains(&request.method.as_str()) {
        Ok(())
    } else {
        Err(VaultError::unsupported_operation())
    }
}

/// `LIST`, or a `GET` that asks for it.
pub(super) fn lists(request: &RequestParts) -> bool {
    let asked = || {
        let parameters = request.query_parameters();
        parameters.contains(&("list".into(), "true".into()))
    };
    request.method == "LIST" || (request.method == "GET" && asked())
}

/// `0f:aa:…`.
fn colons(serial: &[u8]) -> String {
    let bytes: Vec<_> = serial.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}
