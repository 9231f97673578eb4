//! The one place that knows vaultrs: paths, methods and bodies of calls come
//! from its definitions. Requests are sent, and answers read, without it.

use bytes::Bytes;
use http::Method;
use rustify::Endpoint;
use rustify::errors::ClientError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use vaultrs::api::sys::requests::{ReadHealthRequest, UnwrapRequest};
use vaultrs::api::token::requests::{
    LookupTokenSelfRequest, RenewTokenSelfRequest, RevokeTokenSelfRequest,
};
use zeroize::Zeroizing;

use crate::Token;
use crate::call::Operation;

mod authority;
mod body;
mod logins;
mod pki;
mod revocation;

pub(crate) use authority::{acme_directory, list_issuers, list_roles, read_issuer, read_role};
use body::Fields;
pub(crate) use body::json as json_body;
pub(crate) use logins::{
    app_role_login, certificate_login, jwt_login, kubernetes_login, login, userpass_login,
};
pub(crate) use pki::{PkiParameters, pki};
pub(crate) use revocation::{revoke, revoke_by_serial, revoke_with_key};

/// What is sent to Vault: everything but address, token and namespace.
pub(crate) struct ApiRequest {
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    /// After `/v1/`, percent-encoded.
    pub(crate) path: String,
    /// Wiped when the last copy is dropped.
    pub(crate) body: Bytes,
    /// What of the body no error may repeat.
    pub(crate) secrets: Vec<SecretString>,
}

/// A request that is no JSON. What is sent are structures of texts, so this is
/// a bug, and not worth a panic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Unencodable;

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

/// Vault wants the wrapping token in the body here: a look-up spends nothing,
/// and a token in the header would be spent.
pub(crate) fn wrapping_lookup(wrapping: &Token) -> Result<ApiRequest, Unencodable> {
    let path = "sys/wrapping/lookup".to_owned();
    let token = wrapping.text().expose_secret();
    let fields = Fields(&[("token", Some(token))]);
    json(Operation::LookupWrapping, path, &fields)
}

/// Without an increment: the role's own, or the token's period.
pub(crate) fn renew_self() -> Result<ApiRequest, Unencodable> {
    let endpoint = RenewTokenSelfRequest { increment: None };
    request(Operation::RenewSelf, &endpoint)
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
        secrets: Vec::new(),
    })
}

/// A body of ours: where vaultrs has no definition, or a wrong one, and where a
/// secret is in it, of which its own would leave copies in memory.
fn json(
    operation: Operation,
    path: String,
    body: &impl Serialize,
) -> Result<ApiRequest, Unencodable> {
    Ok(ApiRequest {
        operation,
        method: Method::POST,
        path,
        body: Bytes::from_owner(body::json(body).map_err(|_| Unencodable)?),
        secrets: Vec::new(),
    })
}

#[cfg(test)]
pub(crate) fn shown(request: Result<ApiRequest, Unencodable>) -> String {
    let request = request.unwrap();
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    format!("{} {} {body}", request.method, request.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_as_vault_documents_them() {
        let token = Token::new(&"s.w".into()).unwrap();
        for (request, expected) in [
            (unwrap(), "POST sys/wrapping/unwrap "),
            (
                wrapping_lookup(&token),
                r#"POST sys/wrapping/lookup {"token":"s.w"}"#,
            ),
            (lookup_self(), "GET auth/token/lookup-self "),
            (renew_self(), "POST auth/token/renew-self "),
            (revoke_self(), "POST auth/token/revoke-self "),
            (health(), "GET sys/health "),
        ] {
            assert_eq!(shown(request), expected);
        }
    }
}
