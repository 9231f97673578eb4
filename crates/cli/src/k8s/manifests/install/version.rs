use super::names;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// The minor version of the cluster, where it is said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version(Option<(u32, u32)>);

impl Version {
    pub(super) fn of(settings: &Resolved<'_>) -> Result<Self, Failure> {
        let Some(text) = settings.text("kube-version")? else {
            return Ok(Self(None));
        };
        match parse(&text) {
            Some(version) => Ok(Self(Some(version))),
            None => Err(names::at(settings, "kube-version", "it must be as 1.30 is")),
        }
    }

    /// `admissionregistration.k8s.io/v1` has policies since 1.30.
    pub(super) fn has_policies(self) -> bool {
        self.0.is_none_or(|version| version >= (1, 30))
    }

    /// Init containers that stay are on by default since 1.29.
    pub(super) fn has_native_sidecars(self) -> bool {
        self.0.is_none_or(|version| version >= (1, 29))
    }
}

/// `1.30`, `v1.30.4`, `1.29+`.
fn parse(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.trim_end_matches('+').parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_clusters_tell_them() {
        for (text, expected) in [
            ("1.30", Some((1, 30))),
            ("v1.30.4", Some((1, 30))),
            ("1.29+", Some((1, 29))),
            ("v1.33.5-eks-abc", Some((1, 33))),
            ("1", None),
            ("latest", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
