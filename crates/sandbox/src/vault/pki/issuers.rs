use std::sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use super::{Mount, colons};
use crate::authority::Authority;
use crate::random::Random;
use crate::vault::VaultError;

/// The issuers of a mount.
#[derive(Debug)]
pub(crate) struct Issuers {
    all: Vec<Issuer>,
    /// The id of the default one.
    default: String,
}

/// One issuer.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) authority: Arc<Authority>,
    /// The id of its key; none where only the certificate is known, which then
    /// issues nothing.
    pub(super) key_id: Option<String>,
}

impl Issuer {
    /// An issuer with its key.
    pub(crate) fn with_key(name: &str, authority: Arc<Authority>, random: &Random) -> Self {
        Self {
            key_id: Some(random.uuid()),
            ..Self::certificate(name, authority, random)
        }
    }

    /// A certificate without its key.
    pub(crate) fn certificate(name: &str, authority: Arc<Authority>, random: &Random) -> Self {
        Self {
            id: random.uuid(),
            name: name.to_owned(),
            authority,
            key_id: None,
        }
    }

    pub(super) fn serial(&self) -> String {
        colons(self.authority.serial())
    }
}

/// Who signs, and the path above, the issuer first.
pub(super) struct Issuing {
    pub(super) issuer: Arc<Authority>,
    pub(super) chain: Vec<Arc<Authority>>,
}

impl Issuing {
    /// The chain as it was asked for.
    pub(super) fn chain(&self, remove_roots: bool) -> Vec<&Authority> {
        let all = self.chain.iter().map(AsRef::as_ref);
        all.filter(|authority: &&Authority| !(remove_roots && authority.is_root()))
            .collect()
    }
}

impl Issuers {
    /// The first one is the default.
    pub(crate) fn new(first: Issuer) -> Self {
        Self {
            default: first.id.clone(),
            all: vec![first],
        }
    }

    pub(crate) fn add(&mut self, issuer: Issuer) {
        self.all.push(issuer);
    }

    /// Makes another one the default; false where there is no such one.
    pub(crate) fn set_default(&mut self, reference: &str) -> bool {
        let id = self.find(reference).map(|issuer| issuer.id.clone());
        if let Ok(id) = &id {
            self.default.clone_from(id);
        }
        id.is_ok()
    }

    /// Every certificate.
    pub(crate) fn authorities(&self) -> impl Iterator<Item = &Arc<Authority>> {
        self.all.iter().map(|issuer| &issuer.authority)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.all.iter()
    }

    pub(super) fn is_default(&self, issuer: &Issuer) -> bool {
        issuer.id == self.default
    }

    /// By id or name, or the default one.
    pub(super) fn find(&self, reference: &str) -> Result<&Issuer, VaultError> {
        let reference_id = if reference == "default" {
            self.default.as_str()
        } else {
            reference
        };
        let known = |issuer: &&Issuer| issuer.id == reference_id || issuer.name == reference_id;
        self.all.iter().find(known).ok_or_else(|| {
            VaultError::internal(&format!(
                "could not fetch the CA certificate (was one set?): unable to find PKI issuer for reference: {reference}"
            ))
        })
    }

    /// An issuer that can sign.
    pub(super) fn issuing(&self, reference: &str) -> Result<Issuing, VaultError> {
        let issuer = self.find(reference)?;
        if issuer.key_id.is_none() {
            return Err(VaultError::internal(&format!(
                "unable to fetch corresponding key for issuer {}; unable to use this issuer for signing",
                issuer.id
            )));
        }
        Ok(Issuing {
            issuer: Arc::clone(&issuer.authority),
            chain: self.chain(issuer),
        })
    }

    /// An issuer and those above it that the mount knows.
    pub(super) fn chain(&self, issuer: &Issuer) -> Vec<Arc<Authority>> {
        let mut chain = vec![Arc::clone(&issuer.authority)];
        while let Some(parent) = chain.last().and_then(|last| {
            let mut all = self.authorities();
            all.find(|other| last.is_below(other))
        }) {
            chain.push(Arc::clone(parent));
        }
        chain
    }
}

impl Mount {
    pub(crate) fn issuers(&self) -> RwLockReadGuard<'_, Issuers> {
        self.issuers.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn issuers_mut(&self) -> RwLockWriteGuard<'_, Issuers> {
        self.issuers.write().unwrap_or_else(PoisonError::into_inner)
    }
}
