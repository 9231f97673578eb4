use std::fmt;
use std::net::IpAddr;

use der::asn1::{
    Any, Ia5StringRef, ObjectIdentifier, PrintableStringRef, TeletexStringRef, Utf8StringRef,
};
use der::{Tag, Tagged as _};
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

/// A subject alternative name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SubjectAltName {
    /// A DNS name.
    Dns(String),
    /// An e-mail address.
    Email(String),
    /// A URI, such as a SPIFFE ID.
    Uri(String),
    /// An IP address.
    Ip(IpAddr),
    /// Any other kind.
    Other,
}

impl SubjectAltName {
    /// The attribute that Roles Anywhere makes a session tag of, and its value.
    pub(crate) fn tag(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Dns(name) => Some(("SAN/DNS", name)),
            Self::Email(address) => Some(("SAN/Email", address)),
            Self::Uri(uri) => Some(("SAN/URI", uri)),
            Self::Ip(_) | Self::Other => None,
        }
    }
}

impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS:{name}"),
            Self::Email(address) => write!(f, "email:{address}"),
            Self::Uri(uri) => write!(f, "URI:{uri}"),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Other => f.write_str("othername"),
        }
    }
}

impl From<&GeneralName> for SubjectAltName {
    fn from(name: &GeneralName) -> Self {
        match name {
            GeneralName::DnsName(name) => Self::Dns(name.to_string()),
            GeneralName::Rfc822Name(address) => Self::Email(address.to_string()),
            GeneralName::UniformResourceIdentifier(uri) => Self::Uri(uri.to_string()),
            GeneralName::IpAddress(bytes) => ip(bytes.as_bytes()).map_or(Self::Other, Self::Ip),
            _ => Self::Other,
        }
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

pub(super) fn common_name(subject: &Name) -> Option<String> {
    attributes(subject)
        .into_iter()
        .find_map(|(name, value)| (name == "CN").then_some(value))
}

/// The attributes of a name in their order; those whose value is no text are
/// left out, because no session tag is made of them.
pub(super) fn attributes(name: &Name) -> Vec<(String, String)> {
    name.iter()
        .filter_map(|attribute| Some((short_name(attribute.oid), text(&attribute.value)?)))
        .collect()
}

fn text(value: &Any) -> Option<String> {
    match value.tag() {
        Tag::Utf8String => value
            .decode_as::<Utf8StringRef<'_>>()
            .ok()
            .map(|text| text.to_string()),
        Tag::PrintableString => value
            .decode_as::<PrintableStringRef<'_>>()
            .ok()
            .map(|text| text.to_string()),
        Tag::Ia5String => value
            .decode_as::<Ia5StringRef<'_>>()
            .ok()
            .map(|text| text.to_string()),
        Tag::TeletexString => value
            .decode_as::<TeletexStringRef<'_>>()
            .ok()
            .map(|text| text.to_string()),
        _ => None,
    }
}

/// RFC 4519, section 2.
fn short_name(oid: ObjectIdentifier) -> String {
    let dotted = oid.to_string();
    match dotted.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "street",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        _ => return dotted,
    }
    .to_owned()
}

/// RFC 5280, section 4.2.1.3.
pub(super) fn key_usages(usage: KeyUsage) -> Vec<String> {
    [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| name.to_owned())
    .collect()
}

/// RFC 5280, section 4.2.1.12.
pub(super) fn extended_key_usage(oid: &ObjectIdentifier) -> String {
    let dotted = oid.to_string();
    match dotted.as_str() {
        "2.5.29.37.0" => "anyExtendedKeyUsage",
        "1.3.6.1.5.5.7.3.1" => "serverAuth",
        "1.3.6.1.5.5.7.3.2" => "clientAuth",
        "1.3.6.1.5.5.7.3.3" => "codeSigning",
        "1.3.6.1.5.5.7.3.4" => "emailProtection",
        _ => return dotted,
    }
    .to_owned()
}
