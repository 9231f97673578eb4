/// Whether `key` of a docker config is one of the ways in which tools have
/// written an entry for all of `host`.
pub(crate) fn is_key_of(key: &str, host: &str) -> bool {
    let (authority, path) = split(key);
    let whole = matches!(path, "" | "v1" | "v1/" | "v2" | "v2/");
    whole && without_default_port(authority).eq_ignore_ascii_case(without_default_port(host))
}

/// The host that a key of a docker config is about, with its port.
pub(crate) fn host_of(key: &str) -> &str {
    split(key).0
}

fn split(key: &str) -> (&str, &str) {
    let rest = strip_scheme(key).unwrap_or(key);
    rest.split_once('/').unwrap_or((rest, ""))
}

/// What is behind `http://` or `https://`, if one of them is in front.
pub(super) fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let known = ["http", "https"]
        .into_iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    known.then_some(rest)
}

fn without_default_port(authority: &str) -> &str {
    authority.strip_suffix(":443").unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_host_or_something_else() {
        for (key, same) in [
            ("host.example", true),
            ("Host.Example", true),
            ("https://host.example", true),
            ("https://host.example/", true),
            ("http://host.example", true),
            ("HTTPS://host.example", true),
            ("host.example/", true),
            ("host.example:443", true),
            ("https://host.example:443/v2/", true),
            ("https://host.example/v1/", true),
            ("https://host.example/v2", true),
            ("host.example/v2/", true),
            ("host.example/team", false),
            ("https://host.example/v2/team", false),
            ("https://host.example/v3/", false),
            ("https://host.example//", false),
            ("oci://host.example", false),
            ("*.example", false),
            ("*", false),
            ("host.example:5000", false),
            ("http://host.example:80", false),
            ("other.host.example", false),
            ("host.example.", false),
            ("user@host.example", false),
            ("", false),
        ] {
            assert_eq!(is_key_of(key, "host.example"), same, "{key}");
        }
        assert!(is_key_of("http://127.0.0.1:5000/v2/", "127.0.0.1:5000"));
        assert!(!is_key_of("127.0.0.1", "127.0.0.1:5000"));
    }
}
