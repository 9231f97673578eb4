use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

use super::LoginRequest;
use crate::{Call, Error, InvalidName, Namespace, Operation, backend};

/// A login that is sent along with a call, in its headers: OpenBao's inline
/// authentication. No token comes of it, and nothing is stored.
pub(crate) struct InlineLogin {
    headers: HeaderMap,
    path: String,
    namespace: Option<Namespace>,
    secrets: Vec<SecretString>,
}

impl InlineLogin {
    /// A login in its own namespace, whatever the namespace of the call is.
    pub(crate) fn new(
        request: &LoginRequest,
        namespace: Option<&Namespace>,
    ) -> Result<Self, Error> {
        let request = request.api();
        let path = decoded(&request.path)?;
        let mut headers = HeaderMap::new();
        headers.insert(PATH, plain("login path", &path)?);
        let namespace_text = namespace.map_or("", |namespace| namespace.as_str());
        headers.insert(NAMESPACE, plain("namespace", namespace_text)?);
        let fields = serde_json::from_slice::<BTreeMap<String, Value>>(&request.body);
        let fields = fields.map_err(|_| Error::Unencodable { what: "login" })?;
        for (number, (name, value)) in fields.into_iter().enumerate() {
            let header = HeaderName::try_from(format!("{PARAMETER}{number}"));
            let header = header.map_err(|_| Error::Unencodable { what: "login" })?;
            headers.insert(header, parameter(&name, value)?);
        }
        Ok(Self {
            headers,
            path,
            namespace: namespace.cloned(),
            secrets: request.secrets.clone(),
        })
    }

    pub(crate) fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The call that failed, where it was the login.
    pub(crate) fn call(&self, outer: &Call) -> Call {
        Call {
            operation: Operation::Login,
            path: self.path.clone(),
            address: outer.address.clone(),
            namespace: self.namespace.as_ref().map(ToString::to_string),
        }
    }
}

/// Shows where to, never what.
impl fmt::Debug for InlineLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineLogin")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Whether an answer is that of the login, and not of the call itself.
pub(crate) fn is_failed_login(headers: &HeaderMap) -> bool {
    headers.get(FAILED).is_some_and(|value| value == "true")
}

/// Key and value as JSON, so that the case of the one and the type of the other
/// survive; base64 without padding.
fn parameter(name: &str, mut value: Value) -> Result<HeaderValue, Error> {
    let text = backend::json_body(&Parameter {
        key: name,
        value: &value,
    });
    if let Value::String(secret) = &mut value {
        secret.zeroize();
    }
    let text = text.map_err(|_| Error::Unencodable { what: "login" })?;
    let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(&*text));
    if encoded.len() > LONGEST {
        return Err(Error::LoginTooLarge {
            field: name.to_owned(),
            length: encoded.len(),
            limit: LONGEST,
        });
    }
    let value = HeaderValue::from_str(&encoded);
    let mut value = value.map_err(|_| Error::Unencodable { what: "login" })?;
    value.set_sensitive(true);
    Ok(value)
}

#[derive(Serialize)]
struct Parameter<'a> {
    key: &'a str,
    value: &'a Value,
}

/// The path as Vault understands it: OpenBao decodes nothing of the header. A
/// segment that holds a slash would become two there.
fn decoded(path: &str) -> Result<String, Error> {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    if decoded.split('/').count() != path.split('/').count() {
        return Err(invalid("login path", &decoded, "a name in it holds a slash").into());
    }
    Ok(decoded.into_owned())
}

/// Not every proxy lets other bytes pass, nor does every server read them as
/// UTF-8.
fn plain(what: &'static str, text: &str) -> Result<HeaderValue, Error> {
    let value = HeaderValue::from_str(text).ok().filter(|_| text.is_ascii());
    value.ok_or_else(|| invalid(what, text, "inline authentication takes only ASCII").into())
}

fn invalid(what: &'static str, text: &str, reason: &'static str) -> InvalidName {
    InvalidName {
        what,
        text: text.chars().take(100).collect(),
        reason,
    }
}

const PATH: &str = "x-vault-inline-auth-path";
const NAMESPACE: &str = "x-vault-inline-auth-namespace";
const PARAMETER: &str = "x-vault-inline-auth-parameter-";
const FAILED: &str = "x-vault-inline-auth-failed";

/// OpenBao takes a megabyte of headers; load balancers before it, as a rule,
/// 8 KiB a line.
const LONGEST: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(jwt: &str) -> Result<InlineLogin, Error> {
        let mount = "team/k8s".parse().unwrap();
        let request = backend::kubernetes_login(&mount, "app", &jwt.into()).unwrap();
        let namespace = "team".parse().unwrap();
        InlineLogin::new(&request.into(), Some(&namespace))
    }

    #[test]
    fn each_field_is_a_header_of_its_own() {
        let login = inline("hunter2").unwrap();
        let text = |name: &str| login.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(text(PATH), "auth/team/k8s/login");
        assert_eq!(text(NAMESPACE), "team");
        let decoded = |number| {
            let bytes = URL_SAFE_NO_PAD.decode(text(&format!("{PARAMETER}{number}")));
            String::from_utf8(bytes.unwrap()).unwrap()
        };
        assert_eq!(decoded(0), r#"{"key":"jwt","value":"hunter2"}"#);
        assert_eq!(decoded(1), r#"{"key":"role","value":"app"}"#);
        assert!(!format!("{login:?} {:?}", login.headers()).contains("aHVudGVyMi"));
    }

    #[test]
    fn what_a_header_cannot_say_is_refused() {
        let login = |mount: &str, username: &str, namespace: &str| {
            let mount = mount.parse().unwrap();
            let username = crate::path::segment(username).unwrap();
            let request = backend::userpass_login(&mount, &username, &"hunter2".into());
            InlineLogin::new(&request.unwrap().into(), namespace.parse().ok().as_ref())
        };
        let path = login("team/users", "a b", "n").unwrap().headers()[PATH].clone();
        assert_eq!(path, "auth/team/users/login/a b");
        for (mount, username, namespace, reason) in [
            ("ü", "a", "n", "only ASCII"),
            ("m", "ü", "n", "only ASCII"),
            ("m", "a", "ü", "only ASCII"),
            ("m", "../../sys", "n", "holds a slash"),
        ] {
            let error = login(mount, username, namespace).unwrap_err();
            assert!(matches!(error, Error::Name(_)), "{error:?}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn what_no_proxy_would_let_pass_is_refused() {
        assert!(inline(&"a".repeat(6000)).is_ok());
        let error = inline(&"a".repeat(6200)).unwrap_err();
        let expected = "the login's jwt takes 8299 bytes as a header, and 8192 are let pass";
        assert_eq!(error.to_string(), expected);
    }
}
