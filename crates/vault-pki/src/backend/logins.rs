use bytes::Bytes;
use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use vaultrs::api::auth::approle::requests::LoginWithApproleRequest;
use vaultrs::api::auth::kubernetes::requests::LoginWithKubernetesRequest;
use vaultrs::api::auth::oidc::requests::JWTLoginRequest;
use vaultrs::api::auth::userpass::requests::LoginRequest;
use zeroize::{Zeroize as _, Zeroizing};

use super::{ApiRequest, Unencodable, json, request};
use crate::Mount;
use crate::call::Operation;
use crate::path::encode;

/// A login that somebody else defines; `path` is percent-encoded.
pub(crate) fn login(mount: &Mount, path: &str, body: Zeroizing<Vec<u8>>) -> ApiRequest {
    ApiRequest {
        operation: Operation::Login,
        method: Method::POST,
        path: format!("auth/{}/{path}", encode(mount.as_str())),
        body: Bytes::from_owner(body),
    }
}

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

pub(crate) fn jwt_login(
    mount: &Mount,
    role: Option<&str>,
    jwt: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let mut endpoint = JWTLoginRequest {
        mount: encode(mount.as_str()),
        jwt: jwt.expose_secret().to_owned(),
        role: role.map(str::to_owned),
    };
    let request = request(Operation::Login, &endpoint);
    endpoint.jwt.zeroize();
    request
}

/// vaultrs always sends a `secret_id`; a role that wants none does not look at
/// an empty one.
pub(crate) fn app_role_login(
    mount: &Mount,
    role_id: &SecretString,
    secret_id: Option<&SecretString>,
) -> Result<ApiRequest, Unencodable> {
    let secret_id = secret_id.map(|secret_id| secret_id.expose_secret().to_owned());
    let mut endpoint = LoginWithApproleRequest {
        mount: encode(mount.as_str()),
        role_id: role_id.expose_secret().to_owned(),
        secret_id: secret_id.unwrap_or_default(),
    };
    let request = request(Operation::Login, &endpoint);
    endpoint.role_id.zeroize();
    endpoint.secret_id.zeroize();
    request
}

/// `username` is a segment of the path, and percent-encoded by the caller.
pub(crate) fn userpass_login(
    mount: &Mount,
    username: &str,
    password: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let mut endpoint = LoginRequest {
        mount: encode(mount.as_str()),
        username: username.to_owned(),
        password: password.expose_secret().to_owned(),
    };
    let request = request(Operation::Login, &endpoint);
    endpoint.password.zeroize();
    request
}

/// vaultrs sends the role as `cert_name`, which Vault ignores with a warning:
/// the field is `name`.
pub(crate) fn certificate_login(
    mount: &Mount,
    name: Option<&str>,
) -> Result<ApiRequest, Unencodable> {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    }
    let path = format!("auth/{}/login", encode(mount.as_str()));
    json(Operation::Login, path, &Body { name })
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;

    #[test]
    fn logins_are_as_vault_documents_them() {
        let mount = |text: &str| text.parse::<Mount>().unwrap();
        let secret = |text: &str| SecretString::from(text);
        let jwt = secret("e30.e30.e30");
        for (request, expected) in [
            (
                kubernetes_login(&mount("team/k8s"), "app", &jwt),
                r#"POST auth/team/k8s/login {"role":"app","jwt":"e30.e30.e30"}"#,
            ),
            (
                jwt_login(&mount("jwt"), Some("app"), &jwt),
                r#"POST auth/jwt/login {"jwt":"e30.e30.e30","role":"app"}"#,
            ),
            (
                jwt_login(&mount("jwt"), None, &jwt),
                r#"POST auth/jwt/login {"jwt":"e30.e30.e30"}"#,
            ),
            (
                app_role_login(&mount("approle"), &secret("r"), Some(&secret("s"))),
                r#"POST auth/approle/login {"role_id":"r","secret_id":"s"}"#,
            ),
            (
                userpass_login(&mount("userpass"), "a%2Fb", &secret("p")),
                r#"POST auth/userpass/login/a%2Fb {"password":"p"}"#,
            ),
            (
                certificate_login(&mount("cert"), Some("web")),
                r#"POST auth/cert/login {"name":"web"}"#,
            ),
            (
                certificate_login(&mount("cert"), None),
                "POST auth/cert/login {}",
            ),
        ] {
            assert_eq!(shown(request), expected);
        }
    }
}
