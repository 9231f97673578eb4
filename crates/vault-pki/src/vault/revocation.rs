use std::time::{Duration, SystemTime};

use der::pem::LineEnding;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use serde::Deserialize;

use super::Vault;
use crate::backend::{self, ApiRequest};
use crate::{Error, Mount};

/// What is to be revoked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Revocable {
    /// The certificate with this serial number (`0f:a1:…`), if Vault has stored
    /// it: a role with `no_store` has it forget what it signed.
    Serial(String),
    /// This certificate, stored or not.
    Certificate(CertificateDer<'static>),
}

/// A certificate that is on Vault's list of revoked ones now. AWS does not read
/// that list: it knows what was imported as a CRL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Revocation {
    /// When it was revoked, for the first time where it was more than once.
    pub revoked_at: Option<SystemTime>,
}

#[derive(Deserialize)]
struct Answer {
    revocation_time: Option<u64>,
}

impl Vault {
    /// Revokes a certificate, whoever holds it: the policy that this takes
    /// allows to revoke all of the mount.
    pub async fn revoke(&self, mount: &Mount, revocable: &Revocable) -> Result<Revocation, Error> {
        let request = match revocable {
            Revocable::Serial(serial) => backend::revoke_by_serial(mount, serial)?,
            Revocable::Certificate(certificate) => backend::revoke(mount, &pem(certificate)?)?,
        };
        self.revoked(&request).await
    }

    /// Revokes a certificate with the proof that its key is ours: the key
    /// itself, which is sent to Vault. A policy for this allows to revoke
    /// nothing else.
    ///
    /// Whoever reads the key on the way can use it for as long as Roles
    /// Anywhere has not imported a CRL: the key is sent over TLS, over a Unix
    /// socket, or to this machine, and else not at all
    /// ([`Error::KeyInPlainText`]).
    pub async fn revoke_with_key(
        &self,
        mount: &Mount,
        certificate: &CertificateDer<'_>,
        private_key: &PrivateKeyDer<'_>,
    ) -> Result<Revocation, Error> {
        let address = &self.settings().address;
        if address.is_readable_by_others() {
            let address = address.to_string();
            return Err(Error::KeyInPlainText { address });
        }
        let key = private_key_pem(private_key)?;
        let request = backend::revoke_with_key(mount, &pem(certificate)?, &key)?;
        self.revoked(&request).await
    }

    async fn revoked(&self, request: &ApiRequest) -> Result<Revocation, Error> {
        let namespace = self.settings().certificate_namespace();
        let answer: Answer = self.data(request, namespace).await?;
        let seconds = answer.revocation_time.filter(|seconds| *seconds > 0);
        let since = seconds.map(Duration::from_secs);
        Ok(Revocation {
            revoked_at: since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)),
        })
    }
}

pub(super) fn pem(certificate: &CertificateDer<'_>) -> Result<String, Error> {
    der::pem::encode_string("CERTIFICATE", LineEnding::LF, certificate).map_err(|_| {
        Error::Unencodable {
            what: "certificate",
        }
    })
}

/// RFC 7468 and its forerunners: Vault reads all three forms.
fn private_key_pem(key: &PrivateKeyDer<'_>) -> Result<SecretString, Error> {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    let pem = der::pem::encode_string(label, LineEnding::LF, key.secret_der());
    pem.map(SecretString::from).map_err(|_| Error::Unencodable {
        what: "private key",
    })
}
