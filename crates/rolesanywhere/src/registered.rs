//! How trust anchors and profiles are registered: what an administrator may read.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use destination::Response;
use http::Request;
use serde::Deserialize;

use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::sender::Operation;
use crate::{EndpointUrl, Error, SigningError, TrustAnchor};

/// A trust anchor as it is registered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegisteredTrustAnchor {
    /// The name that somebody gave it.
    pub name: String,
    /// A disabled one opens no session.
    pub is_enabled: bool,
    /// Its certificates; `None` where AWS Private CA holds them.
    pub certificates: Option<TrustAnchor>,
}

/// A profile as it is registered.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RegisteredProfile {
    /// The name that somebody gave it.
    pub name: String,
    /// A disabled one opens no session.
    pub is_enabled: bool,
    /// The roles that it opens sessions of.
    pub role_arns: Vec<String>,
    /// Whether a request may name the session.
    pub accepts_role_session_name: bool,
    /// Whether a request must carry instance properties.
    pub requires_instance_properties: bool,
    /// The longest session.
    pub duration: Option<Duration>,
}

/// An operation that reads how something is registered.
pub(crate) trait Registered: Operation {
    type Document;

    /// The document; else what is wrong with it.
    fn read(body: &[u8]) -> Result<Self::Document, String>;
}

/// [`GetTrustAnchor`](https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_GetTrustAnchor.html).
pub(crate) struct GetTrustAnchor<'a> {
    pub(crate) caller: Caller<'a>,
    pub(crate) id: &'a str,
}

/// [`GetProfile`](https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/API_GetProfile.html).
pub(crate) struct GetProfile<'a> {
    pub(crate) caller: Caller<'a>,
    pub(crate) id: &'a str,
}

impl Operation for GetTrustAnchor<'_> {
    const NAME: &'static str = "GetTrustAnchor";

    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error> {
        let path = format!("/trustanchor/{}", self.id);
        get(self.caller, &endpoint.uri(&path), time)
    }

    fn refusal(&self, response: &Response) -> Option<Refusal> {
        Refusal::from_answer(response.status, &response.headers, &response.body)
    }
}

impl Operation for GetProfile<'_> {
    const NAME: &'static str = "GetProfile";

    fn signed(&self, endpoint: &EndpointUrl, time: SystemTime) -> Result<Request<Bytes>, Error> {
        let path = format!("/profile/{}", self.id);
        get(self.caller, &endpoint.uri(&path), time)
    }

    fn refusal(&self, response: &Response) -> Option<Refusal> {
        Refusal::from_answer(response.status, &response.headers, &response.body)
    }
}

impl Registered for GetTrustAnchor<'_> {
    type Document = RegisteredTrustAnchor;

    fn read(body: &[u8]) -> Result<RegisteredTrustAnchor, String> {
        let AnchorAnswer { trust_anchor } = json(body)?;
        let bundle = trust_anchor.source.source_data.x509_certificate_data;
        let certificates = bundle.map(|pem| TrustAnchor::from_pem(pem.as_bytes()));
        let certificates = certificates.transpose();
        Ok(RegisteredTrustAnchor {
            name: trust_anchor.name,
            is_enabled: trust_anchor.enabled,
            certificates: certificates.map_err(|error| error.to_string())?,
        })
    }
}

impl Registered for GetProfile<'_> {
    type Document = RegisteredProfile;

    fn read(body: &[u8]) -> Result<RegisteredProfile, String> {
        let ProfileAnswer { profile } = json(body)?;
        Ok(RegisteredProfile {
            name: profile.name,
            is_enabled: profile.enabled,
            role_arns: profile.role_arns,
            accepts_role_session_name: profile.accept_role_session_name,
            requires_instance_properties: profile.require_instance_properties,
            duration: profile.duration_seconds.map(Duration::from_secs),
        })
    }
}

fn get(caller: Caller<'_>, uri: &str, time: SystemTime) -> Result<Request<Bytes>, Error> {
    let request = Request::get(uri).body(Bytes::new());
    let request = request
        .map_err(|_| Error::Signing(SigningError::new("the id of the ARN is no part of a URI")))?;
    caller.signed("rolesanywhere", request, time)
}

/// What is wrong with it is said without a part of it.
fn json<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| {
        let kind = error.classify();
        format!("it is not the JSON that it should be ({kind:?} error)")
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnchorAnswer {
    trust_anchor: Anchor,
}

#[derive(Deserialize)]
struct Anchor {
    #[serde(default)]
    name: String,
    enabled: bool,
    source: Source,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    source_data: SourceData,
}

#[derive(Deserialize)]
struct SourceData {
    #[serde(rename = "x509CertificateData")]
    x509_certificate_data: Option<String>,
}

#[derive(Deserialize)]
struct ProfileAnswer {
    profile: Profile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(default)]
    name: String,
    enabled: bool,
    #[serde(default)]
    role_arns: Vec<String>,
    #[serde(default)]
    accept_role_session_name: bool,
    #[serde(default)]
    require_instance_properties: bool,
    duration_seconds: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_and_others_are_told_without_quoting_them() {
        let profile = br#"{"profile":{"enabled":true,"name":"app","roleArns":["arn:aws:iam::123456789012:role/r"],
          "durationSeconds":3600,"acceptRoleSessionName":true,"sessionPolicy":null,"managedPolicyArns":[]}}"#;
        let profile = GetProfile::read(profile).unwrap();
        assert!(profile.is_enabled && profile.accepts_role_session_name);
        assert!(!profile.requires_instance_properties);
        assert_eq!(profile.duration, Some(Duration::from_secs(3600)));
        let anchor = br#"{"trustAnchor":{"enabled":false,"name":"ca","source":{"sourceType":"AWS_ACM_PCA",
          "sourceData":{"acmPcaArn":"arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/c"}}}}"#;
        let anchor = GetTrustAnchor::read(anchor).unwrap();
        assert!(!anchor.is_enabled && anchor.certificates.is_none());
        for body in [
            "",
            "{}",
            "<html>secret</html>",
            r#"{"profile":{"enabled":"secret"}}"#,
        ] {
            let reason = GetProfile::read(body.as_bytes()).unwrap_err();
            assert!(!reason.contains("secret"), "{reason}");
        }
    }
}
