//! What others' files become with iamra: edits by position, so that every other
//! byte stays as it is, and what is different then.

mod change;
mod docker_config;
mod dockerfile;
mod edit;
mod kubelet;
mod manifest;
mod script;
mod section;
mod variables;
mod words;
mod yaml;

pub(crate) use change::Change;

use edit::Edits;
use section::{Kind, sections};

/// A file, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Migration {
    /// The new text.
    pub(crate) text: String,
    /// What is different then, each once.
    pub(crate) changes: Vec<Change>,
}

/// What is found out of one text, as it is found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    edits: Edits,
    changes: Vec<Change>,
    /// The other parts of the file.
    elsewhere: Vec<String>,
}

impl Migration {
    /// Nothing, where there is nothing in `text` that iamra takes the place of.
    /// The text is as it was where all that is found stands in the way.
    pub(crate) fn of(text: &str, image: &str) -> Option<Self> {
        let mut findings = Findings::default();
        let sections = sections(text);
        for section in &sections {
            let others = sections.iter().filter(|one| one.range != section.range);
            let others = others.filter(|one| one.kind != Kind::Prose);
            let mut own = Findings {
                elsewhere: others
                    .map(|one| text[one.range.clone()].to_owned())
                    .collect(),
                ..Findings::default()
            };
            let body = &text[section.range.clone()];
            if section.kind != Kind::Prose {
                look(body, (image, section.kind), &mut own);
            }
            findings.adopt(own, section.range.start);
        }
        let Findings { edits, changes, .. } = findings;
        (!edits.is_empty() || !changes.is_empty()).then(|| Self {
            text: edits.applied(text),
            changes,
        })
    }
}

/// The first that recognises a text as a whole has it; what is said in single
/// lines is looked for in any text.
fn look(text: &str, (image, kind): (&str, Kind), findings: &mut Findings) {
    let whole = [dockerfile::look, docker_config::look, variables::look];
    if whole.iter().any(|look| look(text, image, findings)) {
        return;
    }
    kubelet::look(text, findings);
    manifest::look(text, (image, kind), findings);
    script::look(text, findings);
}

impl Findings {
    /// Says what is different, once.
    fn tell(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Takes over what was found in a part that begins at `offset`.
    fn adopt(&mut self, other: Self, offset: usize) {
        self.edits.adopt(other.edits, offset);
        for change in other.changes {
            self.tell(change);
        }
    }
}

#[cfg(test)]
mod tests;
