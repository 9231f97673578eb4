use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What a path of the metadata service names.
///
/// A slash at the end, and several where one is meant, change nothing: base
/// addresses are configured with and without one.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ImdsPath<'a> {
    /// `/`: the versions.
    Versions,
    /// `/latest/`.
    Version,
    /// `/latest/api/token`.
    Token,
    /// `meta-data/`.
    MetaData,
    /// `meta-data/iam/`.
    Iam,
    /// `meta-data/iam/info`.
    IamInfo,
    /// `meta-data/iam/security-credentials/`, and its extended sister.
    Roles,
    /// A role below one of these two.
    Role {
        /// The role's name, with percent signs decoded.
        name: Cow<'a, str>,
        /// With the account's id.
        extended: bool,
    },
    /// `meta-data/instance-id`.
    InstanceId,
    /// `meta-data/placement/`.
    Placement,
    /// `meta-data/placement/region`.
    Region,
    /// `meta-data/placement/availability-zone`.
    AvailabilityZone,
    /// `dynamic/`.
    Dynamic,
    /// `dynamic/instance-identity/`.
    Identity,
    /// `dynamic/instance-identity/document`.
    IdentityDocument,
    /// Below a version, but nothing that we have.
    Unknown,
}

impl<'a> ImdsPath<'a> {
    /// Reads the path of a request; `None` where it does not begin with a version
    /// of the metadata service.
    pub fn parse(path: &'a str) -> Option<Self> {
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let Some(version) = segments.next() else {
            return Some(Self::Versions);
        };
        if !VERSIONS.contains(&version) {
            return None;
        }
        let rest = [(); DEEPEST].map(|()| segments.next());
        if segments.next().is_some() {
            return Some(Self::Unknown);
        }
        Some(Self::below(version, rest))
    }

    fn below(version: &str, segments: [Option<&'a str>; DEEPEST]) -> Self {
        match segments {
            [None, ..] => Self::Version,
            [Some("api"), Some("token"), None, _] if version == LATEST => Self::Token,
            [Some("meta-data"), rest @ ..] => Self::meta_data(rest),
            [Some("dynamic"), None, ..] => Self::Dynamic,
            [Some("dynamic"), Some("instance-identity"), None, _] => Self::Identity,
            [
                Some("dynamic"),
                Some("instance-identity"),
                Some("document"),
                None,
            ] => Self::IdentityDocument,
            _ => Self::Unknown,
        }
    }

    fn meta_data(segments: [Option<&'a str>; DEEPEST - 1]) -> Self {
        match segments {
            [None, ..] => Self::MetaData,
            [Some("iam"), None, _] => Self::Iam,
            [Some("iam"), Some("info"), None] => Self::IamInfo,
            [Some("iam"), Some("security-credentials"), name] => Self::role(name, false),
            [Some("iam"), Some("security-credentials-extended"), name] => Self::role(name, true),
            [Some("instance-id"), None, _] => Self::InstanceId,
            [Some("placement"), None, _] => Self::Placement,
            [Some("placement"), Some("region"), None] => Self::Region,
            [Some("placement"), Some("availability-zone"), None] => Self::AvailabilityZone,
            _ => Self::Unknown,
        }
    }

    fn role(name: Option<&'a str>, extended: bool) -> Self {
        let Some(name) = name else {
            return Self::Roles;
        };
        match percent_decode_str(name).decode_utf8() {
            Ok(name) => Self::Role { name, extended },
            Err(_) => Self::Unknown,
        }
    }

    /// What is the same for every caller.
    pub(super) fn fixed_text(&self) -> Option<String> {
        match self {
            Self::Versions => Some(VERSIONS.join("\n")),
            Self::Version => Some("dynamic\nmeta-data".to_owned()),
            Self::Dynamic => Some("instance-identity/".to_owned()),
            Self::Identity => Some("document".to_owned()),
            _ => None,
        }
    }
}

/// Whether a path is the metadata service's, and so cannot be another's.
pub(crate) fn owns(path: &str) -> bool {
    ImdsPath::parse(path).is_some()
}

/// Segments after the version, at most: `meta-data/iam/security-credentials/ROLE`.
const DEEPEST: usize = 4;
const LATEST: &str = "latest";

/// As a real instance lists them. All are answered alike: what we have is older
/// than the oldest of them.
const VERSIONS: [&str; 29] = [
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "2021-07-15",
    "2022-09-24",
    "2024-04-11",
    LATEST,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_the_real_service_reads_them() {
        let role = |name: &'static str, extended| {
            let name = Cow::Borrowed(name);
            Some(ImdsPath::Role { name, extended })
        };
        for (path, expected) in [
            ("/", Some(ImdsPath::Versions)),
            ("/latest", Some(ImdsPath::Version)),
            ("/latest/api/token", Some(ImdsPath::Token)),
            ("//latest/api/token/", Some(ImdsPath::Token)),
            ("/2009-04-04/api/token", Some(ImdsPath::Unknown)),
            ("/latest/meta-data/", Some(ImdsPath::MetaData)),
            ("/2021-07-15/meta-data/iam", Some(ImdsPath::Iam)),
            ("/latest/meta-data/iam/info", Some(ImdsPath::IamInfo)),
            (
                "/latest/meta-data/iam/security-credentials",
                Some(ImdsPath::Roles),
            ),
            (
                "/latest/meta-data/iam/security-credentials-extended/",
                Some(ImdsPath::Roles),
            ),
            (
                "/latest/meta-data/iam/security-credentials/app",
                role("app", false),
            ),
            (
                "/latest/meta-data/iam/security-credentials/a%2Bb%3Dc/",
                role("a+b=c", false),
            ),
            (
                "/latest/meta-data/iam/security-credentials-extended/app",
                role("app", true),
            ),
            (
                "/latest/meta-data/iam/security-credentials/%ff",
                Some(ImdsPath::Unknown),
            ),
            (
                "/latest/meta-data/iam/security-credentials/a/b",
                Some(ImdsPath::Unknown),
            ),
            (
                "/latest/meta-data/placement/availability-zone/",
                Some(ImdsPath::AvailabilityZone),
            ),
            (
                "/latest/dynamic/instance-identity/document",
                Some(ImdsPath::IdentityDocument),
            ),
            ("/latest/user-data", Some(ImdsPath::Unknown)),
            ("/latest/meta-data/../api/token", Some(ImdsPath::Unknown)),
            ("/1.1/meta-data", None),
            ("/creds", None),
        ] {
            assert_eq!(ImdsPath::parse(path), expected, "{path}");
        }
    }
}
