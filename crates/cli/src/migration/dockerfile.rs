use std::ops::Range;

use super::Findings;
use super::change::DOCKERFILE;
use super::section::lines;
use super::words::{Command, commands};

/// A Dockerfile that puts the helper, or `gen-cert.py`, into an image. Where it
/// makes nothing else, iamra's image takes its place; elsewhere iamra is copied
/// to where the helper was, and the rest stays.
pub(super) fn look(text: &str, image: &str, findings: &mut Findings) -> bool {
    let instructions = instructions(text);
    let of = |range: &Range<usize>| Instruction::of(text, range.clone());
    let instructions: Vec<_> = instructions.iter().map(of).collect();
    let bases = instructions.iter().filter(|one| one.name == "FROM").count();
    let is_ours = instructions.iter().any(Instruction::names_ours);
    if bases == 0 || !is_ours {
        return false;
    }
    if bases == 1 && instructions.iter().all(Instruction::is_known) {
        replace_all(&instructions, image, findings);
        return true;
    }
    for one in instructions.iter().filter(|one| one.names_ours()) {
        if let Some(line) = one.with_iamra(image) {
            let range = one.range.start..one.range.start + one.text.trim_end().len();
            findings.edits.replace(range, line);
            findings.tell(DOCKERFILE.also(COPIED));
        } else {
            let first = one.text.lines().next().unwrap_or_default().trim();
            let why = "it stays as it is, since the image holds other things, too";
            findings.tell(DOCKERFILE.also(format!("{first}: {why}.")));
        }
    }
    true
}

const COPIED: &str = "iamra stands in the image where aws_signing_helper stood, and does by that name what it did; everything else of the image stays.";

fn replace_all(instructions: &[Instruction<'_>], image: &str, findings: &mut Findings) {
    for one in instructions {
        let range = one.range.clone();
        match one.name.as_str() {
            "FROM" => {
                let end = range.start + one.text.trim_end().len();
                findings
                    .edits
                    .replace(range.start..end, format!("FROM {image}"));
            }
            // Without a shell nothing runs while the image is made.
            "RUN" | "COPY" | "ADD" => {
                findings.edits.replace(range, "");
            }
            _ => {}
        }
    }
    for change in DOCKERFILE.changes() {
        findings.tell(change);
    }
}

/// One instruction with the lines that go on with it.
struct Instruction<'t> {
    range: Range<usize>,
    text: &'t str,
    name: String,
}

impl<'t> Instruction<'t> {
    fn of(text: &'t str, range: Range<usize>) -> Self {
        let text = &text[range.clone()];
        let name = text.split_whitespace().next().unwrap_or_default();
        Self {
            range,
            text,
            name: name.to_ascii_uppercase(),
        }
    }

    fn names_ours(&self) -> bool {
        let makes = ["RUN", "COPY", "ADD"].contains(&self.name.as_str());
        makes && OURS.iter().any(|name| self.text.contains(name))
    }

    /// Whether all of it is for the helper or the script.
    fn is_known(&self) -> bool {
        match self.name.as_str() {
            "FROM" => !self.text.to_ascii_lowercase().contains(" as "),
            "ENV" | "WORKDIR" | "" => true,
            "COPY" | "ADD" => {
                let words: Vec<&str> = self.text.split_whitespace().skip(1).collect();
                let words = words.iter().filter(|word| !word.starts_with("--"));
                let words: Vec<&&str> = words.collect();
                let is_ours = |word: &&&str| OURS.iter().any(|name| word.ends_with(name));
                words.len() >= 2 && words[..words.len() - 1].iter().all(is_ours)
            }
            "RUN" => {
                let run = self.text.trim_start()["RUN".len()..].trim_start();
                !run.starts_with(['[', '-']) && commands(run).iter().all(|(one, _)| prepares(one))
            }
            name => name.starts_with('#'),
        }
    }

    /// The same with iamra in the helper's place, where nothing else is copied.
    fn with_iamra(&self, image: &str) -> Option<String> {
        let words: Vec<&str> = self.text.split_whitespace().skip(1).collect();
        let (flags, words): (Vec<&str>, Vec<&str>) =
            words.into_iter().partition(|word| word.starts_with("--"));
        let is_known = |flag: &&str| {
            let known = ["--chmod=", "--chown=", "--checksum="];
            known.iter().any(|known| flag.starts_with(known))
        };
        let [from, to] = words[..] else {
            return None;
        };
        let is_copied = ["COPY", "ADD"].contains(&self.name.as_str());
        if !is_copied || !flags.iter().all(is_known) || !from.ends_with(HELPER) {
            return None;
        }
        let to = match to {
            "." => format!("./{HELPER}"),
            to if to.ends_with('/') => format!("{to}{HELPER}"),
            to if to.rsplit('/').next() == Some(HELPER) => to.to_owned(),
            _ => return None,
        };
        let from = format!("COPY --from={image}");
        let owner = flags
            .iter()
            .copied()
            .filter(|flag| flag.starts_with("--chown="));
        let words = std::iter::once(from.as_str()).chain(owner);
        let words: Vec<&str> = words.chain(["/iamra", to.as_str()]).collect();
        Some(words.join(" "))
    }
}

const HELPER: &str = "aws_signing_helper";
const OURS: [&str; 2] = [HELPER, "gen-cert.py"];

/// Whether a command only prepares what the helper and the script need.
fn prepares(command: &Command<'_>) -> bool {
    let words = (0..command.words.len()).map(|index| command.bare(index));
    let words: Vec<&str> = words.filter(|word| !word.starts_with('-')).collect();
    let all = |known: &[&str], given: &[&str]| given.iter().all(|word| known.contains(word));
    match &words[..] {
        ["pip" | "pip3", "install", packages @ ..] => all(&["pip", "hvac"], packages),
        ["apt" | "apt-get", "install", packages @ ..] => all(&PACKAGES, packages),
        ["apt" | "apt-get", "update" | "clean"] | ["rm", "/var/lib/apt/lists/*"] => true,
        ["mkdir" | "chown" | "chmod", rest @ ..] => {
            let is_own = |word: &&str| {
                word.starts_with("/home/nobody") || word.ends_with(HELPER) || !word.contains('/')
            };
            rest.iter().all(is_own)
        }
        _ => false,
    }
}

const PACKAGES: [&str; 7] = [
    "jq",
    "bash",
    "curl",
    "wget",
    "python3",
    "python3-pip",
    "ca-certificates",
];

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
