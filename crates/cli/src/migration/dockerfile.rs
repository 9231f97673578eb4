use std::ops::Range;

use super::Findings;
use super::change::DOCKERFILE;
use super::section::lines;

/// A Dockerfile that puts the helper, or `gen-cert.py`, into an image.
pub(super) fn look(text: &str, image: &str, findings: &mut Findings) -> bool {
    let instructions = instructions(text);
    let word = |range: &Range<usize>| {
        let first = text[range.clone()].split_whitespace().next();
        first.unwrap_or_default().to_ascii_uppercase()
    };
    let is_ours = ["aws_signing_helper", "gen-cert.py"]
        .iter()
        .any(|name| text.contains(name));
    let bases: Vec<_> = instructions
        .iter()
        .filter(|range| word(range) == "FROM")
        .collect();
    let [base] = &bases[..] else {
        return false;
    };
    if !is_ours {
        return false;
    }
    let line = text[(*base).clone()].trim_end();
    let is_base = base.start..base.start + line.len();
    findings.edits.replace(is_base, format!("FROM {image}"));
    for range in instructions.iter().filter(|range| range.start > base.start) {
        // Without a shell nothing runs while the image is made.
        let goes = match word(range).as_str() {
            "RUN" | "SHELL" => true,
            "COPY" | "ADD" => {
                let text = &text[range.clone()];
                text.contains("gen-cert.py") || text.contains("aws_signing_helper")
            }
            _ => false,
        };
        if goes {
            findings.edits.replace(range.clone(), "");
        }
    }
    for change in DOCKERFILE.changes() {
        findings.tell(change);
    }
    true
}

/// The instructions, each with the lines that go on with it, and the blank ones
/// behind it.
fn instructions(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut goes_on = false;
    for line in lines(text) {
        let content = text[line.clone()].trim();
        let is_blank = content.is_empty();
        match found.last_mut() {
            Some(last) if goes_on || is_blank => last.end = line.end,
            _ => found.push(line),
        }
        if !is_blank && !content.starts_with('#') {
            goes_on = content.ends_with('\\');
        }
    }
    found
}
