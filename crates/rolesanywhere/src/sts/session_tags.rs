use crate::InvalidParameter;

/// Tags of a session, and which of them go on to the sessions of roles that are
/// assumed with it.
///
/// [Session tags](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html)
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SessionTags {
    tags: Vec<(String, String)>,
    transitive_keys: Vec<String>,
}

impl SessionTags {
    /// How many tags a session may have.
    pub const MAX: usize = 50;

    /// Keys and values as STS takes them: keys of 1 to 128 and values of at most
    /// 256 letters, digits, blanks or `_.:/=+-@`; no key twice, in whichever
    /// case; none that begins with `aws:`. A transitive key is one of the keys.
    pub fn new(
        tags: Vec<(String, String)>,
        transitive_keys: Vec<String>,
    ) -> Result<Self, InvalidParameter> {
        if tags.len() > Self::MAX {
            return Err(InvalidParameter::TooMany {
                what: "session tags",
                most: Self::MAX,
            });
        }
        let mut keys: Vec<String> = Vec::new();
        for (key, value) in &tags {
            let lower = key.to_lowercase();
            let reason = if keys.contains(&lower) {
                Some("the key is there twice")
            } else {
                flaw(key, value)
            };
            if let Some(reason) = reason {
                return Err(invalid(key, reason));
            }
            keys.push(lower);
        }
        let unknown = transitive_keys
            .iter()
            .find(|key| !tags.iter().any(|(known, _)| known == *key));
        match unknown {
            Some(key) => Err(invalid(key, "a transitive key must be that of a tag")),
            None => Ok(Self {
                tags,
                transitive_keys,
            }),
        }
    }

    /// The tags.
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }

    /// The keys of those that go on.
    pub fn transitive_keys(&self) -> &[String] {
        &self.transitive_keys
    }
}

fn flaw(key: &str, value: &str) -> Option<&'static str> {
    let allowed = |text: &str| text.chars().all(is_allowed);
    if !(1..=128).contains(&key.chars().count()) {
        Some("a key has 1 to 128 characters")
    } else if value.chars().count() > 256 {
        Some("a value has at most 256 characters")
    } else if !allowed(key) || !allowed(value) {
        Some("only letters, digits, blanks and _.:/=+-@ are allowed")
    } else if key.to_lowercase().starts_with("aws:") {
        Some("keys that begin with aws: are AWS's own")
    } else {
        None
    }
}

/// `\p{L}\p{Z}\p{N}` and some more.
fn is_allowed(character: char) -> bool {
    character.is_alphanumeric()
        || character.is_whitespace() && !character.is_control()
        || "_.:/=+-@".contains(character)
}

fn invalid(key: &str, reason: &'static str) -> InvalidParameter {
    InvalidParameter::SessionTag {
        key: key.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[(&str, &str)], transitive: &[&str]) -> Result<SessionTags, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let transitive = transitive.iter().map(|key| (*key).to_owned());
        SessionTags::new(tags.iter().map(owned).collect(), transitive.collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn tags_are_what_sts_takes() {
        let long = "k".repeat(128);
        let value = "ä".repeat(256);
        let ok = tags(
            &[
                ("Team", "a b"),
                ("größe", ""),
                ("x_.:/=+-@", "1"),
                (&long, &value),
            ],
            &["Team"],
        );
        assert_eq!(ok.unwrap().tags().len(), 4);
        let long = "k".repeat(129);
        let value = "v".repeat(257);
        for (bad, expected) in [
            ([("", "v"), ("b", "c")], "1 to 128"),
            ([(&long, "v"), ("b", "c")], "1 to 128"),
            ([("a", &value), ("b", "c")], "at most 256"),
            ([("a", "x,y"), ("b", "c")], "only letters"),
            ([("a\n", "x"), ("b", "c")], "only letters"),
            ([("AWS:x", "x"), ("b", "c")], "AWS's own"),
            ([("a", "x"), ("A", "y")], "twice"),
        ] {
            let error = tags(&bad, &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(
            tags(&[("a", "b")], &["c"])
                .unwrap_err()
                .contains("transitive")
        );
        let many: Vec<String> = (0..=50).map(|number| number.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
        assert!(tags(&many, &[]).unwrap_err().contains("at most 50"));
        assert!(tags(&many[..50], &[]).is_ok());
    }
}
