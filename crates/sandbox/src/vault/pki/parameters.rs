use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use crate::RequestParts;
use crate::timestamp::parse_rfc3339;
use crate::vault::VaultError;
use crate::vault::fields::Fields;

/// What a request for a certificate asks for.
#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) common_name: String,
    pub(super) alt_names: Vec<String>,
    pub(super) ip_sans: Vec<IpAddr>,
    pub(super) uri_sans: Vec<String>,
    pub(super) exclude_cn_from_sans: bool,
    pub(super) ttl: Option<Duration>,
    pub(super) not_after: Option<SystemTime>,
    pub(super) format: Format,
    pub(super) pkcs8: bool,
    pub(super) remove_roots_from_chain: bool,
    pub(super) csr: String,
    pub(super) key_type: String,
    pub(super) key_bits: u32,
    /// About parameters that the endpoint does not know.
    pub(super) warnings: Vec<String>,
}

/// How certificates and keys are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Pem,
    Der,
    PemBundle,
}

/// What both endpoints know.
const COMMON: [&str; 17] = [
    "alt_names",
    "common_name",
    "exclude_cn_from_sans",
    "format",
    "ip_sans",
    "issuer_ref",
    "not_after",
    "not_before",
    "other_sans",
    "private_key_format",
    "remove_roots_from_chain",
    "role",
    "serial_number",
    "ttl",
    "uri_sans",
    "user_ids",
    "cert_metadata",
];

impl Parameters {
    /// Reads the parameters of `sign` (`csr`) or `issue` (`key_type`, …).
    pub(super) fn read(request: &RequestParts, own: &[&str]) -> Result<Self, VaultError> {
        let fields = Fields::read(request)?;
        let known = [&COMMON[..], own].concat();
        Ok(Self {
            common_name: fields.text("common_name")?,
            alt_names: split(&fields.text("alt_names")?),
            ip_sans: addresses(&fields.list("ip_sans")?)?,
            uri_sans: fields.list("uri_sans")?,
            exclude_cn_from_sans: fields.flag("exclude_cn_from_sans")?,
            ttl: fields.duration("ttl")?,
            not_after: not_after(&fields.text("not_after")?)?,
            format: format(&fields.text("format")?)?,
            pkcs8: fields.text("private_key_format")? == "pkcs8",
            remove_roots_from_chain: fields.flag("remove_roots_from_chain")?,
            csr: fields.text("csr")?,
            key_type: fields.text("key_type")?,
            key_bits: fields.number("key_bits")?,
            warnings: unknown(&fields.unknown(&known)),
        })
    }
}

fn unknown(names: &[&str]) -> Vec<String> {
    if names.is_empty() {
        return Vec::new();
    }
    let names = names.join(" ");
    vec![format!(
        "Endpoint ignored these unrecognized parameters: [{names}]"
    )]
}

fn split(list: &str) -> Vec<String> {
    let items = list.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn addresses(texts: &[String]) -> Result<Vec<IpAddr>, VaultError> {
    let parse = |text: &String| {
        text.parse().map_err(|_| {
            VaultError::bad_request(format!("the value {text:?} is not a valid IP address"))
        })
    };
    texts.iter().map(parse).collect()
}

fn not_after(text: &str) -> Result<Option<SystemTime>, VaultError> {
    if text.is_empty() {
        return Ok(None);
    }
    let time = parse_rfc3339(text).ok_or_else(|| {
        VaultError::bad_request(format!(
            "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
        ))
    })?;
    Ok(Some(time))
}

fn format(text: &str) -> Result<Format, VaultError> {
    match text {
        "" | "pem" => Ok(Format::Pem),
        "der" => Ok(Format::Der),
        "pem_bundle" => Ok(Format::PemBundle),
        _ => Err(VaultError::bad_request(
            "the \"format\" path parameter must be \"pem\", \"der\", or \"pem_bundle\"",
        )),
    }
}
