use bytes::Bytes;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{ApiRequest, Fields, Unencodable, json};
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
        secrets: Vec::new(),
    }
}

pub(crate) fn kubernetes_login(
    mount: &Mount,
    role: &str,
    jwt: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let jwt = jwt.expose_secret();
    let fields = Fields(&[("role", Some(role)), ("jwt", Some(jwt))]);
    json(Operation::Login, path(mount), &fields)
}

pub(crate) fn jwt_login(
    mount: &Mount,
    role: Option<&str>,
    jwt: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let jwt = jwt.expose_secret();
    let fields = Fields(&[("jwt", Some(jwt)), ("role", role)]);
    json(Operation::Login, path(mount), &fields)
}

pub(crate) fn app_role_login(
    mount: &Mount,
    role_id: &SecretString,
    secret_id: Option<&SecretString>,
) -> Result<ApiRequest, Unencodable> {
    let role_id = role_id.expose_secret();
    let secret_id = secret_id.map(ExposeSecret::expose_secret);
    let fields = Fields(&[("role_id", Some(role_id)), ("secret_id", secret_id)]);
    json(Operation::Login, path(mount), &fields)
}

/// `username` is a segment of the path, and percent-encoded by the caller.
pub(crate) fn userpass_login(
    mount: &Mount,
    username: &str,
    password: &SecretString,
) -> Result<ApiRequest, Unencodable> {
    let path = format!("{}/{username}", path(mount));
    let password = password.expose_secret();
    let fields = Fields(&[("password", Some(password))]);
    json(Operation::Login, path, &fields)
}

/// The field is `name`: Vault ignores `cert_name` with a warning.
pub(crate) fn certificate_login(
    mount: &Mount,
    name: Option<&str>,
) -> Result<ApiRequest, Unencodable> {
    json(Operation::Login, path(mount), &Fields(&[("name", name)]))
}

fn path(mount: &Mount) -> String {
    format!("auth/{}/login", encode(mount.as_str()))
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
