use std::ops::Range;

use super::Findings;
use super::change::VARIABLES;
use super::section::lines;

/// A file of variables that the sidecars read.
pub(super) fn look(text: &str, _image: &str, findings: &mut Findings) -> bool {
    let assignments: Vec<Assignment<'_>> = lines(text)
        .filter_map(|line| Assignment::of(text, line))
        .collect();
    let others = lines(text).filter(|line| {
        let content = text[line.clone()].trim();
        !content.is_empty() && !content.starts_with('#')
    });
    // In a script there are other lines.
    let is_file_of_them = others.count() == assignments.len();
    let is_sidecars = assignments.iter().any(|one| MARKS.contains(&one.name));
    if !is_file_of_them || !is_sidecars {
        return false;
    }
    let is_stranger = |one: &Assignment<'_>| !one.is_sidecars();
    let is_shared = assignments.iter().any(is_stranger);
    for assignment in &assignments {
        if is_shared && GENERIC.contains(&assignment.name) {
            findings.tell(VARIABLES.also(format!(
                "{} stays as it is, since other programs read this file, too.",
                assignment.name
            )));
            continue;
        }
        assignment.change(findings);
    }
    for change in VARIABLES.changes() {
        findings.tell(change);
    }
    true
}

/// `NAME=VALUE`, also behind `export`.
struct Assignment<'t> {
    line: Range<usize>,
    at: usize,
    name: &'t str,
    value: &'t str,
}

impl<'t> Assignment<'t> {
    fn of(text: &'t str, line: Range<usize>) -> Option<Self> {
        let content = &text[line.clone()];
        let trimmed = content.trim_start();
        let trimmed = trimmed.strip_prefix("export ").unwrap_or(trimmed);
        let (name, value) = trimmed.split_once('=')?;
        let is_of_name =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let is_name = !name.is_empty() && name.bytes().all(is_of_name);
        is_name.then_some(Self {
            at: line.start + content.len() - trimmed.len(),
            line,
            name,
            value: value.trim_end(),
        })
    }

    /// Whether it is a variable that the sidecars, or AWS's programs, have.
    fn is_sidecars(&self) -> bool {
        let has_name = NAMES.iter().any(|(theirs, _)| *theirs == self.name);
        has_name || GONE.contains(&self.name) || self.name.starts_with("AWS_")
    }

    fn change(&self, findings: &mut Findings) {
        let name = self.at..self.at + self.name.len();
        let ours = NAMES.iter().find(|(theirs, _)| *theirs == self.name);
        if let Some((_, ours)) = ours {
            findings.edits.replace(name, *ours);
        }
        if GONE.contains(&self.name) {
            findings.edits.replace(self.line.clone(), "");
            let what = format!("{} is gone: it says nothing to iamra.", self.name);
            findings.tell(VARIABLES.also(what));
        }
        let value = self.at + self.name.len() + 1;
        let anywhere = "0.0.0.0:";
        if let ("LISTEN", Some(at)) = (self.name, self.value.find(anywhere)) {
            let range = value + at..value + at + anywhere.len();
            findings.edits.replace(range, "localhost:");
        }
    }
}

/// What only the sidecars have.
const MARKS: [&str; 4] = [
    "TRUST_ANCHOR_ID",
    "PRIVATE_KEY_ID",
    "CERTIFICATE_ID",
    "AWS_REFRESH_INTERVAL",
];

const NAMES: [(&str, &str); 12] = [
    ("TRUST_ANCHOR_ID", "IAMRA_TRUST_ANCHOR_ARN"),
    ("PROFILE_ARN", "IAMRA_PROFILE_ARN"),
    ("ROLE_ARN", "IAMRA_ROLE_ARN"),
    ("PRIVATE_KEY_ID", "IAMRA_PRIVATE_KEY"),
    ("CERTIFICATE_ID", "IAMRA_CERTIFICATE"),
    ("CERTIFICATE_BUNDLE_ID", "IAMRA_INTERMEDIATES"),
    ("SESSION_DURATION", "IAMRA_SESSION_DURATION"),
    ("ENDPOINT", "IAMRA_ENDPOINT"),
    ("NO_VERIFY_SSL", "IAMRA_NO_VERIFY_SSL"),
    ("LISTEN", "IAMRA_LISTEN"),
    ("AWS_REFRESH_INTERVAL", "IAMRA_REFRESH_INTERVAL"),
    ("LISTEN_PORT", "IAMRA_HEALTH_PORT"),
];

/// What says nothing to iamra.
const GONE: [&str; 3] = ["WITH_PROXY", "DEBUG", "CREDENTIAL_VERSION"];

/// What any program may have.
const GENERIC: [&str; 4] = ["DEBUG", "ENDPOINT", "LISTEN_PORT", "SESSION_DURATION"];
