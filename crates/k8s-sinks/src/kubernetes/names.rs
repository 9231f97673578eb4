use super::Error;

/// A name of a Secret or a service account: a DNS subdomain.
///
/// [Object names](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), Error> {
    let is_label = |label: &str| is_bounded(label, |byte| byte == b'-' || is_lower(byte), is_lower);
    if name.len() <= 253 && name.split('.').all(is_label) {
        return Ok(());
    }
    Err(invalid(
        what,
        name,
        "at most 253 of a-z, 0-9, - and ., with a letter or digit at both ends of each part",
    ))
}

/// A name of a namespace: a DNS label.
pub(crate) fn check_namespace(name: &str) -> Result<(), Error> {
    let is_inner = |byte| byte == b'-' || is_lower(byte);
    if name.len() <= 63 && is_bounded(name, is_inner, is_lower) {
        return Ok(());
    }
    Err(invalid(
        "namespace",
        name,
        "at most 63 of a-z, 0-9 and -, with a letter or digit at both ends",
    ))
}

/// The value of a label.
///
/// [Syntax](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set)
pub(crate) fn check_label_value(what: &'static str, value: &str) -> Result<(), Error> {
    let is_end = |byte: u8| byte.is_ascii_alphanumeric();
    let is_inner = |byte| is_end(byte) || matches!(byte, b'-' | b'_' | b'.');
    if value.len() <= 63 && (value.is_empty() || is_bounded(value, is_inner, is_end)) {
        return Ok(());
    }
    Err(invalid(
        what,
        value,
        "at most 63 of a-z, A-Z, 0-9, -, _ and ., with a letter or digit at both ends",
    ))
}

/// The name of a label or an annotation, with or without a prefix.
pub(crate) fn check_key(what: &'static str, key: &str) -> Result<(), Error> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if name.is_empty() || prefix.is_some_and(|prefix| check_name(what, prefix).is_err()) {
        return Err(invalid(what, key, "it must be NAME or DNS.NAME/NAME"));
    }
    check_label_value(what, name)
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_bounded(text: &str, is_inner: impl Fn(u8) -> bool, is_end: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    bytes.len() <= 253 && is_end(first) && is_end(last) && bytes.iter().all(|&it| is_inner(it))
}

fn invalid(what: &'static str, value: &str, reason: &str) -> Error {
    Error::Invalid {
        what,
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_api_takes() {
        for (name, fits) in [
            ("ecr-pull", true),
            ("a.b-c.d", true),
            ("1", true),
            ("", false),
            ("a..b", false),
            ("-a", false),
            ("a-", false),
            ("A", false),
            ("a_b", false),
            ("a/b", false),
        ] {
            assert_eq!(check_name("name", name).is_ok(), fits, "{name}");
        }
        assert!(check_name("name", &"a".repeat(253)).is_ok());
        assert!(check_name("name", &"a".repeat(254)).is_err());
        assert!(check_namespace(&"a".repeat(63)).is_ok());
        assert!(check_namespace(&"a".repeat(64)).is_err());
        assert!(check_namespace("a.b").is_err());
    }

    #[test]
    fn labels_are_what_the_api_takes() {
        for (value, fits) in [
            ("", true),
            ("Team_A.1", true),
            ("-a", false),
            ("a b", false),
        ] {
            assert_eq!(check_label_value("label", value).is_ok(), fits, "{value}");
        }
        for (key, fits) in [
            ("team", true),
            ("example.com/team", true),
            ("example.com/", false),
            ("/team", false),
            ("", false),
            ("a/b/c", false),
        ] {
            assert_eq!(check_key("label", key).is_ok(), fits, "{key}");
        }
    }
}
