use zeroize::Zeroizing;

use super::{
    Document, ProfileName, Setting,
    document::{BYTE_ORDER_MARK, Line, LineKind},
};
use crate::{Error, Warning};

mod inspection;
mod section;
mod writer;

use writer::Writer;

/// Which of the two files a profile is in: their headers differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the AWS SDKs read two files")]
pub enum ProfileFile {
    /// `~/.aws/credentials`: `[name]`.
    Credentials,
    /// `~/.aws/config`: `[profile name]`, and `[default]`.
    Config,
}

/// Settings to be made in one profile, everything else left byte for byte.
///
/// A pure function from the bytes of a file to its new bytes:
///
/// - A key that is there gets the value in its place, with the file's spelling
///   of the key and spaces around the `=`. A comment behind the value moves to
///   a line of its own, as the SDK for Python takes it for a part of the value.
///   Indented lines below are the old value and go.
/// - A key that is not there goes below the last of ours, or below the header.
/// - A profile that is not there is appended, behind one blank line.
/// - Where several sections, or several lines of one, are the profile's or the
///   key's, all are set: whichever a reader picks (the last one in most SDKs),
///   it finds the new value. The receipt warns, as the SDK for Python refuses
///   such files.
///
/// ```
/// use k8s_sinks::file::{ProfileEdit, ProfileFile, ProfileName, Setting};
///
/// let settings = vec![Setting::new("region", "eu-west-1".into())?];
/// let edit = ProfileEdit::new(ProfileFile::Config, ProfileName::default(), settings);
/// let edited = edit.apply(b"[default]\nregion = us-east-1 # nearest\noutput = json\n")?;
/// assert_eq!(
///     edited.contents.as_slice(),
///     b"[default]\n# nearest\nregion = eu-west-1\noutput = json\n"
/// );
/// # Ok::<(), k8s_sinks::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProfileEdit {
    file: ProfileFile,
    profile: ProfileName,
    settings: Vec<Setting>,
}

/// A profile file with the settings made.
#[non_exhaustive]
pub struct EditedProfile {
    /// All of the file.
    pub contents: Zeroizing<Vec<u8>>,
    /// What may keep a reader from using the settings.
    pub warnings: Vec<Warning>,
}

impl ProfileEdit {
    /// These settings, in this order where they are new. Of several with one
    /// key the last one counts.
    pub fn new(file: ProfileFile, profile: ProfileName, settings: Vec<Setting>) -> Self {
        let mut last_of_each: Vec<Setting> = Vec::new();
        for setting in settings {
            last_of_each.retain(|other| other.key() != setting.key());
            last_of_each.push(setting);
        }
        Self {
            file,
            profile,
            settings: last_of_each,
        }
    }

    /// The file that `contents` becomes; equal to it if there is nothing to do.
    pub fn apply(&self, contents: &[u8]) -> Result<EditedProfile, Error> {
        let document = Document::parse(contents)?;
        let sections = document.sections();
        let ours: Vec<&[Line<'_>]> = sections
            .into_iter()
            .map(|lines| &document.lines[lines])
            .filter(|lines| self.is_ours(&lines[0]))
            .collect();
        ours.iter().try_for_each(|section| self.check(section))?;
        let capacity = contents.len() + self.growth(&document, &ours);
        let mut writer = Writer::new(capacity, document.line_end());
        if document.byte_order_mark {
            writer.mark(BYTE_ORDER_MARK);
        }
        self.write(&document, &ours, &mut writer);
        let warnings = self.warnings(contents, &document, &ours);
        Ok(EditedProfile {
            contents: writer.finish(),
            warnings,
        })
    }

    fn write(&self, document: &Document<'_>, ours: &[&[Line<'_>]], writer: &mut Writer<'_>) {
        let mut sections = ours.iter().peekable();
        let mut rest = document.lines.as_slice();
        while let Some(line) = rest.first() {
            let section = sections.next_if(|section| section[0].number == line.number);
            match section {
                Some(section) => self.write_section(section, writer),
                None => writer.copy(line),
            }
            rest = &rest[section.map_or(1, |section| section.len())..];
        }
        if ours.is_empty() {
            self.append(document, writer);
        }
    }

    fn append(&self, document: &Document<'_>, writer: &mut Writer<'_>) {
        if document
            .lines
            .last()
            .is_some_and(|line| !matches!(line.kind, LineKind::Blank))
        {
            writer.line(&[]);
        }
        writer.line(&["[", &self.profile.header(self.file), "]"]);
        for setting in &self.settings {
            writer.line(&[setting.key(), "=", setting.value()]);
        }
    }

    fn is_ours(&self, line: &Line<'_>) -> bool {
        match line.kind {
            LineKind::Header { name } => self.profile.is_meant_by(name, self.file),
            _ => false,
        }
    }

    /// By how much the file can grow at most: all settings at each line of ours
    /// and once more, and a line end for each comment that moves.
    fn growth(&self, document: &Document<'_>, ours: &[&[Line<'_>]]) -> usize {
        let sizes = self
            .settings
            .iter()
            .map(|it| it.key().len() + it.value().len() + 8);
        let settings = sizes.sum::<usize>() + self.profile.as_str().len() + 32;
        let lines = ours.iter().flat_map(|section| section.iter());
        let set = lines.filter(|line| self.setting_of(line).is_some()).count();
        (set + ours.len() + 1) * settings + 2 * document.lines.len()
    }
}

/// Shows the size and the warnings, never the contents.
impl std::fmt::Debug for EditedProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditedProfile")
            .field("bytes", &self.contents.len())
            .field("warnings", &self.warnings)
            .finish()
    }
}
