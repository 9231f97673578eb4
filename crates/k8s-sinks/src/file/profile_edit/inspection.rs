use super::{ProfileEdit, ProfileFile};
use crate::{
    Error, Problem, Warning,
    file::{
        Document,
        document::{Line, LineKind, trim},
    },
};

impl ProfileEdit {
    /// Refuses what one reader takes for a key of ours and another does not.
    pub(super) fn check(&self, section: &[Line<'_>]) -> Result<(), Error> {
        let has_colon = section.iter().find(|line| {
            colon_key(line).is_some_and(|key| {
                self.settings
                    .iter()
                    .any(|setting| setting.key().as_bytes().eq_ignore_ascii_case(key))
            })
        });
        match has_colon {
            Some(line) => Err(Error::Unparsable {
                line: line.number,
                problem: Problem::Colon,
            }),
            None => Ok(()),
        }
    }

    /// What may keep a reader from using the settings.
    pub(super) fn warnings(
        &self,
        contents: &[u8],
        document: &Document<'_>,
        ours: &[&[Line<'_>]],
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if document.byte_order_mark {
            warnings.push(Warning::ByteOrderMark);
        }
        if str::from_utf8(contents).is_err() {
            warnings.push(Warning::NotUtf8);
        }
        if !self.profile.is_portable() {
            warnings.push(Warning::UnusualName);
        }
        for (index, section) in ours.iter().enumerate() {
            if index > 0 {
                warnings.push(Warning::RepeatedSection {
                    line: section[0].number,
                });
            }
            self.section_warnings(section, &mut warnings);
        }
        warnings
    }

    fn section_warnings(&self, section: &[Line<'_>], warnings: &mut Vec<Warning>) {
        let header = &section[0];
        if self.is_unusual(header) {
            warnings.push(Warning::UnusualHeader {
                line: header.number,
            });
        }
        let mut seen = Vec::new();
        for line in section {
            let Some((_, setting)) = self.setting_of(line) else {
                continue;
            };
            if seen.contains(&setting.key()) {
                warnings.push(Warning::RepeatedKey { line: line.number });
            }
            seen.push(setting.key());
        }
        let delivers = COMPETING
            .iter()
            .any(|key| self.settings.iter().any(|it| it.key() == *key));
        let competing = section.iter().filter(|_| delivers).filter_map(|line| {
            let key = self.competing_key(line)?;
            Some(Warning::CompetingKey {
                line: line.number,
                key,
            })
        });
        warnings.extend(competing);
    }

    fn competing_key(&self, line: &Line<'_>) -> Option<&'static str> {
        let LineKind::Property(property) = &line.kind else {
            return None;
        };
        let key = &line.text[property.key.clone()];
        let known = COMPETING
            .iter()
            .find(|known| known.as_bytes().eq_ignore_ascii_case(key));
        known.copied().filter(|_| self.setting_of(line).is_none())
    }

    /// Whether the SDK for Python reads another name: it takes everything up
    /// to the last `]` of the line, spaces included.
    fn is_unusual(&self, header: &Line<'_>) -> bool {
        let end = header
            .text
            .iter()
            .rposition(|byte| *byte == b']')
            .unwrap_or(0);
        let name = header.text.get(1..end).unwrap_or_default();
        let has_quotes = name.iter().any(|byte| matches!(byte, b'"' | b'\''));
        let wants_quotes = self.profile.as_str().contains(char::is_whitespace);
        let quotes_fit = has_quotes == (wants_quotes && self.file == ProfileFile::Config);
        trim(name) != name || !quotes_fit || !self.profile.is_meant_by(name, self.file)
    }
}

/// Keys that are a source of credentials of their own. The SDK for Python
/// prefers `aws_security_token` to `aws_session_token`, and most SDKs prefer
/// the others to keys in the same profile, or refuse the mixture.
const COMPETING: [&str; 11] = [
    "aws_access_key_id",
    "aws_security_token",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The key of a line that has a `:` before its `=`.
fn colon_key<'a>(line: &Line<'a>) -> Option<&'a [u8]> {
    let LineKind::Property(property) = &line.kind else {
        return None;
    };
    let key = &line.text[property.key.clone()];
    let colon = key.iter().position(|byte| *byte == b':')?;
    Some(trim(&key[..colon]))
}
