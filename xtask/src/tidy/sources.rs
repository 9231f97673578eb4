use std::path::Path;

use crate::failure::Result;
use crate::workspace::{self, files, shown};

/// Source files are short, and free of words that do not belong in them.
pub(crate) fn check() -> Result<Vec<String>> {
    let root = workspace::root();
    let mut findings = Vec::new();
    let mut sizes = Vec::new();
    for folder in ["crates", "xtask", "fuzz"].map(|folder| root.join(folder)) {
        for path in sources(&folder)? {
            let text = workspace::read(&path)?;
            let lines = text.lines().count();
            sizes.push(lines);
            if lines > LONGEST {
                findings.push(format!("{}: {lines} lines, split it", shown(&path)));
            }
            // The list of forbidden words has to hold them.
            if !path.ends_with("tidy/sources.rs") {
                findings.extend(words(&shown(&path), &text));
            }
        }
    }
    sizes.sort_unstable();
    println!(
        "{} source files, median {} lines, longest {} of at most {LONGEST}",
        sizes.len(),
        sizes.get(sizes.len() / 2).unwrap_or(&0),
        sizes.last().unwrap_or(&0)
    );
    Ok(findings)
}

fn sources(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = files(folder)?;
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    Ok(found)
}

fn words(name: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = FOREIGN_NAMES
            .into_iter()
            .fold(line.to_owned(), |line, name| line.replace(name, ""));
        for (word, instead) in FORBIDDEN {
            if line.contains(word) {
                findings.push(format!("{name}:{}: `{word}`: {instead}", number + 1));
            }
        }
    }
    findings
}

const LONGEST: usize = 500;

/// Names that were given elsewhere: of a capture, in a certificate of one, and
/// of a setting of Vault's issuers.
const FOREIGN_NAMES: [&str; 3] = ["leaf-in-chain", "CN=leaf", "leaf_not_after_behavior"];

/// What is not written, and what to do instead.
const FORBIDDEN: [(&str, &str); 12] = [
    ("leaf", "the end-entity certificate"),
    ("Leaf", "the end-entity certificate"),
    ("LEAF", "the end-entity certificate"),
    ("TODO", "do it, or open an issue"),
    ("FIXME", "fix it, or open an issue"),
    ("// XXX", "say what is wrong"),
    ("todo!(", "write it"),
    ("unimplemented!(", "write it, or return an error"),
    ("dbg!(", "remove it"),
    (
        "```ignore",
        "examples compile: `no_run` where they need a server",
    ),
    ("/work/", "no path of one machine"),
    ("../shared", "no path outside the repository"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_word_is_found_with_its_line() {
        assert!(words("a.rs", "let end_entity = \"CN=leaf\";\n").is_empty());
        assert_eq!(
            words("a.rs", "\nlet leaf = 1; // TODO\n"),
            [
                "a.rs:2: `leaf`: the end-entity certificate",
                "a.rs:2: `TODO`: do it, or open an issue"
            ]
        );
    }
}
