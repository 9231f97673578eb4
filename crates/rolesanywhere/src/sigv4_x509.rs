//! Signature Version 4 with X.509: a pure function of request, identity and
//! time.
//!
//! The steps are those of SigV4; certificate headers are added, the credential
//! is the certificate's serial number, and the string to sign is signed with
//! the certificate's key instead of a derived one.
//!
//! [Roles Anywhere User Guide: signing process](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html)

mod canonical;
mod timestamp;

use aws_partition::Region;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use std::time::SystemTime;

pub use canonical::CanonicalRequest;
pub use timestamp::Timestamp;

use crate::{Certificate, Identity, Signer, SigningError};

/// The date of a signed request: `YYYYMMDDTHHMMSSZ`.
pub const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
/// The end-entity certificate: base64 of its DER.
pub const X_AMZ_X509: HeaderName = HeaderName::from_static("x-amz-x509");
/// The intermediates: base64 of their DER, separated by commas.
pub const X_AMZ_X509_CHAIN: HeaderName = HeaderName::from_static("x-amz-x509-chain");

/// The name of the service in the credential scope.
const SERVICE: &str = "rolesanywhere";

/// Where and when a signature is valid.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The region that the request is sent to.
    pub region: Region,
    /// The time of the request.
    pub time: Timestamp,
}

impl Scope {
    /// The scope of a request to `region` at `time`.
    pub fn new(region: Region, time: SystemTime) -> Self {
        Self {
            region,
            time: Timestamp::new(time),
        }
    }
}

/// `DATE/REGION/rolesanywhere/aws4_request`
impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { region, time } = self;
        write!(f, "{}/{region}/{SERVICE}/aws4_request", time.date())
    }
}

/// Adds the certificate and date headers and the signature to `request`.
///
/// Every header that stands in the request is signed, except those that a
/// proxy or a client library may change. The URI must be absolute, or a `Host`
/// header must be there.
pub fn sign(
    request: &mut Request<Bytes>,
    identity: &Identity,
    scope: &Scope,
) -> Result<(), SigningError> {
    let host = request
        .uri()
        .authority()
        .map(|host| host.as_str().to_owned());
    let headers = request.headers_mut();
    if let Some(host) = host {
        headers.entry(HOST).or_insert(value(&host)?);
    }
    headers.insert(X_AMZ_DATE, value(scope.time.as_str())?);
    headers.insert(X_AMZ_X509, value(&encode(identity.certificate()))?);
    if !identity.intermediates().is_empty() {
        let encoded: Vec<String> = identity.intermediates().iter().map(encode).collect();
        headers.insert(X_AMZ_X509_CHAIN, value(&encoded.join(","))?);
    }
    let serial = identity.certificate().serial_decimal();
    let credential = Credential {
        serial: &serial,
        signer: identity.signer(),
    };
    let authorization = authorization(request, credential, scope)?;
    add_authorization(request.headers_mut(), &authorization)
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Credential<'a> {
    /// The decimal serial number of the certificate.
    pub serial: &'a str,
    /// The holder of its key.
    pub signer: &'a dyn Signer,
}

/// The `Authorization` header of a request that has all its other headers.
pub fn authorization(
    request: &Request<Bytes>,
    credential: Credential<'_>,
    scope: &Scope,
) -> Result<String, SigningError> {
    let Credential { serial, signer } = credential;
    let algorithm = signer.algorithm().name();
    let canonical = CanonicalRequest::new(request);
    let string_to_sign = format!(
        "{algorithm}\n{}\n{scope}\n{}",
        scope.time.as_str(),
        canonical.hash()
    );
    let signature = hex::encode(signer.sign(string_to_sign.as_bytes())?);
    let signed_headers = canonical.signed_headers();
    Ok(format!(
        "{algorithm} Credential={serial}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"
    ))
}

fn add_authorization(headers: &mut HeaderMap, authorization: &str) -> Result<(), SigningError> {
    let mut authorization = value(authorization)?;
    authorization.set_sensitive(true);
    headers.insert(AUTHORIZATION, authorization);
    Ok(())
}

fn encode(certificate: &Certificate) -> String {
    STANDARD.encode(certificate.der())
}

fn value(text: &str) -> Result<HeaderValue, SigningError> {
    HeaderValue::from_str(text)
        .map_err(|_| SigningError::new("a header holds a character that HTTP does not allow"))
}

#[cfg(test)]
mod tests;
