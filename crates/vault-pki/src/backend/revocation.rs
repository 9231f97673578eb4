use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use vaultrs::api::pki::requests::RevokeCertificateRequest;

use super::{ApiRequest, Unencodable, json, request};
use crate::Mount;
use crate::call::Operation;
use crate::path::encode;

pub(crate) fn revoke_by_serial(mount: &Mount, serial: &str) -> Result<ApiRequest, Unencodable> {
    let endpoint = RevokeCertificateRequest {
        mount: encode(mount.as_str()),
        serial_number: serial.to_owned(),
    };
    request(Operation::Revoke, &endpoint)
}

/// What vaultrs lacks: by certificate, which also works where Vault has not
/// stored it, and with its key instead of a policy that allows to revoke all.
#[derive(Serialize)]
struct Revocation<'a> {
    certificate: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<&'a str>,
}

pub(crate) fn revoke(mount: &Mount, certificate: &str) -> Result<ApiRequest, Unencodable> {
    let path = format!("{}/revoke", encode(mount.as_str()));
    let body = Revocation {
        certificate,
        private_key: None,
    };
    json(Operation::Revoke, path, &body)
}

pub(crate) fn revoke_with_key(
    mount: &Mount,
    certificate: &str,
    private_key: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let path = format!("{}/revoke-with-key", encode(mount.as_str()));
    let body = Revocation {
        certificate,
        private_key: Some(private_key.expose_secret()),
    };
    json(Operation::RevokeWithKey, path, &body)
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn calls_are_as_vault_documents_them() {
        let mount: Mount = "pki aws".parse().unwrap();
        for (request, expected) in [
            (
                revoke_by_serial(&mount, "0f:a1"),
                r#"POST pki%20aws/revoke {"serial_number":"0f:a1"}"#,
            ),
            (
                revoke(&mount, "PEM"),
                r#"POST pki%20aws/revoke {"certificate":"PEM"}"#,
            ),
            (
                revoke_with_key(&mount, "PEM", &"KEY".into()),
                r#"POST pki%20aws/revoke-with-key {"certificate":"PEM","private_key":"KEY"}"#,
            ),
        ] {
            assert_eq!(shown(request), expected);
        }
    }
}
