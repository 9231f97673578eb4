use super::{ProfileEdit, Writer};
use crate::file::{
    Setting,
    document::{Line, LineKind, Property, trim},
};

impl ProfileEdit {
    /// Writes a section of the profile with the settings made.
    pub(super) fn write_section(&self, section: &[Line<'_>], writer: &mut Writer<'_>) {
        let last_of_ours = section
            .iter()
            .rposition(|line| self.setting_of(line).is_some());
        let mut index = 0;
        while let Some(line) = section.get(index) {
            let below = &section[index + 1..];
            let mut next = index + 1;
            match self.setting_of(line) {
                Some((property, setting)) => {
                    let continued = continuation(below);
                    write_property(line, (property, setting), &below[..continued], writer);
                    next += continued;
                }
                None => writer.copy(line),
            }
            if index == last_of_ours.unwrap_or(0) {
                self.write_missing(section, writer);
            }
            index = next;
        }
    }

    /// The setting that a line of ours makes, if it makes one.
    pub(super) fn setting_of<'s, 'l>(
        &'s self,
        line: &'l Line<'_>,
    ) -> Option<(&'l Property, &'s Setting)> {
        let LineKind::Property(property) = &line.kind else {
            return None;
        };
        let key = &line.text[property.key.clone()];
        let is_it = |setting: &&Setting| setting.key().as_bytes().eq_ignore_ascii_case(key);
        Some((property, self.settings.iter().find(is_it)?))
    }

    fn write_missing(&self, section: &[Line<'_>], writer: &mut Writer<'_>) {
        let is_there = |setting: &Setting| {
            let keys = section.iter().filter_map(|line| self.setting_of(line));
            keys.into_iter()
                .any(|(_, there)| there.key() == setting.key())
        };
        let separator = self.separator(section);
        for setting in self.settings.iter().filter(|setting| !is_there(setting)) {
            writer.line(&[setting.key(), separator, setting.value()]);
        }
    }

    /// How this section writes its `=`: as at the first of our keys, or else
    /// at the first key that has a value.
    fn separator(&self, section: &[Line<'_>]) -> &'static str {
        let ours = section.iter().find(|line| self.setting_of(line).is_some());
        let any = || section.iter().find(|line| has_value(line));
        let Some(line) = ours.or_else(any) else {
            return "=";
        };
        let LineKind::Property(property) = &line.kind else {
            return "=";
        };
        let between = &line.text[property.key.end..property.value.start];
        match (
            between.first() != Some(&b'='),
            between.last() != Some(&b'='),
        ) {
            (true, true) => " = ",
            (true, false) => " =",
            (false, true) => "= ",
            (false, false) => "=",
        }
    }
}

/// Writes a property of ours: comments of its own first, then key and value.
fn write_property(
    line: &Line<'_>,
    (property, setting): (&Property, &Setting),
    below: &[Line<'_>],
    writer: &mut Writer<'_>,
) {
    if let Some(start) = property.comment {
        writer.comment(trim(&line.text[start..]));
    }
    for line in below {
        match line.kind {
            // Readers differ on whether that is a comment or a part of the value.
            LineKind::Continuation if matches!(trim(line.text)[0], b'#' | b';') => {
                writer.comment(trim(line.text));
            }
            LineKind::Continuation => {}
            _ => writer.copy(line),
        }
    }
    let before = &line.text[..property.value.start];
    let after = if property.comment.is_some() {
        &[]
    } else {
        &line.text[property.value.end..]
    };
    writer.replace(line, &[before, setting.value().as_bytes(), after]);
}

/// How many of the lines below a property are its own: up to the last indented
/// one before the next property.
fn continuation(below: &[Line<'_>]) -> usize {
    let is_other =
        |line: &Line<'_>| matches!(line.kind, LineKind::Property(_) | LineKind::Header { .. });
    let until = below.iter().position(is_other).unwrap_or(below.len());
    let is_own = |line: &Line<'_>| matches!(line.kind, LineKind::Continuation);
    below[..until]
        .iter()
        .rposition(is_own)
        .map_or(0, |last| last + 1)
}

fn has_value(line: &Line<'_>) -> bool {
    matches!(&line.kind, LineKind::Property(property) if !property.value.is_empty())
}
