use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::certificate::Signed;
use super::key::IssuedKey;
use super::parameters::{Format, Parameters};
use super::store::Entry;
use super::{CertificateRequest, Issued, Lease, colons};
use crate::authority::Authority;
use crate::random::ALPHANUMERIC;
use crate::timestamp::unix_seconds;
use crate::vault::{Envelope, VaultError};

impl CertificateRequest<'_> {
    /// The answer with a certificate, its chain and the key, if we made one.
    pub(super) fn output(
        &self,
        signed: &Signed,
        key: Option<&IssuedKey>,
        parameters: Parameters,
    ) -> Result<Issued, VaultError> {
        let mut data = self.certificate_fields(signed, &parameters);
        if let Some(key) = key {
            self.add_key(&mut data, key, &parameters)?;
        }
        let mut envelope = Envelope {
            warnings: parameters.warnings,
            ..Envelope::data(Value::Object(data))
        };
        let random = self.conditions.random;
        let serial = colons(&signed.serial);
        self.store(&serial, signed);
        if !self.role.generate_lease {
            return Ok(envelope.answer(random).into());
        }
        let id = random.text::<24>(ALPHANUMERIC);
        envelope.lease_id = format!("{}/{}/{id}", self.mount.name(), self.path);
        let not_after = signed.lifetime.not_after;
        let left = not_after.duration_since(self.conditions.now);
        envelope.lease_duration = left.unwrap_or_default().as_secs();
        Ok(Issued {
            answer: envelope.answer(random),
            lease: Some(Lease {
                mount: self.mount.name().to_owned(),
                serial,
                not_after,
            }),
        })
    }

    fn store(&self, serial: &str, signed: &Signed) {
        if self.role.no_store {
            return;
        }
        let entry = Entry {
            certificate: signed.certificate.der().clone(),
            not_after: signed.lifetime.not_after,
            revoked: None,
        };
        self.mount.store.add(serial, entry, self.conditions.now);
    }

    fn certificate_fields(&self, signed: &Signed, parameters: &Parameters) -> Map<String, Value> {
        let write = |pem: &str, der: &[u8]| match parameters.format {
            Format::Der => STANDARD.encode(der),
            Format::Pem | Format::PemBundle => pem.trim_end().to_owned(),
        };
        let authority = |it: &Authority| Value::from(write(it.pem(), it.der()));
        let chain = self.issuing.chain(parameters.remove_roots_from_chain);
        let certificate = write(&signed.certificate.pem(), signed.certificate.der());
        let certificate = match parameters.format {
            Format::PemBundle => bundle(&certificate, &chain),
            Format::Pem | Format::Der => certificate,
        };
        let mut data = Map::new();
        let mut insert = |name: &str, value: Value| data.insert(name.to_owned(), value);
        insert("certificate", certificate.into());
        insert("issuing_ca", authority(&self.issuing.issuer));
        if !chain.is_empty() {
            insert("ca_chain", chain.into_iter().map(authority).collect());
        }
        insert("serial_number", colons(&signed.serial).into());
        insert("expiration", unix_seconds(signed.lifetime.not_after).into());
        insert(
            "not_before",
            unix_seconds(signed.lifetime.not_before).into(),
        );
        data
    }

    fn add_key(
        &self,
        data: &mut Map<String, Value>,
        key: &IssuedKey,
        parameters: &Parameters,
    ) -> Result<(), VaultError> {
        let text = match parameters.format {
            Format::Der => key.base64(parameters.pkcs8)?,
            Format::Pem | Format::PemBundle => key.pem(parameters.pkcs8)?,
        };
        self.conditions.ledger.note_secret(&text);
        if parameters.format == Format::PemBundle
            && let Some(Value::String(bundle)) = data.get_mut("certificate")
        {
            bundle.insert_str(0, &format!("{}\n", text.as_str()));
        }
        data.insert("private_key".into(), text.as_str().into());
        data.insert("private_key_type".into(), key.kind.as_str().into());
        Ok(())
    }
}

/// The certificate and its chain in one text.
fn bundle(certificate: &str, chain: &[&Authority]) -> String {
    let chain = chain.iter().map(|authority| authority.pem().trim_end());
    let all: Vec<_> = std::iter::once(certificate).chain(chain).collect();
    all.join("\n")
}
