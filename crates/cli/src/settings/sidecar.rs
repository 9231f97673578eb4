//! The bare words that the sidecars read: `LISTEN`, `ENDPOINT` and their like.
//!
//! Every other program may mean something else by them, so they count only for
//! `creds`, and only where a variable is set that is certainly a sidecar's.

use crate::environment::Environment;

/// A word, the setting that it is, and what its value means there.
struct Word {
    name: &'static str,
    setting: &'static str,
    meaning: fn(&str) -> Option<String>,
}

/// Whether a sidecar's manifest is what we run with.
pub(crate) fn is_meant(environment: &Environment) -> bool {
    let marks = ["TRUST_ANCHOR_ID", "PRIVATE_KEY_ID", "CERTIFICATE_ID"];
    marks
        .into_iter()
        .any(|name| environment.value(name).is_some())
}

/// The word that sets a setting, and the value.
pub(crate) fn word(environment: &Environment, setting: &str) -> Option<(&'static str, String)> {
    let words = WORDS.iter().filter(|word| word.setting == setting);
    words.into_iter().find_map(|word| {
        let value = environment.value(word.name)?.to_str()?;
        Some((word.name, (word.meaning)(value)?))
    })
}

/// The words that have a value, for the log.
pub(crate) fn present(environment: &Environment) -> Vec<&'static str> {
    let names = WORDS.iter().map(|word| word.name);
    let names = names.chain(["CREDENTIAL_VERSION"]);
    names
        .filter(|name| environment.value(name).is_some())
        .collect()
}

const WORDS: [Word; 6] = [
    Word {
        name: "LISTEN",
        setting: "listen",
        meaning: |value| Some(value.to_owned()),
    },
    Word {
        name: "SESSION_DURATION",
        setting: "session-duration",
        meaning: |value| Some(value.to_owned()),
    },
    Word {
        name: "ENDPOINT",
        setting: "endpoint",
        meaning: |value| Some(with_scheme(value)),
    },
    Word {
        name: "NO_VERIFY_SSL",
        setting: "no-verify-ssl",
        meaning: |value| Some(is_true(value).to_string()),
    },
    Word {
        name: "WITH_PROXY",
        setting: "no-proxy",
        // Proxies are used by themselves: it can only forbid them.
        meaning: |value| (!is_true(value)).then(|| "*".to_owned()),
    },
    Word {
        name: "DEBUG",
        setting: "log-level",
        meaning: |value| is_true(value).then(|| "debug".to_owned()),
    },
];

/// The sidecar's README gives a host alone.
fn with_scheme(endpoint: &str) -> String {
    if endpoint.contains("://") {
        endpoint.to_owned()
    } else {
        format!("https://{endpoint}")
    }
}

/// As the sidecar reads it: whatever is no boolean is false.
fn is_true(value: &str) -> bool {
    matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_the_sidecar_means() {
        for (name, value, setting, expected) in [
            ("LISTEN", "0.0.0.0:8080", "listen", Some("0.0.0.0:8080")),
            (
                "ENDPOINT",
                "ra.example",
                "endpoint",
                Some("https://ra.example"),
            ),
            ("ENDPOINT", "http://ra", "endpoint", Some("http://ra")),
            ("NO_VERIFY_SSL", "false", "no-verify-ssl", Some("false")),
            ("NO_VERIFY_SSL", "yes", "no-verify-ssl", Some("false")),
            ("NO_VERIFY_SSL", "T", "no-verify-ssl", Some("true")),
            ("WITH_PROXY", "true", "no-proxy", None),
            ("WITH_PROXY", "0", "no-proxy", Some("*")),
            ("DEBUG", "false", "log-level", None),
            ("DEBUG", "1", "log-level", Some("debug")),
            ("LISTEN", "", "listen", None),
        ] {
            let environment: Environment = [(name, value)].into_iter().collect();
            let found = word(&environment, setting);
            assert_eq!(
                found.map(|(_, value)| value).as_deref(),
                expected,
                "{name}={value}"
            );
        }
    }

    #[test]
    fn only_a_sidecars_own_variables_mean_it() {
        for (name, meant) in [
            ("TRUST_ANCHOR_ID", true),
            ("PRIVATE_KEY_ID", true),
            ("CERTIFICATE_ID", true),
            ("ROLE_ARN", false),
            ("LISTEN", false),
        ] {
            let environment: Environment = [(name, "x")].into_iter().collect();
            assert_eq!(is_meant(&environment), meant, "{name}");
        }
    }
}
