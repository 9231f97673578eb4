use vaultrs::api::pki::requests::{
    ListIssuersRequest, ListRolesRequest, ReadIssuerCertificateRequest, ReadRoleRequest,
};

use super::{ApiRequest, Unencodable, request};
use crate::call::Operation;
use crate::path::encode;
use crate::{Mount, RoleName};

pub(crate) fn read_role(mount: &Mount, role: &RoleName) -> Result<ApiRequest, Unencodable> {
    let endpoint = ReadRoleRequest {
        mount: encode(mount.as_str()),
        name: encode(role.as_str()),
    };
    request(Operation::ReadRole, &endpoint)
}

pub(crate) fn list_roles(mount: &Mount) -> Result<ApiRequest, Unencodable> {
    let mount = encode(mount.as_str());
    request(Operation::ListRoles, &ListRolesRequest { mount })
}

/// Answered without a token, where ACME is on. Nothing of it concerns vaultrs.
pub(crate) fn acme_directory(mount: &Mount) -> ApiRequest {
    ApiRequest {
        operation: Operation::AcmeDirectory,
        method: http::Method::GET,
        path: format!("{}/acme/directory", encode(mount.as_str())),
        body: bytes::Bytes::new(),
        secrets: Vec::new(),
    }
}

/// Answered without a token.
pub(crate) fn list_issuers(mount: &Mount) -> Result<ApiRequest, Unencodable> {
    let mount = encode(mount.as_str());
    request(Operation::ListIssuers, &ListIssuersRequest { mount })
}

/// Answered without a token.
pub(crate) fn read_issuer(mount: &Mount, issuer: &str) -> Result<ApiRequest, Unencodable> {
    let endpoint = ReadIssuerCertificateRequest {
        mount: encode(mount.as_str()),
        issuer: encode(issuer),
    };
    request(Operation::ReadIssuer, &endpoint)
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
                read_role(&mount, &"a?b".parse().unwrap()),
                "GET pki%20aws/roles/a%3Fb ",
            ),
            (list_roles(&mount), "LIST pki%20aws/roles "),
            (Ok(acme_directory(&mount)), "GET pki%20aws/acme/directory "),
            (list_issuers(&mount), "LIST pki%20aws/issuers "),
            (
                read_issuer(&mount, "default"),
                "GET pki%20aws/issuer/default/json ",
            ),
        ] {
            assert_eq!(shown(request), expected);
        }
    }
}
