use std::ops::Range;

/// A part of a text.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

/// What it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Something that a program reads.
    Code,
    /// The same in a script that puts values in for `$`.
    Expanded,
    /// Something that people read.
    Prose,
}

/// The parts of a text: blocks of Markdown, where there are any, and what a
/// shell's here-documents hold, each apart from the script around it.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    for Section { range, kind } in blocks(text) {
        match kind {
            Kind::Prose => sections.push(Section { range, kind }),
            Kind::Code => {
                let inner = here_documents(&text[range.clone()]);
                sections.extend(inner.into_iter().map(|inner| Section {
                    range: inner.range.start + range.start..inner.range.end + range.start,
                    kind: inner.kind,
                }));
            }
            Kind::Expanded => {}
        }
    }
    sections
}

/// What stands between the fences of Markdown; all of it where there are none.
fn blocks(text: &str) -> Vec<Section> {
    let is_fence = |line: &str| line.trim_start().starts_with("```");
    let fences: Vec<Range<usize>> = lines(text)
        .filter(|line| is_fence(&text[line.clone()]))
        .collect();
    let is_markdown = !fences.is_empty() && fences.len().is_multiple_of(2);
    if !is_markdown {
        return vec![Section {
            range: 0..text.len(),
            kind: Kind::Code,
        }];
    }
    let mut sections = Vec::new();
    let mut from = 0;
    for pair in fences.chunks_exact(2) {
        sections.push(Section {
            range: from..pair[0].end,
            kind: Kind::Prose,
        });
        sections.push(Section {
            range: pair[0].end..pair[1].start,
            kind: Kind::Code,
        });
        from = pair[1].start;
    }
    sections.push(Section {
        range: from..text.len(),
        kind: Kind::Prose,
    });
    sections
}

/// The script, cut where a here-document begins and ends.
fn here_documents(text: &str) -> Vec<Section> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut open: Option<(String, Kind)> = None;
    let section = |range, kind| Section { range, kind };
    for line in lines(text) {
        let words = &text[line.clone()];
        match &open {
            Some((delimiter, kind)) if words.trim() == delimiter => {
                parts.push(section(from..line.start, *kind));
                (from, open) = (line.start, None);
            }
            Some(_) => {}
            None => {
                if let Some(found) = delimiter(words) {
                    parts.push(section(from..line.end, Kind::Code));
                    (from, open) = (line.end, Some(found));
                }
            }
        }
    }
    let kind = open.map_or(Kind::Code, |(_, kind)| kind);
    parts.push(section(from..text.len(), kind));
    parts
}

/// The word that ends the here-document which a line begins. In quotes, it keeps
/// what is in it from being replaced.
fn delimiter(line: &str) -> Option<(String, Kind)> {
    let (_, after) = line.split_once("<<")?;
    let word = after.trim_start_matches('-').trim_start();
    let kind = if word.starts_with(['\'', '"', '\\']) {
        Kind::Code
    } else {
        Kind::Expanded
    };
    let word = word.trim_start_matches(['\'', '"', '\\']);
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = word.find(|character| !is_of_name(character));
    let word = &word[..end.unwrap_or(word.len())];
    let is_name = word.starts_with(|first: char| first.is_ascii_uppercase());
    is_name.then(|| (word.to_owned(), kind))
}

/// The lines, with their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = from..from + line.len();
        from = range.end;
        range
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<&str> {
        let code = sections(text);
        let code = code.into_iter().filter(|one| one.kind != Kind::Prose);
        code.map(|one| &text[one.range]).collect()
    }

    #[test]
    fn blocks_and_here_documents_stand_apart() {
        for (text, expected) in [
            ("a: b\n", &["a: b\n"][..]),
            ("# T\n```yaml\na: b\n```\nend\n", &["a: b\n"]),
            // One fence alone is no Markdown.
            ("x\n```\n", &["x\n```\n"]),
            (
                "cat <<EOF | kubectl create -f -\na: b\nEOF\nls\n",
                &["cat <<EOF | kubectl create -f -\n", "a: b\n", "EOF\nls\n"],
            ),
            (
                "cat <<-'E_1' >x\na\n\tE_1\n",
                &["cat <<-'E_1' >x\n", "a\n", "\tE_1\n"],
            ),
            ("x <<< y\n", &["x <<< y\n"]),
            ("1 << 2\n", &["1 << 2\n"]),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }
}
