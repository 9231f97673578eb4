use std::net::IpAddr;

use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer as _;

use super::PkiRole;
use crate::signature::{KeyKind, verify_structure};
use crate::vault::VaultError;

/// A certificate signing request whose signature is right.
#[derive(Debug)]
pub(super) struct SigningRequest {
    pub(super) common_name: String,
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    pub(super) ips: Vec<IpAddr>,
    pub(super) uris: Vec<String>,
    pub(super) public_key: SubjectPublicKeyInfo,
    kind: KeyKind,
}

impl SigningRequest {
    /// Reads PEM and verifies the proof of possession.
    pub(super) fn read(pem: &str) -> Result<Self, VaultError> {
        if pem.is_empty() {
            return Err(VaultError::bad_request("\"csr\" is empty"));
        }
        let (_, block) = parse_x509_pem(pem.as_bytes())
            .map_err(|_| VaultError::bad_request("csr contains no data"))?;
        let unreadable = || VaultError::bad_request("certificate request could not be parsed");
        let (_, csr) =
            X509CertificationRequest::from_der(&block.contents).map_err(|_| unreadable())?;
        let info = &csr.certification_request_info;
        verify_structure(
            &info.subject_pki,
            &csr.signature_algorithm,
            info.raw,
            &csr.signature_value.data,
        )
        .map_err(|_| VaultError::bad_request("request signature invalid"))?;
        let public_key =
            SubjectPublicKeyInfo::from_der(info.subject_pki.raw).map_err(|_| unreadable())?;
        let common_name = info.subject.iter_common_name().next();
        let mut read = Self {
            common_name: common_name
                .and_then(|name| name.as_str().ok())
                .unwrap_or_default()
                .to_owned(),
            dns: Vec::new(),
            emails: Vec::new(),
            ips: Vec::new(),
            uris: Vec::new(),
            public_key,
            kind: KeyKind::of(&info.subject_pki),
        };
        for extension in csr.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension {
                names.general_names.iter().for_each(|name| read.add(name));
            }
        }
        Ok(read)
    }

    fn add(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::DNSName(name) => self.dns.push((*name).to_owned()),
            GeneralName::RFC822Name(address) => self.emails.push((*address).to_owned()),
            GeneralName::URI(uri) => self.uris.push((*uri).to_owned()),
            GeneralName::IPAddress(bytes) => self.ips.extend(address(bytes)),
            _ => {}
        }
    }

    /// The key is of the role's type and long enough.
    pub(super) fn check_key(&self, role: &PkiRole) -> Result<(), VaultError> {
        let (kind, bits) = match self.kind {
            KeyKind::Rsa { bits } => ("rsa", bits),
            KeyKind::P256 => ("ec", 256),
            KeyKind::P384 => ("ec", 384),
            KeyKind::P521 => ("ec", 521),
            KeyKind::Ed25519 => ("ed25519", 0),
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 | KeyKind::Other => {
                ("unknown", 0)
            }
        };
        if role.key_type == "any" {
            return Ok(());
        }
        if role.key_type != kind {
            return Err(VaultError::bad_request(format!(
                "role requires keys of type {}",
                role.key_type
            )));
        }
        let least = usize::try_from(role.key_bits).unwrap_or(usize::MAX);
        if bits < least {
            return Err(VaultError::bad_request(format!(
                "role requires a minimum of a {least}-bit key, but CSR's key is {bits} bits"
            )));
        }
        Ok(())
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}
