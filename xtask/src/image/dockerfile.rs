//! `deploy/Dockerfile` is for who prefers one: what it makes is what we make.

use std::collections::{BTreeSet, HashMap};

use super::root::{Entry, NAMES, Root};

const DOCKERFILE: &str = include_str!("../../../deploy/Dockerfile");

/// Its last stage, where the image is described.
fn last_stage() -> Vec<&'static str> {
    let (_, stage) = DOCKERFILE.split_once("\nFROM scratch\n").unwrap();
    stage.lines().collect()
}

#[test]
fn the_names_are_the_same() {
    let (_, names) = DOCKERFILE.split_once("for name in \\\n").unwrap();
    let (names, _) = names.split_once("; \\\n").unwrap();
    let names = names.lines().map(|line| line.trim_end_matches('\\').trim());
    assert_eq!(names.collect::<Vec<_>>(), NAMES);
}

#[test]
fn the_configuration_is_the_same() {
    let config = super::layout::config(HashMap::new()).unwrap();
    let stage = last_stage();
    let words = |name: &str| {
        let line = stage.iter().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().to_owned()
    };
    assert_eq!(Some(&words("USER")), config.user().as_ref());
    assert_eq!(Some(&words("WORKDIR")), config.working_dir().as_ref());
    let variables: Vec<String> = words("ENV").split(' ').map(str::to_owned).collect();
    assert_eq!(Some(&variables), config.env().as_ref());
    let entrypoint: Vec<String> = serde_json::from_str(&words("ENTRYPOINT")).unwrap();
    assert_eq!(Some(&entrypoint), config.entrypoint().as_ref());
}

/// But for the SBOM, and for folders that others imply.
#[test]
fn the_files_are_the_same() {
    let root = Root::new(Vec::new(), Vec::new(), 7);
    let files = root
        .entries
        .iter()
        .filter(|(_, entry)| matches!(entry, Entry::File { .. }));
    let ours: BTreeSet<&str> = files.map(|(path, _)| path.as_str()).collect();
    for path in ours.iter().filter(|path| !path.ends_with(".cdx.json")) {
        let ends = [
            format!(" {path}\n"),
            format!(" {path} \\\n"),
            format!(">{path} \\\n"),
        ];
        assert!(ends.iter().any(|end| DOCKERFILE.contains(end)), "{path}");
    }
    assert!(DOCKERFILE.contains("nobody:x:65534:65534:nobody:/home/nobody:/iamra"));
    assert!(DOCKERFILE.contains("chown 65534:65534 home/nobody"));
}
