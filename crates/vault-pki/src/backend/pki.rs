use std::net::IpAddr;

use rustify::Endpoint;
use rustify::enums::{RequestMethod, RequestType, ResponseType};
use rustify::errors::ClientError;
use serde::Serialize;
use serde_json::Value;

use super::{ApiRequest, Unencodable, request};
use crate::call::Operation;
use crate::path::encode;
use crate::{CertificateRequest, KeyFormat, KeyType, RequestedLifetime};

/// `sign` and `issue` with what vaultrs' definitions lack: issuer references,
/// `not_after`, the kind of key. Absent fields are not sent, because Vault
/// warns of some that do not matter.
#[derive(Serialize)]
pub(crate) struct PkiParameters<'a> {
    #[serde(skip)]
    operation: Operation,
    #[serde(skip)]
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    csr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    common_name: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    alt_names: String,
    #[serde(skip_serializing_if = "<[IpAddr]>::is_empty")]
    ip_sans: &'a [IpAddr],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    uri_sans: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_bits: Option<u32>,
}

impl<'a> PkiParameters<'a> {
    /// For a key of ours.
    pub(crate) fn sign(request: &'a CertificateRequest, csr: String) -> Self {
        Self {
            csr: Some(csr),
            ..Self::common(request, Operation::Sign)
        }
    }

    /// For a key of ours and the names in the request alone: those beside it
    /// would only be warned of.
    pub(crate) fn sign_verbatim(request: &'a CertificateRequest, csr: String) -> Self {
        Self {
            csr: Some(csr),
            common_name: None,
            alt_names: String::new(),
            ip_sans: &[],
            uri_sans: &[],
            ..Self::common(request, Operation::SignVerbatim)
        }
    }

    /// For a key that Vault makes; its kind is only said where it was chosen.
    pub(crate) fn issue(request: &'a CertificateRequest, key_type: KeyType) -> Self {
        let key_name = key_type.vault_name();
        Self {
            private_key_format: (request.key_format == KeyFormat::Pkcs8).then_some("pkcs8"),
            key_type: key_name,
            key_bits: key_name.map(|_| key_type.bits()),
            ..Self::common(request, Operation::Issue)
        }
    }

    fn common(request: &'a CertificateRequest, operation: Operation) -> Self {
        let names = &request.names;
        let alternatives: Vec<&str> = names.dns.iter().chain(&names.email).map(|s| &**s).collect();
        let (ttl, not_after) = lifetime(request.lifetime);
        Self {
            operation,
            path: path(request, operation),
            csr: None,
            common_name: names.common_name.as_deref(),
            alt_names: alternatives.join(","),
            ip_sans: &names.ip,
            uri_sans: &names.uri,
            ttl,
            not_after,
            private_key_format: None,
            key_type: None,
            key_bits: None,
        }
    }
}

impl Endpoint for PkiParameters<'_> {
    type Response = Value;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.clone()
    }

    fn method(&self) -> RequestMethod {
        RequestMethod::POST
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        let body = serde_json::to_vec(self);
        let body = body.map_err(|error| ClientError::DataParseError {
            source: error.into(),
        })?;
        Ok(Some(body))
    }
}

pub(crate) fn pki(parameters: &PkiParameters<'_>) -> Result<ApiRequest, Unencodable> {
    request(parameters.operation, parameters)
}

fn path(request: &CertificateRequest, operation: Operation) -> String {
    let mount = encode(request.mount.as_str());
    let role = encode(request.role.as_str());
    match &request.issuer {
        Some(issuer) => format!(
            "{mount}/issuer/{}/{operation}/{role}",
            encode(issuer.as_str())
        ),
        None => format!("{mount}/{operation}/{role}"),
    }
}

/// One of `ttl` and `not_after`: both are an error.
fn lifetime(requested: RequestedLifetime) -> (Option<String>, Option<String>) {
    match requested {
        RequestedLifetime::RoleDefault => (None, None),
        RequestedLifetime::Ttl(ttl) => (Some(format!("{}s", ttl.as_secs())), None),
        RequestedLifetime::NotAfter(time) => {
            let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX);
            (None, Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::Names;

    fn full() -> CertificateRequest {
        let names = Names {
            common_name: Some("app".to_owned()),
            dns: vec!["a.test".to_owned(), "b.test".to_owned()],
            ip: vec!["192.0.2.7".parse().unwrap()],
            uri: vec!["spiffe://a/b,c".to_owned()],
            email: vec!["x@a.test".to_owned()],
        };
        CertificateRequest {
            issuer: Some("default".parse().unwrap()),
            lifetime: RequestedLifetime::Ttl(Duration::from_secs(600)),
            ..CertificateRequest::new("pki-aws".parse().unwrap(), "r".parse().unwrap(), names)
        }
    }

    fn shown(parameters: &PkiParameters<'_>) -> String {
        super::super::shown(pki(parameters))
    }

    #[test]
    fn sign_verbatim_sends_the_names_in_the_request_alone() {
        assert_eq!(
            shown(&PkiParameters::sign_verbatim(&full(), "CSR".to_owned())),
            "POST pki-aws/issuer/default/sign-verbatim/r {\"csr\":\"CSR\",\"ttl\":\"600s\"}"
        );
    }

    #[test]
    fn sign_sends_every_name_and_no_key_format() {
        assert_eq!(
            shown(&PkiParameters::sign(&full(), "CSR".to_owned())),
            "POST pki-aws/issuer/default/sign/r {\"csr\":\"CSR\",\"common_name\":\"app\",\
             \"alt_names\":\"a.test,b.test,x@a.test\",\"ip_sans\":[\"192.0.2.7\"],\
             \"uri_sans\":[\"spiffe://a/b,c\"],\"ttl\":\"600s\"}"
        );
    }

    #[test]
    fn issue_asks_for_pkcs8_unless_the_old_form_is_wanted() {
        let mut request = CertificateRequest {
            issuer: None,
            names: Names::common_name("app"),
            lifetime: RequestedLifetime::NotAfter(UNIX_EPOCH + Duration::from_millis(1500)),
            ..full()
        };
        assert_eq!(
            shown(&PkiParameters::issue(&request, KeyType::Auto)),
            "POST pki-aws/issue/r {\"common_name\":\"app\",\"not_after\":\"1970-01-01T00:00:01Z\",\
             \"private_key_format\":\"pkcs8\"}"
        );
        request.lifetime = RequestedLifetime::RoleDefault;
        request.key_format = KeyFormat::Legacy;
        assert_eq!(
            shown(&PkiParameters::issue(&request, KeyType::EcP384)),
            "POST pki-aws/issue/r {\"common_name\":\"app\",\"key_type\":\"ec\",\"key_bits\":384}"
        );
    }
}
