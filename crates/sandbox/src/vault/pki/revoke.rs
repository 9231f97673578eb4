use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::store::Entry;
use super::{Issuer, Mount, colons};
use crate::RequestParts;
use crate::answer::Answer;
use crate::authority::certificate_pem;
use crate::random::Random;
use crate::signature::{KeyKind, verify_structure};
use crate::timestamp::{from_unix_seconds, rfc3339, unix_seconds};
use crate::vault::fields::Fields;
use crate::vault::{Conditions, Envelope, VaultError};

impl Mount {
    /// `revoke`, and `revoke-with-key` with a proof that the certificate is the
    /// client's own.
    pub(super) fn revoke_answer(
        &self,
        request: &RequestParts,
        action: &str,
        conditions: Conditions<'_>,
    ) -> Result<Answer, VaultError> {
        let fields = Fields::read(request)?;
        let (serial, entry) = self.named(&fields)?;
        if action == "revoke-with-key" {
            check_key(&fields, &entry.certificate)?;
        }
        let now = conditions.now;
        if self.store.find(&serial).is_none() {
            self.store.add(&serial, entry, now);
        }
        let revoked = self.store.revoke(&serial, now).unwrap_or(now);
        Ok(Envelope::data(json!({
            "revocation_time": unix_seconds(revoked),
            "revocation_time_rfc3339": rfc3339(revoked),
            "state": "revoked",
        }))
        .answer(conditions.random))
    }

    /// `cert/<serial>`.
    pub(super) fn certificate_answer(
        &self,
        serial: &str,
        random: &Random,
    ) -> Result<Answer, VaultError> {
        let entry = self.store.find(serial).ok_or_else(VaultError::not_found)?;
        let mut data = json!({
            "certificate": certificate_pem(&entry.certificate).trim_end(),
            "revocation_time": entry.revoked.map(unix_seconds).unwrap_or_default(),
            "revocation_time_rfc3339": entry.revoked.map(rfc3339).unwrap_or_default(),
        });
        if entry.revoked.is_some() {
            let issuer = X509Certificate::from_der(&entry.certificate);
            let issuer = issuer.ok().and_then(|(_, it)| self.issuer_of(&it));
            data["issuer_id"] = issuer.unwrap_or_default().into();
        }
        Ok(Envelope::data(data).answer(random))
    }

    /// The certificate that a request names by its serial number, or brings.
    fn named(&self, fields: &Fields) -> Result<(String, Entry), VaultError> {
        let refused = |text: &str| Err(VaultError::bad_request(text));
        match (fields.has("serial_number"), fields.has("certificate")) {
            (false, false) => {
                refused("The serial number or certificate to revoke must be provided.")
            }
            (true, true) => {
                refused("Must provide either the certificate or the serial to revoke; not both.")
            }
            (true, false) => {
                let serial = fields.text("serial_number")?;
                if serial.is_empty() {
                    return refused("The serial number must be provided");
                }
                let entry = self.store.find(&serial).ok_or_else(|| {
                    let text = format!("certificate with serial {serial} not found.");
                    VaultError::bad_request(text)
                })?;
                Ok((serial, entry))
            }
            (false, true) => self.brought(&fields.text("certificate")?),
        }
    }

    /// A certificate that need not be stored, but must be of an issuer here.
    fn brought(&self, pem: &str) -> Result<(String, Entry), VaultError> {
        if pem.len() < 75 {
            return Err(VaultError::internal(
                "provided certificate data was too short; perhaps a path was passed to the API rather than the contents of a PEM file",
            ));
        }
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| VaultError::internal("certificate contains no PEM data"))?;
        let (_, certificate) = X509Certificate::from_der(&der)
            .map_err(|_| VaultError::internal("certificate could not be parsed"))?;
        if self.issuer_of(&certificate).is_none() {
            return Err(VaultError::internal(
                "unable to verify signature on presented cert from any present issuer in this mount; certificates from previous CAs will need to have their issuing CA and key re-imported if revocation is necessary",
            ));
        }
        let not_after = certificate.validity().not_after.timestamp();
        let entry = Entry {
            not_after: from_unix_seconds(not_after),
            revoked: None,
            certificate: der.clone(),
        };
        Ok((colons(certificate.raw_serial()), entry))
    }

    /// The id of the issuer that signed a certificate.
    fn issuer_of(&self, certificate: &X509Certificate<'_>) -> Option<String> {
        let issuers = self.issuers();
        let signed = |issuer: &&Issuer| {
            let authority = X509Certificate::from_der(issuer.authority.der());
            authority.is_ok_and(|(_, authority)| {
                verify_structure(
                    authority.public_key(),
                    &certificate.signature_algorithm,
                    certificate.tbs_certificate.as_ref(),
                    &certificate.signature_value.data,
                )
                .is_ok()
            })
        };
        issuers.iter().find(signed).map(|issuer| issuer.id.clone())
    }
}

/// The private key in the request is that of the certificate.
fn check_key(fields: &Fields, certificate: &CertificateDer<'_>) -> Result<(), VaultError> {
    if !fields.has("private_key") {
        return Err(VaultError::bad_request(
            "Must have private key to revoke via the /revoke-with-key path.",
        ));
    }
    let pem = fields.text("private_key")?;
    if pem.len() < 64 {
        return Err(VaultError::bad_request(
            "Provided data for private_key was too short; perhaps a path was passed to the API rather than the contents of a PEM file?",
        ));
    }
    let key = KeyPair::from_pem(&pem).map_err(|_| {
        VaultError::internal("provided key PEM block contained no data or failed to parse")
    })?;
    let (_, certificate) = X509Certificate::from_der(certificate)
        .map_err(|_| VaultError::internal("error parsing certificate"))?;
    let public_key = certificate.public_key();
    if !same_type(KeyKind::of(public_key), &key) {
        return Err(VaultError::internal(
            "provided private key type does not match certificate's public key type",
        ));
    }
    if key.der_bytes() != &*public_key.subject_public_key.data {
        return Err(VaultError::internal(
            "provided private key does not match certificate's public key",
        ));
    }
    Ok(())
}

fn same_type(kind: KeyKind, key: &KeyPair) -> bool {
    let is_rsa = key.is_compatible(&PKCS_RSA_SHA256);
    let is_edwards = key.is_compatible(&PKCS_ED25519);
    match kind {
        KeyKind::Rsa { .. } => is_rsa,
        KeyKind::Ed25519 => is_edwards,
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => !is_rsa && !is_edwards,
        KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 | KeyKind::Other => false,
    }
}
