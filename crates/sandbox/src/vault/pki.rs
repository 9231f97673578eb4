//! The PKI engine: roles, `sign`, `issue` and what is readable without a token.

mod certificate;
mod issue;
mod issuer;
mod key;
mod lifetime;
mod names;
mod output;
mod parameters;
mod role;
mod sign;
mod signing_request;

use std::sync::Arc;

pub use role::PkiRole;

use lifetime::Lifetime;
use parameters::Parameters;

use super::{Conditions, Envelope, VaultError};
use crate::RequestParts;
use crate::answer::Answer;
use crate::authority::Authority;

/// A PKI mount with one issuer.
#[derive(Debug)]
pub(crate) struct Mount {
    name: String,
    roles: Vec<PkiRole>,
    hierarchy: Hierarchy,
    issuer_id: String,
}

/// An issuer and what is known to be above it.
#[derive(Debug)]
pub(crate) struct Hierarchy {
    pub(crate) issuer: Arc<Authority>,
    /// The root, where the mount knows it and is not the root's own.
    pub(crate) root: Option<Arc<Authority>>,
    /// Whether the issuer is a root itself.
    pub(crate) issuer_is_root: bool,
}

impl Hierarchy {
    /// The `ca_chain`: the issuer first; none where nothing is left of it.
    fn chain(&self, remove_roots: bool) -> Vec<&Authority> {
        let issuer = Some(&self.issuer).filter(|_| !(remove_roots && self.issuer_is_root));
        let root = self.root.as_ref().filter(|_| !remove_roots);
        issuer.into_iter().chain(root).map(AsRef::as_ref).collect()
    }
}

/// An authorized request for a certificate.
struct CertificateRequest<'a> {
    mount: &'a Mount,
    role: &'a PkiRole,
    request: &'a RequestParts,
    conditions: Conditions<'a>,
}

impl CertificateRequest<'_> {
    /// What was asked for, or the past, where a fault wants that.
    fn lifetime(&self, parameters: &mut Parameters) -> Result<Lifetime, VaultError> {
        let Conditions { now, expired, .. } = self.conditions;
        let lifetime = Lifetime::of(
            parameters,
            self.role,
            self.mount.hierarchy.issuer.not_after(),
            now,
        )?;
        Ok(if expired {
            lifetime.ended(now)
        } else {
            lifetime
        })
    }
}

impl Mount {
    pub(crate) fn new(
        name: &str,
        roles: Vec<PkiRole>,
        hierarchy: Hierarchy,
        issuer_id: String,
    ) -> Self {
        Self {
            name: name.to_owned(),
            roles,
            hierarchy,
            issuer_id,
        }
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
        let segments: Vec<_> = path.split('/').collect();
        match segments[..] {
            ["cert", "ca_chain"] | ["issuer", _, "json"] if request.method != "GET" => {
                Some(Err(VaultError::unsupported_operation()))
            }
            ["cert", "ca_chain"] => Some(Ok(self.chain_answer(conditions.random))),
            ["issuer", reference, "json"] => Some(self.issuer_answer(reference, conditions.random)),
            _ => None,
        }
    }

    /// Everything else.
    pub(super) fn answer(
        &self,
        request: &RequestParts,
        path: &str,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let segments: Vec<_> = path.split('/').collect();
        let (action, name, reference) = match segments[..] {
            [action @ ("sign" | "issue" | "roles"), name] => (action, name, "default"),
            ["issuer", reference, action @ ("sign" | "issue"), name] => (action, name, reference),
            _ => return Err(VaultError::unsupported_path()),
        };
        let method = request.method.as_str();
        if action == "roles" {
            return match method {
                "GET" => self.role_answer(name, conditions),
                _ => Err(VaultError::unsupported_operation()),
            };
        }
        if !["POST", "PUT"].contains(&method) {
            return Err(VaultError::unsupported_operation());
        }
        let role = self.role(name);
        let role = role.ok_or_else(|| VaultError::bad_request(format!("unknown role: {name}")))?;
        self.check_reference(reference)?;
        let wanted = CertificateRequest {
            mount: self,
            role,
            request,
            conditions,
        };
        match action {
            "sign" => wanted.sign(),
            _ => wanted.issue(),
        }
    }

    fn role(&self, name: &str) -> Option<&PkiRole> {
        self.roles.iter().find(|role| role.name == name)
    }

    fn role_answer(&self, name: &str, conditions: Conditions<'_>) -> Result<Answer, VaultError> {
        let role = self.role(name).ok_or_else(VaultError::not_found)?;
        Ok(Envelope::data(role.document()).answer(conditions.random))
    }

    /// Issuers are known as `default` and by their id.
    fn check_reference(&self, reference: &str) -> Result<(), VaultError> {
        if reference == "default" || reference == self.issuer_id {
            return Ok(());
        }
        Err(VaultError::internal(&format!(
            "could not fetch the CA certificate (was one set?): unable to find PKI issuer for reference: {reference}"
        )))
    }
}
