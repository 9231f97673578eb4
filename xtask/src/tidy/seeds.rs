use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::book::summary;
use crate::failure::Result;
use crate::page::Page;
use crate::workspace::{self, files, shown};

/// Every command, variable, flag, field and policy of the recipes that iamra replaces has
/// a row that says what became of it; and every command that such a row names is run by
/// a test.
pub(crate) fn check() -> Result<Vec<String>> {
    let run = commands_that_are_run()?;
    let mut findings = Vec::new();
    let lists = files(&workspace::root().join(LISTS))?;
    for list in &lists {
        let page = Page::read(&page_of(list))?;
        let list = workspace::read(list)?;
        let complaints = without_row(&page, &list)
            .into_iter()
            .chain(not_run(&page, &run));
        findings.extend(complaints.map(|complaint| format!("{}: {complaint}", shown(&page.path))));
    }
    findings.extend(without_list(&lists)?);
    Ok(findings)
}

fn page_of(list: &Path) -> PathBuf {
    let name = list.with_extension("md");
    let name = name.file_name().unwrap_or_default();
    workspace::root().join(PAGES).join(name)
}

fn without_list(lists: &[PathBuf]) -> Result<Vec<String>> {
    let mut pages = files(&workspace::root().join(PAGES))?;
    pages.retain(|page| !page.ends_with("README.md"));
    pages.retain(|page| !lists.iter().any(|list| page_of(list) == *page));
    Ok(pages
        .iter()
        .map(|page| format!("{}: there is no list of what it has to name", shown(page)))
        .collect())
}

/// The first cell of a row is what was, the second what is.
fn without_row(page: &Page, list: &str) -> Vec<String> {
    let rows = page.rows();
    let has_row = |token: &str| {
        rows.iter().any(|row| match &row[..] {
            [was, is, ..] => !is.is_empty() && names(was, token),
            _ => false,
        })
    };
    let tokens = list.lines().filter(|line| !line.is_empty());
    tokens
        .filter(|token| !has_row(token))
        .map(|token| format!("there is no row for `{token}`"))
        .collect()
}

/// Whether `text` has the token as a word: `v1` is not in `v1beta1`.
fn names(text: &str, token: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "_-".contains(character);
    let is_word = |(at, found): (usize, &str)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let begins = !token.starts_with(is_part) || !before.is_some_and(is_part);
        let ends = !token.ends_with(is_part) || !after.is_some_and(is_part);
        begins && ends
    };
    text.match_indices(token).any(is_word)
}

fn not_run(page: &Page, run: &BTreeSet<String>) -> Vec<String> {
    let rows = page.rows();
    let named = rows.iter().filter_map(|row| row.get(1)).flat_map(|cell| {
        // Text in backticks is every other piece.
        cell.split('`').skip(1).step_by(2).filter_map(command)
    });
    let named: BTreeSet<String> = named.collect();
    named
        .difference(run)
        .map(|command| format!("`iamra {command}` is in no block that a test runs"))
        .collect()
}

/// Those in `sh` blocks of the book and of README.md, and those that need more than this machine.
fn commands_that_are_run() -> Result<BTreeSet<String>> {
    let mut run: BTreeSet<_> = ELSEWHERE
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut pages: Vec<_> = summary::pages()?
        .iter()
        .map(|page| summary::folder().join(page))
        .collect();
    pages.push(workspace::root().join("README.md"));
    for page in pages {
        for block in Page::read(&page)?.code("sh") {
            let places = block.match_indices("iamra ");
            run.extend(places.filter_map(|(at, _)| command(&block[at..])));
        }
    }
    Ok(run)
}

/// `creds file` of `iamra creds file --watch`.
fn command(line: &str) -> Option<String> {
    let rest = line.strip_prefix("iamra ")?;
    let is_verb = |word: &&str| {
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !word.starts_with('-') && word.bytes().all(letters)
    };
    let words = rest.lines().next()?.split_whitespace();
    let verbs: Vec<_> = words.take(2).take_while(is_verb).collect();
    (!verbs.is_empty()).then(|| verbs.join(" "))
}

/// A list for each recipe, with a token on each line.
const LISTS: &str = "testdata/seeds";
/// Their pages, of the same names.
const PAGES: &str = "docs/migrate/seeds";

/// What needs a cluster, or a registry of a real name: the test that has one.
const ELSEWHERE: [(&str, &str); 5] = [
    ("ecr check", "crates/cli/tests/it/ecr/registry.rs"),
    ("ecr tags", "crates/cli/tests/it/ecr/registry.rs"),
    ("k8s run", "crates/cli/tests/peers/kube/run.rs"),
    ("k8s status", "crates/cli/tests/peers/kube/verbs.rs"),
    ("k8s sync", "crates/cli/tests/peers/kube/sync.rs"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page::new(
            Path::new("seed.md"),
            format!("| was | is |\n|---|---|\n{text}"),
        )
    }

    #[test]
    fn a_token_without_a_row_or_an_answer_is_found() {
        let page = page("| `LISTEN_PORT`, `apiVersion: v1` | `--health-port` |\n| `EMAIL` | |\n");
        let list = "apiVersion: v1\nLISTEN_PORT\nLISTEN\nEMAIL\n";
        assert_eq!(
            without_row(&page, list),
            [
                "there is no row for `LISTEN`",
                "there is no row for `EMAIL`"
            ]
        );
    }

    #[test]
    fn a_command_that_no_test_runs_is_found() {
        let page = page(
            "| `a` | `iamra creds file --watch`, or `iamra creds env` and `iamra run --config x` |\n",
        );
        let run = ["creds file", "run"].map(str::to_owned).into();
        assert_eq!(
            not_run(&page, &run),
            ["`iamra creds env` is in no block that a test runs"]
        );
    }

    #[test]
    fn what_is_run_elsewhere_is_there() {
        for (command, place) in ELSEWHERE {
            let test = workspace::read(&workspace::root().join(place)).unwrap();
            let verb = command.rsplit(' ').next().unwrap();
            assert!(test.contains(&format!("\"{verb}\"")), "{command}: {place}");
        }
    }
}
