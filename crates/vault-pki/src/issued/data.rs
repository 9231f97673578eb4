use secrecy::SecretString;
use serde::Deserialize;

use crate::certificate::Certificate;

/// The data of an answer to `sign` and `issue`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct IssuedData {
    certificate: Option<String>,
    issuing_ca: Option<String>,
    ca_chain: Option<OneOrMany>,
    pub(super) serial_number: Option<String>,
    pub(super) private_key: Option<SecretString>,
}

/// Vault serves an array; the ancient and the foreign, one text with all in it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// The certificates of an answer, parsed.
pub(super) struct Served {
    pub(super) end_entity: Certificate,
    pub(super) issuing_ca: Option<Certificate>,
    pub(super) ca_chain: Vec<Certificate>,
}

impl IssuedData {
    pub(super) fn certificates(&self) -> Result<Served, String> {
        let certificate = self.certificate.as_deref().unwrap_or_default();
        let issuing_ca = self.issuing_ca.as_deref().unwrap_or_default();
        let mut ca_chain = Vec::new();
        for text in self.ca_chain.iter().flat_map(OneOrMany::texts) {
            ca_chain.extend(read_pem("ca_chain", text)?);
        }
        Ok(Served {
            end_entity: read_pem("certificate", certificate)?
                .into_iter()
                .next()
                .ok_or("it has no certificate")?,
            issuing_ca: read_pem("issuing_ca", issuing_ca)?.into_iter().next(),
            ca_chain,
        })
    }
}

impl OneOrMany {
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// All certificates in a field of an answer.
pub(crate) fn read_pem(field: &str, text: &str) -> Result<Vec<Certificate>, String> {
    let certificates =
        Certificate::all_from_pem(text).map_err(|error| format!("its {field}: {error}"))?;
    if certificates.is_empty() && !text.trim().is_empty() {
        return Err(format!("its {field} holds no PEM"));
    }
    Ok(certificates)
}
