use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;

mod texts;

/// Every code that the source names: a new one must get its row.
#[test]
fn every_code_of_a_failure_is_explained() {
    let mut codes = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = std::fs::read_to_string(&path).unwrap();
        codes.extend(codes_of(&source));
    }
    let known: BTreeSet<String> = all().map(|it| it.code.to_owned()).collect();
    assert!(codes.len() > 130, "only {} codes were found", codes.len());
    let missing: Vec<_> = codes.difference(&known).collect();
    assert_eq!(missing, [""; 0], "give each an Explanation");
    let unused = known.difference(&codes).filter(|code| !is_of_others(code));
    assert_eq!(
        unused.collect::<Vec<_>>(),
        [""; 0],
        "no failure has that code"
    );
}

/// What only others print.
fn is_of_others(code: &str) -> bool {
    let own = ["docker.no-login", "kubelet.plugin-failed"];
    code.starts_with("client.") || code.starts_with("kubelet.pull-") || own.contains(&code)
}

/// The words that have the form of a code, where an area of codes is before the dot.
fn codes_of(source: &str) -> Vec<String> {
    let areas: BTreeSet<&str> = all().filter_map(|it| it.code.split('.').next()).collect();
    let made = ["Failure::new(", "Failure::of(", "Failure::configuration("];
    let words = source.split('"');
    let of_an_area = words.filter(|word| {
        let area = word.split_once('.').map(|(area, _)| area);
        area.is_some_and(|area| areas.contains(area)) && is_code(word)
    });
    // What is named where a failure is made counts whatever its area is.
    let named = made.iter().flat_map(|call| {
        let calls = source.split(call).skip(1);
        calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
    });
    let own = |word: &&str| !NO_CODES.contains(word);
    of_an_area
        .chain(named)
        .filter(own)
        .map(str::to_owned)
        .collect()
}

fn is_code(word: &str) -> bool {
    let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    word.split_once('.').is_some_and(|(area, name)| {
        area.chars().all(allowed) && name.len() > 1 && name.chars().all(allowed)
    }) || word == "interrupted"
}

/// Names of files and hosts, and what only tests make.
const NO_CODES: &[&str] = &[
    "config.json",
    "config.toml",
    "config.yaml",
    "docker.io",
    "kubernetes.io",
    "vault.example",
    "vault.vault",
    "x.denied",
];

/// A hint that stands here stands nowhere else: it would soon say something else.
#[test]
fn no_fix_is_written_twice() {
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let source = std::fs::read_to_string(&path).unwrap();
        // A test may say once more what it expects.
        let source = source.split("#[cfg(test)]").next().unwrap();
        // A line that goes on in the next one is one text.
        let lines: Vec<&str> = source.split("\\\n").map(str::trim_start).collect();
        let source = lines.concat();
        for cause in all().flat_map(|it| it.causes) {
            let is_there = cause.fix.len() > 20 && source.contains(cause.fix);
            assert!(!is_there, "{}: {}", path.display(), cause.fix);
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match (path.is_dir(), path.file_stem().and_then(|it| it.to_str())) {
            // Its rows are what is held against the rest.
            (_, Some("explanation")) => {}
            (true, _) => found.extend(sources(&path)),
            (false, _) => found.push(path),
        }
    }
    found
}

#[test]
fn each_row_is_complete_and_once() {
    let mut codes = BTreeSet::new();
    for explanation in all() {
        let code = explanation.code;
        assert!(is_code(code) && codes.insert(code), "{code}");
        assert!(explanation.meaning.ends_with('.'), "{code}");
        assert!(!explanation.causes.is_empty(), "{code}");
        assert!(!explanation.check.is_empty(), "{code}");
        for cause in explanation.causes {
            for text in [cause.what, cause.fix] {
                let is_sentence = text.len() > 8 && !text.ends_with('.') && !text.contains('\n');
                assert!(is_sentence, "{code}: {text}");
            }
        }
        assert_eq!(search(code)[0].code, code);
    }
}
