use std::fmt;

use bytes::Bytes;
use http::HeaderMap;

/// One HTTP request, as the services see it.
#[derive(Clone, Default)]
pub struct RequestParts {
    /// The method, upper case.
    pub method: String,
    /// The path as sent, percent-encoded.
    pub path: String,
    /// The query as sent, percent-encoded, without the question mark.
    pub query: String,
    /// The headers as sent.
    pub headers: HeaderMap,
    /// The body, exactly.
    pub body: Bytes,
}

impl RequestParts {
    /// The value of a header that came exactly once and is visible text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then(|| value.trim())
    }

    /// The parameters of the query, decoded, in the order sent.
    pub(crate) fn query_parameters(&self) -> Vec<(String, String)> {
        form_parameters(self.query.as_bytes())
    }
}

/// Headers and body carry secrets: only what a log may hold is shown.
impl fmt::Debug for RequestParts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestParts")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The pairs of `application/x-www-form-urlencoded`.
pub(crate) fn form_parameters(form: &[u8]) -> Vec<(String, String)> {
    form.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || percent_decode(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

/// Undoes percent-encoding; a plus is a space, as forms have it.
fn percent_decode(text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| hex::decode(digits).ok());
        if let Some(bytes) = escaped {
            decoded.extend(bytes);
            rest = &after[2..];
        } else {
            decoded.push(if *first == b'+' { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_forms() {
        let pairs = form_parameters(b"a=b%2Fc&empty&=v&p=x+y%2B&bad=%zz%4");
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("a", "b/c"),
                ("empty", ""),
                ("", "v"),
                ("p", "x y+"),
                ("bad", "%zz%4")
            ]
        );
    }

    #[test]
    fn a_repeated_header_has_no_single_value() {
        let mut request = RequestParts::default();
        request.headers.append("x-once", " a ".parse().unwrap());
        request.headers.append("x-twice", "a".parse().unwrap());
        request.headers.append("x-twice", "a".parse().unwrap());
        assert_eq!(request.header("X-Once"), Some("a"));
        assert_eq!(request.header("X-Twice"), None);
        assert_eq!(request.header("X-Never"), None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let request = RequestParts {
            method: "POST".into(),
            path: "/v1/auth/kubernetes/login".into(),
            query: "token=canary".into(),
            headers: HeaderMap::from_iter([(
                http::header::AUTHORIZATION,
                "canary".parse().unwrap(),
            )]),
            body: Bytes::from_static(b"canary"),
        };
        assert_eq!(
            format!("{request:?}"),
            r#"RequestParts { method: "POST", path: "/v1/auth/kubernetes/login", .. }"#
        );
    }
}
