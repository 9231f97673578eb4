use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, Request};
use sha2::{Digest as _, Sha256};

/// Changed on the way by client libraries, proxies and tracers: never signed.
const UNSIGNED: [&str; 6] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "user-agent",
    "x-amzn-trace-id",
];

/// A request in the one form in which client and service hash it.
///
/// [Create a canonical request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request)
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CanonicalRequest {
    text: String,
    signed_headers: String,
}

impl CanonicalRequest {
    /// The canonical form of `request`, with every header in it that is signed.
    pub fn new(request: &Request<Bytes>) -> Self {
        let headers = headers(request.headers());
        let names: Vec<&str> = headers.keys().map(String::as_str).collect();
        let signed_headers = names.join(";");
        let mut text = format!(
            "{}\n{}\n{}\n",
            request.method(),
            path(request.uri().path()),
            query(request.uri().query().unwrap_or_default()),
        );
        for (name, value) in &headers {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}:{value}");
        }
        let payload = hex::encode(Sha256::digest(request.body()));
        let _ = write!(text, "\n{signed_headers}\n{payload}");
        Self {
            text,
            signed_headers,
        }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of the signed headers, separated by semicolons.
    pub fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// The hexadecimal SHA-256 of the text.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(&self.text))
    }
}

/// Sorted by name; the values of one name joined by commas, trimmed, and their
/// runs of spaces made one.
fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut canonical: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if UNSIGNED.contains(&name.as_str()) {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
        let value = words.join(" ");
        canonical
            .entry(name.as_str().to_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert(value);
    }
    canonical
}

/// Encoded once more than on the wire: every service but S3 wants that.
fn path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// Decoded, encoded the one way, and sorted.
fn query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode_bytes(&decode(name)), encode_bytes(&decode(value)))
        })
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    encode_bytes(text.as_bytes())
}

/// RFC 3986, section 2.3: everything but the unreserved characters.
fn encode_bytes(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| hex::decode(digits).ok());
        if let Some(byte) = escaped {
            decoded.extend(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    decoded
}
