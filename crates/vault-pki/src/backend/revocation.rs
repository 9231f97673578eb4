use secrecy::{ExposeSecret as _, SecretString};
use vaultrs::api::pki::requests::RevokeCertificateRequest;

use super::{ApiRequest, Fields, Unencodable, json, request};
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
/// stored it.
pub(crate) fn revoke(mount: &Mount, certificate: &str) -> Result<ApiRequest, Unencodable> {
    let path = format!("{}/revoke", encode(mount.as_str()));
    let fields = Fields(&[("certificate", Some(certificate))]);
    json(Operation::Revoke, path, &fields)
}

/// With its key, instead of a policy that allows to revoke all.
pub(crate) fn revoke_with_key(
    mount: &Mount,
    certificate: &str,
    private_key: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let path = format!("{}/revoke-with-key", encode(mount.as_str()));
    let key = private_key.expose_secret();
    let fields = Fields(&[
        ("certificate", Some(certificate)),
        ("private_key", Some(key)),
    ]);
    let request = json(Operation::RevokeWithKey, path, &fields)?;
    // Whole, and line by line: a server may have changed the line breaks.
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let lines = lines.map(SecretString::from);
    Ok(ApiRequest {
        secrets: std::iter::once(private_key.clone()).chain(lines).collect(),
        ..request
    })
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
