use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use serde::Deserialize;

use crate::certificate::Certificate;
use crate::issued::{OneOrMany, read_pem};

/// A CA of a PKI mount, as Vault tells everybody: what a trust anchor is made
/// of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Issuer {
    /// Vault's name for it.
    pub id: String,
    /// The name that somebody gave it.
    pub name: Option<String>,
    /// Whether it is the mount's default, where Vault says so.
    pub is_default: Option<bool>,
    /// Whether the mount has its key, and so can sign by it, where Vault says
    /// so.
    pub has_key: Option<bool>,
    /// Its certificate.
    pub certificate: CertificateDer<'static>,
    /// Its own issuers, the next one first, as far as the mount knows them.
    pub ca_chain: Vec<CertificateDer<'static>>,
    /// Its subject, as RFC 4514 writes it.
    pub subject: String,
    /// Its serial number: `0f:a1:…`.
    pub serial: String,
    /// From when it is valid.
    pub not_before: SystemTime,
    /// Until when it is valid.
    pub not_after: SystemTime,
    /// Whether it is a root.
    pub is_self_signed: bool,
    pem: String,
}

impl Issuer {
    /// The certificate in PEM, with a line break at its end.
    pub fn pem(&self) -> &str {
        &self.pem
    }
}

/// The data of an answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct IssuerData {
    certificate: Option<String>,
    ca_chain: Option<OneOrMany>,
    issuer_id: Option<String>,
    issuer_name: Option<String>,
}

impl IssuerData {
    pub(crate) fn parse(self) -> Result<Issuer, String> {
        let text = self.certificate.as_deref().unwrap_or_default();
        let certificate = read_pem("certificate", text)?.into_iter().next();
        let certificate = certificate.ok_or("it has no certificate")?;
        let mut ca_chain = Vec::new();
        for text in self.ca_chain.iter().flat_map(OneOrMany::texts) {
            ca_chain.extend(read_pem("ca_chain", text)?);
        }
        let others = ca_chain.into_iter().filter(|other| *other != certificate);
        Ok(Issuer {
            id: self.issuer_id.unwrap_or_default(),
            name: self.issuer_name.filter(|name| !name.is_empty()),
            is_default: None,
            has_key: None,
            ca_chain: others.map(Certificate::into_der).collect(),
            subject: certificate.subject(),
            serial: certificate.serial(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            is_self_signed: certificate.is_self_signed(),
            pem: format!("{}\n", text.trim()),
            certificate: certificate.into_der(),
        })
    }
}
