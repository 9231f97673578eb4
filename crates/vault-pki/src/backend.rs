//! The one place that knows vaultrs: paths, methods and bodies of calls come
//! from its definitions. Requests are sent, and answers read, without it.

use bytes::Bytes;
use http::Method;
use rustify::Endpoint;
use rustify::errors::ClientError;
use secrecy::{ExposeSecret as _, SecretString};
use vaultrs::api::auth::kubernetes::requests::LoginWithKubernetesRequest;
use vaultrs::api::pki::requests::ReadRoleRequest;
use vaultrs::api::sys::requests::{ReadHealthRequest, UnwrapRequest};
use vaultrs::api::token::requests::{LookupTokenSelfRequest, RevokeTokenSelfRequest};
use zeroize::{Zeroize as _, Zeroizing};

use crate::call::Operation;
use crate::path::encode;
use crate::{Mount, RoleName};

mod pki;

pub(crate) use pki::{PkiParameters, pki};

/// What is sent to Vault: everything but address, token and namespace.
pub(crate) struct ApiRequest {
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    /// After `/v1/`, percent-encoded.
    pub(crate) path: String,
    /// Wiped when the last copy is dropped.
    pub(crate) body: Bytes,
}

impl ApiRequest {
    pub(crate) fn login(mount: &Mount, path: &str, body: Zeroizing<Vec<u8>>) -> Self {
        Self {
            operation: Operation::Login,
            method: Method::POST,
            path: format!("auth/{}/{path}", encode(mount.as_str())),
            body: Bytes::from_owner(body),
        }
    }
}

/// A request that is no JSON. What is sent are structures of texts, so this is
/// a bug, and not worth a panic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Unencodable;

pub(crate) fn kubernetes_login(
    mount: &Mount,
    role: &str,
    jwt: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let mut endpoint = LoginWithKubernetesRequest {
        mount: encode(mount.as_str()),
        role: role.to_owned(),
        jwt: jwt.expose_secret().to_owned(),
    };
    let request = request(Operation::Login, &endpoint);
    endpoint.jwt.zeroize();
    request
}

/// The wrapping token goes into the header, as any token does.
pub(crate) fn unwrap() -> Result<ApiRequest, Unencodable> {
    request(Operation::Unwrap, &UnwrapRequest { token: None })
}

pub(crate) fn lookup_self() -> Result<ApiRequest, Unencodable> {
    request(Operation::LookupSelf, &LookupTokenSelfRequest {})
}

pub(crate) fn revoke_self() -> Result<ApiRequest, Unencodable> {
    request(Operation::RevokeSelf, &RevokeTokenSelfRequest {})
}

pub(crate) fn health() -> Result<ApiRequest, Unencodable> {
    request(Operation::Health, &ReadHealthRequest::default())
}

pub(crate) fn read_role(mount: &Mount, role: &RoleName) -> Result<ApiRequest, Unencodable> {
    let endpoint = ReadRoleRequest {
        mount: encode(mount.as_str()),
        name: encode(role.as_str()),
    };
    request(Operation::ReadRole, &endpoint)
}

fn request<E: Endpoint>(operation: Operation, endpoint: &E) -> Result<ApiRequest, Unencodable> {
    let body = endpoint.body().map_err(|_: ClientError| Unencodable)?;
    // Some of the definitions have a tab before the slash.
    let path = endpoint.path();
    let path = path.trim().trim_start_matches('/').to_owned();
    Ok(ApiRequest {
        operation,
        method: endpoint.method().into(),
        path,
        body: Bytes::from_owner(Zeroizing::new(body.unwrap_or_default())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(request: Result<ApiRequest, Unencodable>) -> String {
        let request = request.unwrap();
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        format!("{} {} {body}", request.method, request.path)
    }

    #[test]
    fn calls_are_as_vault_documents_them() {
        let mount = |text: &str| text.parse::<Mount>().unwrap();
        let jwt = SecretString::from("e30.e30.e30");
        for (request, expected) in [
            (
                kubernetes_login(&mount("team/k8s"), "app", &jwt),
                r#"POST auth/team/k8s/login {"role":"app","jwt":"e30.e30.e30"}"#,
            ),
            (unwrap(), "POST sys/wrapping/unwrap "),
            (lookup_self(), "GET auth/token/lookup-self "),
            (revoke_self(), "POST auth/token/revoke-self "),
            (health(), "GET sys/health "),
            (
                read_role(&mount("pki aws"), &"a?b".parse().unwrap()),
                "GET pki%20aws/roles/a%3Fb ",
            ),
        ] {
            assert_eq!(shown(request), expected);
        }
    }
}
