use std::fmt;

/// A sentence for whoever creates the pod: `kubectl` prints it.
///
/// [Warnings](https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response)
/// have 120 characters at the most, and no control characters, which no header
/// can hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning(String);

impl Warning {
    /// The most characters of a warning.
    pub const LONGEST: usize = 120;

    /// The warning that says `text`, cut where it is too long: what matters
    /// comes first.
    pub fn new(text: &str) -> Self {
        let plain = text
            .chars()
            .map(|it| if it.is_control() { ' ' } else { it });
        if text.chars().count() <= Self::LONGEST {
            return Self(plain.collect());
        }
        let kept = plain.take(Self::LONGEST - CUT.len());
        Self(kept.chain(CUT.chars()).collect())
    }

    /// The sentence.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const CUT: &str = "...";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_no_longer_than_the_api_advises() {
        let whole = "ä".repeat(Warning::LONGEST);
        assert_eq!(Warning::new(&whole).as_str(), whole);
        let cut = Warning::new(&format!("{whole}ä")).to_string();
        assert_eq!(cut.chars().count(), Warning::LONGEST);
        assert!(cut.ends_with("ä..."), "{cut}");
        assert_eq!(Warning::new("a\r\nb").as_str(), "a  b");
    }
}
