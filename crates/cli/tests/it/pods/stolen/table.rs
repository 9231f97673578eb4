//! The table of the document.

use std::path::Path;

#[derive(Debug)]
pub(super) struct Row {
    pub(super) has: String,
    pub(super) tries: String,
    pub(super) gets: String,
    /// A link; where it says "the same", that of the row above.
    test: String,
}

impl Row {
    pub(super) fn is_proved_here(&self) -> bool {
        self.test
            .contains("(../crates/cli/tests/it/pods/stolen.rs)")
    }

    /// Whether the file that is linked has a test of that name.
    pub(super) fn names_a_test(&self) -> bool {
        let (name, link) = self.test.split_once("](").unwrap();
        let name = name.trim_matches(['[', '`']);
        let file = document().with_file_name(link.trim_end_matches(')'));
        let text = std::fs::read_to_string(file).unwrap();
        text.contains(&format!("fn {name}() {{"))
    }
}

pub(super) fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(document()).unwrap();
    let (_, section) = page.split_once("## A node that is taken over").unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let mut rows: Vec<Row> = Vec::new();
    for line in lines.skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [has, tries, gets, test] = cells[..] else {
            panic!("{line}");
        };
        let test = match (test, rows.last()) {
            ("the same", Some(above)) => above.test.clone(),
            _ => test.to_owned(),
        };
        rows.push(Row {
            has: has.to_owned(),
            tries: tries.to_owned(),
            gets: gets.to_owned(),
            test,
        });
    }
    rows
}

fn document() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pod-identity-threats.md")
}
