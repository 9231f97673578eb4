use std::fmt::Write as _;

use aws_lc_rs::digest;

use super::Scope;
use crate::RequestParts;

/// The canonical request over `signed_headers`, or the first of these headers
/// that the request lacks (AWS General Reference, "Create a signed AWS API
/// request", step 1).
pub(crate) fn canonical_request<'a>(
    request: &RequestParts,
    signed_headers: &[&'a str],
) -> Result<String, &'a str> {
    let mut text = format!(
        "{}\n{}\n{}\n",
        request.method,
        canonical_path(&request.path),
        canonical_query(request)
    );
    for name in signed_headers {
        let value = canonical_value(request, name).ok_or(*name)?;
        text = text + name + ":" + &value + "\n";
    }
    Ok(text + "\n" + &signed_headers.join(";") + "\n" + &hex_sha256(&request.body))
}

/// Step 2 and 3: the hash of the canonical request and the string to sign.
pub(crate) fn string_to_sign(
    algorithm: &str,
    amz_date: &str,
    scope: &Scope<'_>,
    canonical_request: &str,
) -> String {
    let hash = hex_sha256(canonical_request.as_bytes());
    format!("{algorithm}\n{amz_date}\n{}\n{hash}", scope.text())
}

/// Lower-case hexadecimal SHA-256.
pub(crate) fn hex_sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Every segment is encoded once more than it was sent (only S3 does not).
fn canonical_path(path: &str) -> String {
    if path.is_empty() {
        return "/".into();
    }
    let segments: Vec<_> = path.split('/').map(uri_encode).collect();
    segments.join("/")
}

/// Names and values encoded anew, sorted by name and then by value.
fn canonical_query(request: &RequestParts) -> String {
    let mut pairs: Vec<_> = request
        .query_parameters()
        .iter()
        .map(|(name, value)| (uri_encode(name), uri_encode(value)))
        .collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| name + "=" + &value)
        .collect();
    pairs.join("&")
}

/// All values of a header, joined by commas, runs of spaces as one.
fn canonical_value(request: &RequestParts, name: &str) -> Option<String> {
    let mut values = Vec::new();
    for value in request.headers.get_all(name) {
        let words: Vec<_> = value
            .to_str()
            .ok()?
            .split(' ')
            .filter(|word| !word.is_empty())
            .collect();
        values.push(words.join(" "));
    }
    (!values.is_empty()).then(|| values.join(","))
}

/// Everything but the unreserved characters of RFC 3986, upper-case digits.
fn uri_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, query: &str) -> RequestParts {
        RequestParts {
            method: "GET".into(),
            path: path.into(),
            query: query.into(),
            ..RequestParts::default()
        }
    }

    #[test]
    fn path_and_query() {
        for (path, query, expected) in [
            ("", "", "GET\n/\n\n"),
            ("/a%20b/", "", "GET\n/a%2520b/\n\n"),
            ("/", "b=2&a=%2f&a=+", "GET\n/\na=%20&a=%2F&b=2\n"),
            ("/", "flag", "GET\n/\nflag=\n"),
            ("/", "A=1&a=2&B=3", "GET\n/\nA=1&B=3&a=2\n"),
        ] {
            let text = canonical_request(&request(path, query), &[]).unwrap();
            assert!(text.starts_with(expected), "{path} {query}: {text}");
        }
    }

    #[test]
    fn headers_are_trimmed_and_joined() {
        let mut request = request("/", "");
        request.headers.append("a", "  x   y ".parse().unwrap());
        request.headers.append("a", "z".parse().unwrap());
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(
            canonical_request(&request, &["a"]),
            Ok(format!("GET\n/\n\na:x y,z\n\na\n{empty}"))
        );
        assert_eq!(canonical_request(&request, &["a", "b"]), Err("b"));
    }
}
