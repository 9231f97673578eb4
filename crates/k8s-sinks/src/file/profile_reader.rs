use std::fmt;

use secrecy::SecretString;
use zeroize::Zeroize as _;

use super::{
    Document, ProfileFile, ProfileName,
    document::{Line, LineKind, trim},
};
use crate::Error;

/// Reads keys of one profile of one file, as most SDKs do: sections of one name
/// are one, and of several lines for a key the last one counts.
///
/// [Shared config and credentials files](https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html)
///
/// ```
/// use k8s_sinks::file::{ProfileFile, ProfileName, ProfileReader};
/// use secrecy::ExposeSecret as _;
///
/// let profile: ProfileName = "dev".parse()?;
/// let config = b"[profile dev]\nregion = eu-west-1 # nearest\n";
/// let reader = ProfileReader::new(config, ProfileFile::Config, &profile)?;
/// assert!(reader.has_profile());
/// assert_eq!(reader.value("region").unwrap().expose_secret(), "eu-west-1");
/// # Ok::<(), k8s_sinks::Error>(())
/// ```
pub struct ProfileReader<'a> {
    document: Document<'a>,
    file: ProfileFile,
    profile: &'a ProfileName,
}

impl<'a> ProfileReader<'a> {
    /// Of the bytes of a file; an error names the line that is none.
    pub fn new(
        contents: &'a [u8],
        file: ProfileFile,
        profile: &'a ProfileName,
    ) -> Result<Self, Error> {
        Ok(Self {
            document: Document::parse(contents)?,
            file,
            profile,
        })
    }

    /// Whether the file has a section of the profile, be it empty.
    pub fn has_profile(&self) -> bool {
        !self.sections().is_empty()
    }

    /// The value of a key; `None` where there is none, or one that readers do
    /// not agree on (it is continued on the next line, or no UTF-8).
    pub fn value(&self, key: &str) -> Option<SecretString> {
        let lines = self.lines();
        let is_it = |line: &&Line<'_>| key_of(line).is_some_and(|found| same(found, key));
        let last = lines.iter().rposition(is_it)?;
        let next = lines.get(last + 1).map(|line| &line.kind);
        if matches!(next, Some(LineKind::Continuation)) {
            return None;
        }
        let LineKind::Property(property) = &lines[last].kind else {
            return None;
        };
        let value = lines[last].text.get(property.value.clone())?;
        let mut text = String::from_utf8(value.to_vec()).ok()?;
        let value = SecretString::from(text.trim());
        text.zeroize();
        Some(value)
    }

    /// The lines of the profile's sections.
    fn lines(&self) -> Vec<&Line<'a>> {
        self.sections().into_iter().flatten().collect()
    }

    /// The profile's sections. Where there is a `[profile default]`, it hides
    /// every `[default]` of the file.
    fn sections(&self) -> Vec<&[Line<'a>]> {
        let sections = self.document.sections().into_iter();
        let sections = sections.map(|range| &self.document.lines[range]);
        let mut ours: Vec<&[Line<'a>]> = sections
            .filter(|lines| {
                header_of(lines).is_some_and(|name| self.profile.is_meant_by(name, self.file))
            })
            .collect();
        let is_prefixed =
            |lines: &&[Line<'_>]| header_of(lines).is_some_and(|name| trim(name) != b"default");
        if self.profile.as_str() == "default" && ours.iter().any(is_prefixed) {
            ours.retain(is_prefixed);
        }
        ours
    }
}

/// Shows which profile, never what stands in it.
impl fmt::Debug for ProfileReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileReader")
            .field("file", &self.file)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

fn header_of<'a>(lines: &[Line<'a>]) -> Option<&'a [u8]> {
    match lines.first()?.kind {
        LineKind::Header { name } => Some(name),
        _ => None,
    }
}

fn key_of<'a>(line: &Line<'a>) -> Option<&'a [u8]> {
    match &line.kind {
        LineKind::Property(property) => line.text.get(property.key.clone()),
        _ => None,
    }
}

fn same(found: &[u8], key: &str) -> bool {
    found.eq_ignore_ascii_case(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn read(text: &str, file: ProfileFile) -> (bool, Option<String>) {
        let profile = ProfileName::default();
        let reader = ProfileReader::new(text.as_bytes(), file, &profile).unwrap();
        let value = reader.value("k");
        let value = value.map(|value| value.expose_secret().to_owned());
        (reader.has_profile(), value)
    }

    #[test]
    fn the_last_line_of_the_profile_counts() {
        for (text, expected) in [
            ("", None),
            ("[other]\nk = v\n", None),
            ("[default]\nk = v\n", Some("v")),
            ("[default]\r\nK=v\r\n", Some("v")),
            ("[default]\nk = v\nk = w\n[other]\nk = x\n", Some("w")),
            ("[default]\nk = v\n[other]\n[default]\nk = w\n", Some("w")),
            ("[default]\nk = v\n  w\n", None),
            ("[default]\nj = v\n", None),
        ] {
            let (has_profile, value) = read(text, ProfileFile::Credentials);
            assert_eq!(value.as_deref(), expected, "{text:?}");
            assert_eq!(has_profile, text.contains("[default]"), "{text:?}");
        }
    }

    #[test]
    fn a_prefixed_default_hides_the_others_of_the_config_file() {
        for (text, expected) in [
            ("[default]\nk = v\n", Some("v")),
            ("[profile default]\nk = w\n[default]\nk = v\n", Some("w")),
            ("[default]\nk = v\n[profile default]\n", None),
            ("[ profile\tdefault ]\nk = w\n", Some("w")),
        ] {
            let (_, value) = read(text, ProfileFile::Config);
            assert_eq!(value.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let profile = ProfileName::default();
        let reader = ProfileReader::new(b"[default]\nk = v", ProfileFile::Config, &profile);
        assert_eq!(
            format!("{:?}", reader.unwrap()),
            r#"ProfileReader { file: Config, profile: ProfileName("default"), .. }"#
        );
    }
}
