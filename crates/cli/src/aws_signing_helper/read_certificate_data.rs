use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rolesanywhere::{Certificate, KeyAlgorithm, PemSources};
use serde::Serialize;

use super::read_key_file;
use crate::failure::Failure;
use crate::output;

/// `read-certificate-data`.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) path: String,
}

impl Request {
    /// Prints one JSON object, without a newline.
    pub(super) fn answer(&self) -> Result<(), Failure> {
        let text = read_key_file(&self.path)?;
        let sources = PemSources {
            certificate: &text,
            private_key: None,
            intermediates: None,
        };
        let (certificate, _) = sources
            .certificates()
            .map_err(|error| Failure::from(error).about(&self.path))?;
        let data = serde_json::to_string(&Description::of(&certificate));
        let data =
            data.map_err(|error| Failure::new("output.failed", refresh::FaultKind::Failed, error))?;
        output::print(&data)
    }
}

/// The members in the order and under the names of the helper.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    key_type: String,
    certificate_data: String,
    serial_number: String,
    supported_algorithms: Vec<String>,
}

impl Description {
    fn of(certificate: &Certificate) -> Self {
        let key_type = key_type(&certificate.key_algorithm());
        // ML-DSA hashes by itself.
        let supported_algorithms = if key_type.starts_with("ML-DSA") {
            vec![key_type.clone()]
        } else {
            let digests = ["SHA256", "SHA384", "SHA512"];
            digests.map(|digest| format!("{key_type}{digest}")).into()
        };
        Self {
            certificate_data: BASE64_STANDARD.encode(certificate.der()),
            serial_number: certificate.serial_decimal(),
            supported_algorithms,
            key_type,
        }
    }
}

/// Empty for what Roles Anywhere does not know.
fn key_type(algorithm: &KeyAlgorithm) -> String {
    let name = match algorithm {
        KeyAlgorithm::Rsa { .. } => "RSA",
        KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521 => "EC",
        KeyAlgorithm::MlDsa44 => "ML-DSA-44",
        KeyAlgorithm::MlDsa65 => "ML-DSA-65",
        KeyAlgorithm::MlDsa87 => "ML-DSA-87",
        _ => "",
    };
    name.to_owned()
}
