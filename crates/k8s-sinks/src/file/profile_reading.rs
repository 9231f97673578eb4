use secrecy::SecretString;
use zeroize::Zeroize as _;

use super::{
    Document, ProfileFile, ProfileName,
    document::{Line, LineKind},
};
use crate::Error;

/// Reads keys of one profile, as most SDKs do: of several lines for a key the
/// last one counts.
pub(super) struct ProfileReading<'a> {
    document: Document<'a>,
    file: ProfileFile,
    profile: &'a ProfileName,
}

impl<'a> ProfileReading<'a> {
    /// Of the bytes of a file.
    pub(super) fn new(
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

    /// The value of a key; `None` where there is none, or one that readers do
    /// not agree on (it is continued on the next line, or no UTF-8).
    pub(super) fn value(&self, key: &str) -> Option<SecretString> {
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
        let sections = self.document.sections().into_iter();
        let sections = sections.map(|range| &self.document.lines[range]);
        let ours = sections.filter(|lines| match lines[0].kind {
            LineKind::Header { name } => self.profile.is_meant_by(name, self.file),
            _ => false,
        });
        ours.flatten().collect()
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

    fn value(text: &str, key: &str) -> Option<String> {
        let profile = ProfileName::default();
        let reading =
            ProfileReading::new(text.as_bytes(), ProfileFile::Credentials, &profile).unwrap();
        let value = reading.value(key)?;
        Some(value.expose_secret().to_owned())
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
            assert_eq!(value(text, "k").as_deref(), expected, "{text:?}");
        }
    }
}
