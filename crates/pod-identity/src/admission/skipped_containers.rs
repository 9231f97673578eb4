use std::collections::BTreeSet;

/// The containers, init containers included, that a pod's author wants left alone.
///
/// What `skip-containers` has is CSV for the EKS webhook. The names of containers
/// are DNS labels, so commas and quotes are never part of one: splitting at
/// commas reads the same, and blanks around a name do not count.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SkippedContainers(BTreeSet<String>);

impl SkippedContainers {
    /// The names in the annotation's text.
    pub fn parse(text: &str) -> Self {
        let names = text.split([',', '\n']).map(|name| {
            let name = name.trim();
            let quoted = name.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            quoted.unwrap_or(name).trim()
        });
        Self(
            names
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether the container of that name is one of them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

impl<S: Into<String>> FromIterator<S> for SkippedContainers {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_between_commas() {
        for (text, names) in [
            ("", &[] as &[&str]),
            ("sidecar", &["sidecar"]),
            ("init-first,sidecar", &["init-first", "sidecar"]),
            (" init-first , sidecar,\n", &["init-first", "sidecar"]),
            ("\"init-first\",\"sidecar\"", &["init-first", "sidecar"]),
            (",,", &[]),
            ("\"", &["\""]),
        ] {
            let expected = names.iter().copied().collect();
            assert_eq!(SkippedContainers::parse(text), expected, "{text:?}");
        }
    }
}
