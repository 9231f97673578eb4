use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;

use super::{Attempt, Logins};
use crate::signature::verify_structure;
use crate::timestamp::{from_unix_seconds, rfc3339, unix_seconds};
use crate::vault::VaultError;

/// The TLS certificate login and its one role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateRole {
    /// Where the login is mounted, below `auth/`.
    pub mount: String,
    /// The role's name, which a login may leave out.
    pub name: String,
    /// The common names that may log in; any where there is none.
    pub allowed_common_names: Vec<String>,
    /// Whether certificates of the mount `pki-aws` log in, too, so that a
    /// certificate fetches its successor.
    pub trusts_pki: bool,
}

impl Default for CertificateRole {
    /// A role `web` for every client whose certificate is from the sandbox.
    fn default() -> Self {
        Self {
            mount: "cert".into(),
            name: "web".into(),
            allowed_common_names: Vec::new(),
            trusts_pki: true,
        }
    }
}

/// Checks the certificate of the handshake, in the order of the real one.
pub(super) fn check(attempt: Attempt<'_>, logins: &Logins) -> Result<(String, Value), VaultError> {
    let role = &logins.certificate_role;
    let Some((shown, others)) = attempt.client.split_first() else {
        return Err(VaultError::bad_request("no client certificate found"));
    };
    let refused = || {
        let text = "invalid certificate or no client certificate supplied";
        VaultError::bad_request(text)
    };
    let name = attempt.fields.text("name")?;
    if !name.is_empty() && name != role.name {
        return Err(refused());
    }
    let certificate = parse(shown).ok_or_else(refused)?;
    let mut trusted = vec![logins.client_authority.der().clone()];
    if role.trusts_pki {
        trusted.extend(attempt.issuers.iter().cloned());
    }
    let path = Path {
        trusted: trusted.iter().filter_map(parse).collect(),
        between: others.iter().filter_map(parse).collect(),
        now: unix_seconds(attempt.now),
    };
    // In the order of Go's verification.
    if !path.is_valid(&certificate) {
        let now = rfc3339(attempt.now);
        let end = certificate.validity().not_after.timestamp();
        let end = rfc3339(from_unix_seconds(end));
        return Err(unverified(&format!(
            "certificate has expired or is not yet valid: current time {now} is after {end}"
        )));
    }
    if !path.leads_to(&certificate) {
        return Err(refused());
    }
    if !is_for_clients(&certificate) {
        return Err(unverified(
            "certificate specifies an incompatible key usage",
        ));
    }
    let common_name = certificate.subject().iter_common_name().next();
    let common_name = common_name.and_then(|name| name.as_str().ok());
    let common_name = common_name.unwrap_or_default().to_owned();
    let allowed = &role.allowed_common_names;
    if !allowed.is_empty() && !allowed.contains(&common_name) {
        return Err(VaultError::bad_request(
            "no chain matching all constraints could be found for this login certificate",
        ));
    }
    let metadata = metadata(&certificate, &role.name, &common_name);
    Ok((common_name, metadata))
}

/// From a trusted certificate, over one in between, to the client's.
struct Path<'a> {
    trusted: Vec<X509Certificate<'a>>,
    between: Vec<X509Certificate<'a>>,
    /// Seconds since 1970.
    now: i64,
}

impl Path<'_> {
    fn leads_to(&self, certificate: &X509Certificate<'_>) -> bool {
        let over = |step: &X509Certificate<'_>| self.issued(step, certificate) && self.trusts(step);
        self.trusts(certificate) || self.between.iter().any(over)
    }

    fn trusts(&self, certificate: &X509Certificate<'_>) -> bool {
        let mut trusted = self.trusted.iter();
        trusted.any(|issuer| self.issued(issuer, certificate))
    }

    fn issued(&self, issuer: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
        let signature = verify_structure(
            issuer.public_key(),
            &certificate.signature_algorithm,
            certificate.tbs_certificate.as_ref(),
            &certificate.signature_value.data,
        );
        issuer.is_ca()
            && self.is_valid(issuer)
            && issuer.subject().as_raw() == certificate.issuer().as_raw()
            && signature.is_ok()
    }

    fn is_valid(&self, certificate: &X509Certificate<'_>) -> bool {
        let validity = certificate.validity();
        (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&self.now)
    }
}

fn is_for_clients(certificate: &X509Certificate<'_>) -> bool {
    let purposes = certificate.extended_key_usage().ok().flatten();
    purposes.is_none_or(|it| it.value.client_auth || it.value.any)
}

fn unverified(flaw: &str) -> VaultError {
    VaultError::plain_internal(&format!(
        "failed to verify client's certificate: x509: {flaw}"
    ))
}

fn metadata(certificate: &X509Certificate<'_>, role: &str, common_name: &str) -> Value {
    let mut subject_key_id = String::new();
    let mut authority_key_id = String::new();
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => subject_key_id = colons(id.0),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                let id = id.key_identifier.as_ref();
                authority_key_id = id.map(|id| colons(id.0)).unwrap_or_default();
            }
            _ => {}
        }
    }
    json!({
        "authority_key_id": authority_key_id,
        "cert_name": role,
        "common_name": common_name,
        "serial_number": certificate.tbs_certificate.serial.to_string(),
        "subject_key_id": subject_key_id,
    })
}

fn colons(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    Some(X509Certificate::from_der(der).ok()?.1)
}
