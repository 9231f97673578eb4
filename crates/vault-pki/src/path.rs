use std::fmt;
use std::str::FromStr;

/// Why a text cannot stand in a path of Vault's API.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is not a valid {what}: {reason}")]
pub struct InvalidName {
    /// What it should have been: a mount, a role, …
    pub what: &'static str,
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Declares a checked text that becomes part of a path.
macro_rules! path_part {
    ($(#[$documentation:meta])* $name:ident, $what:literal, $shape:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        pub struct $name(String);

        impl $name {
            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                check(text, $shape)
                    .map(|text| Self(text.to_owned()))
                    .map_err(|reason| InvalidName {
                        what: $what,
                        text: text.chars().take(100).collect(),
                        reason,
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

path_part! {
    /// Where a secrets engine or an auth method is mounted: `pki-aws`,
    /// `team/pki`. The slash that Vault prints at its end may be given.
    Mount, "mount", Shape::Path
}
path_part! {
    /// A namespace: `team1`, `admin/team1`. The slash that Vault prints at its
    /// end may be given.
    Namespace, "namespace", Shape::Path
}
path_part! {
    /// A role of a PKI mount or of an auth method.
    RoleName, "role", Shape::Segment
}
path_part! {
    /// An issuer of a PKI mount: its name, its id, or `default`.
    IssuerRef, "issuer", Shape::Segment
}

/// A text as one segment of a path, slashes and all; one that URL libraries
/// would drop is refused.
pub(crate) fn segment(text: &str) -> Result<String, InvalidName> {
    let is_relative = matches!(text, "" | "." | "..");
    if is_relative || text.chars().any(char::is_control) {
        return Err(InvalidName {
            what: "part of a path",
            text: text.chars().take(100).collect(),
            reason: "it is empty, relative, or holds a control character",
        });
    }
    Ok(encode(text).replace('/', "%2F"))
}

/// How many segments there may be.
#[derive(Clone, Copy)]
enum Shape {
    Path,
    Segment,
}

/// URL libraries drop `.` and `..` and Vault drops empty segments, so that each
/// of them would silently lead elsewhere.
fn check(text: &str, shape: Shape) -> Result<&str, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    match shape {
        Shape::Segment if text.contains('/') => return Err("it holds a slash"),
        Shape::Segment | Shape::Path => {}
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    for segment in text.split('/') {
        match segment {
            "" => return Err("it begins or ends with a slash, or holds two in a row"),
            "." | ".." => return Err("it holds a relative segment"),
            _ => {}
        }
    }
    Ok(text)
}

/// Percent-encodes all but RFC 3986's unreserved characters and the slash.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                for nibble in [byte >> 4, byte & 0xf] {
                    encoded.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
                }
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_and_encodes() {
        for (text, encoded) in [
            ("pki-aws", "pki-aws"),
            ("team/pki", "team/pki"),
            ("pki-aws/", "pki-aws"),
            ("a b", "a%20b"),
            ("a%2fb", "a%252fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("ü", "%C3%BC"),
            ("...", "..."),
        ] {
            let mount: Mount = text.parse().unwrap();
            assert_eq!(encode(mount.as_str()), encoded);
        }
    }

    #[test]
    fn refuses_what_would_lead_elsewhere() {
        for text in [
            "",
            "/",
            ".",
            "..",
            "pki-aws/../sys",
            "a/./b",
            "/a",
            "a//b",
            "a//",
            "a\nb",
            "a\u{0}",
            "a\u{7f}",
        ] {
            assert!(text.parse::<Mount>().is_err(), "{text:?}");
            assert!(text.parse::<Namespace>().is_err(), "{text:?}");
        }
        for text in ["a/b", "a/", "/a", "..", ""] {
            assert!(text.parse::<RoleName>().is_err(), "{text:?}");
            assert!(text.parse::<IssuerRef>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_segment_keeps_its_slashes() {
        assert_eq!(segment("a/../b c").unwrap(), "a%2F..%2Fb%20c");
        for text in ["", ".", "..", "a\n"] {
            assert!(segment(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let error = "pki/../sys".parse::<Mount>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"pki/../sys\" is not a valid mount: it holds a relative segment"
        );
    }

    proptest! {
        #[test]
        fn an_accepted_text_survives_a_url(text in "\\PC{0,20}") {
            if let Ok(mount) = text.parse::<Mount>() {
                let url = url::Url::parse(&format!("https://vault/v1/{}/sign/x", encode(mount.as_str()))).unwrap();
                let expected = format!("/v1/{}/sign/x", encode(mount.as_str()));
                prop_assert_eq!(url.path(), expected);
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = text.parse::<Mount>();
            let _ = text.parse::<Namespace>();
            let _ = text.parse::<RoleName>();
            let _ = text.parse::<IssuerRef>();
        }
    }
}
