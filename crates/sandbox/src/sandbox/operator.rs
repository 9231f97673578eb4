use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustls_pki_types::CertificateDer;

use super::{Sandbox, setup};
use crate::authority::Authority;
use crate::vault::{Issuer, Mount};
use crate::{Error, RateLimit};

/// What an operator does to Vault, and an account's quota, while they run.
impl Sandbox {
    /// Seals or unseals Vault.
    pub fn seal(&self, sealed: bool) {
        self.services.vault.sealed.store(sealed, Ordering::Relaxed);
    }

    /// Limits the rate of requests below a path, or lifts the limit.
    pub fn limit_rate(&self, limit: Option<RateLimit>) {
        self.services.vault.quota.set(limit, self.services.now());
    }

    /// Limits how many requests `CreateSession` takes a second, by the sandbox's
    /// clock, and lets no more through at once: beyond that it throttles. AWS has 10
    /// for each account and region. None lifts the limit.
    pub fn limit_sessions(&self, per_second: Option<u32>) {
        let services = self.services();
        services.aws.session_quota.set(per_second, services.now());
    }

    /// Ends a token, and revokes the certificates that hang on it.
    pub fn revoke_token(&self, token: &str) {
        self.services.vault.end_token(token, self.services.now());
    }

    /// Gives the mount `pki-aws` another issuer of that name, under the same
    /// root, for a rotation; its certificate. It issues where it is named, and
    /// everywhere after [`Sandbox::set_default_issuer`].
    pub fn add_issuer(&self, name: &str) -> Result<String, Error> {
        let (services, subject) = (self.services(), subject(name));
        let root = &services.root;
        let issuer = root.intermediate(&subject, services.now(), services.random())?;
        Ok(self.add(name, issuer))
    }

    /// The same with an issuer that is a root of its own, and so in nobody's
    /// trust yet.
    pub fn add_root_issuer(&self, name: &str) -> Result<String, Error> {
        let (services, subject) = (self.services(), subject(name));
        let issuer = Authority::root(&subject, services.now(), services.random())?;
        Ok(self.add(name, issuer))
    }

    /// A certificate of the trust anchor's own root that has expired: what an
    /// account still has where nobody registered the present one.
    pub fn expired_root(&self) -> Result<CertificateDer<'static>, Error> {
        let services = self.services();
        let root = &services.root;
        root.expired(setup::ROOT, services.now(), services.random())
    }

    /// Makes an issuer of `pki-aws` the default one, by its name or id; false
    /// where there is no such issuer.
    pub fn set_default_issuer(&self, reference: &str) -> bool {
        self.pki()
            .is_some_and(|mount| mount.issuers_mut().set_default(reference))
    }

    /// The serial numbers of the certificates of `pki-aws` that are revoked and
    /// have not expired: `0f:aa:…`.
    pub fn revoked_serials(&self) -> Vec<String> {
        self.services.vault.sweep(self.services.now());
        self.pki().map(Mount::revoked_serials).unwrap_or_default()
    }

    fn add(&self, name: &str, issuer: Authority) -> String {
        let services = self.services();
        services.ledger.note_secret(issuer.key_pem());
        let pem = issuer.pem().to_owned();
        if let Some(mount) = self.pki() {
            let issuer = Issuer::with_key(name, Arc::new(issuer), services.random());
            mount.issuers_mut().add(issuer);
        }
        pem
    }

    fn pki(&self) -> Option<&Mount> {
        self.services.vault.mounts.first()
    }
}

fn subject(name: &str) -> String {
    format!("iamra sandbox {name}")
}
