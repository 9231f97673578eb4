use std::fmt::Write as _;
use std::path::PathBuf;

use crate::failure::Result;
use crate::page::Page;
use crate::workspace::{self, files};

/// The folder of the book's pages.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("docs")
}

/// The book's pages in the order in which they are read, as seen from [`folder`].
pub(crate) fn pages() -> Result<Vec<PathBuf>> {
    Ok(listed(&read()?))
}

/// SUMMARY.md as it has to be: with a line for each page of a [`Family`].
pub(crate) fn wanted() -> Result<String> {
    let families = FAMILIES.map(Family::found);
    let families: Vec<Family> = families.into_iter().collect::<Result<_>>()?;
    let kept = workspace::read(&path())?;
    Ok(families
        .iter()
        .fold(kept, |text, family| family.written(&text)))
}

/// Where the order of the pages stands.
pub(crate) fn path() -> PathBuf {
    folder().join("SUMMARY.md")
}

/// What is wrong with it: pages that it does not name, or names twice or without their
/// being there; and lines that have to be written anew.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut there = files(&folder())?;
    there.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    there.retain(|page| *page != path());
    let wanted = Page::new(&path(), wanted()?);
    let mut findings = compared(&listed(&wanted), &there);
    if listed(&wanted) != pages()? {
        findings.push("docs/SUMMARY.md: stale; run `cargo xtask codegen` and commit".to_owned());
    }
    Ok(findings)
}

fn compared(named: &[PathBuf], there: &[PathBuf]) -> Vec<String> {
    let mut findings = Vec::new();
    for page in there {
        let page = page.strip_prefix(folder()).unwrap_or(page);
        let times = named.iter().filter(|name| *name == page).count();
        if times != 1 {
            let page = page.display();
            findings.push(format!(
                "docs/SUMMARY.md names {page} {times} times, and not once"
            ));
        }
    }
    let gone = named.iter().filter(|name| !folder().join(name).exists());
    findings.extend(gone.map(|name| format!("docs/SUMMARY.md: there is no {}", name.display())));
    findings
}

fn read() -> Result<Page> {
    Page::read(&path())
}

fn listed(summary: &Page) -> Vec<PathBuf> {
    let links = summary.links().into_iter();
    // A chapter that is still to come has no page.
    links
        .filter(|link| !link.is_empty())
        .map(PathBuf::from)
        .collect()
}

/// Pages of one folder that come and go by themselves, below a line of SUMMARY.md.
#[derive(Clone, Debug)]
struct Family {
    title: &'static str,
    folder: &'static str,
    /// Title and path of each page but the first, which is README.md.
    pages: Vec<(String, String)>,
    has_index: bool,
}

impl Family {
    const fn new(title: &'static str, folder: &'static str) -> Self {
        Self {
            title,
            folder,
            pages: Vec::new(),
            has_index: false,
        }
    }

    /// With what is in its folder.
    fn found(mut self) -> Result<Self> {
        for path in files(&folder().join(self.folder))? {
            if path.ends_with("README.md") {
                self.has_index = true;
                continue;
            }
            let title = Page::read(&path)?.title().unwrap_or_default();
            let path = path.strip_prefix(folder()).unwrap_or(&path);
            // Slashes on every system.
            let path = path
                .components()
                .map(|part| part.as_os_str().to_string_lossy());
            self.pages.push((title, path.collect::<Vec<_>>().join("/")));
        }
        self.pages.sort();
        Ok(self)
    }

    /// `summary` with our line, and our pages below it in place of those that were there.
    fn written(&self, summary: &str) -> String {
        let mut text = String::new();
        let mut below = false;
        for line in summary.lines() {
            if line.starts_with(&format!("- [{}](", self.title)) {
                below = true;
                text += &self.lines();
            } else if !(below && line.starts_with(' ')) {
                below = false;
                text += line;
                text.push('\n');
            }
        }
        text
    }

    /// Without its own page it is a chapter that is still to come.
    fn lines(&self) -> String {
        let index = if self.has_index {
            format!("{}/README.md", self.folder)
        } else {
            String::new()
        };
        let mut lines = format!("- [{}]({index})\n", self.title);
        for (title, path) in &self.pages {
            // Writing to a string does not fail.
            let _ = writeln!(lines, "  - [{title}]({path})");
        }
        lines
    }
}

const FAMILIES: [Family; 3] = [
    Family::new("Errors", "errors"),
    Family::new("Commands", "reference/commands"),
    Family::new("Decisions", "adr"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const SUMMARY: &str = "# Summary\n\n- [A](a.md)\n- [Errors](old/README.md)\n  - [Old](errors/old.md)\n- [B](b.md)\n  - [C](c.md)\n";

    fn errors(has_index: bool) -> Family {
        Family {
            pages: vec![("New".to_owned(), "errors/new.md".to_owned())],
            has_index,
            ..Family::new("Errors", "errors")
        }
    }

    #[test]
    fn a_family_replaces_its_own_lines_and_no_others() {
        assert_eq!(
            errors(true).written(SUMMARY),
            "# Summary\n\n- [A](a.md)\n- [Errors](errors/README.md)\n  - [New](errors/new.md)\n- [B](b.md)\n  - [C](c.md)\n"
        );
        assert!(errors(false).written(SUMMARY).contains("- [Errors]()\n"));
    }

    #[test]
    fn pages_that_are_missing_twice_or_gone_are_named() {
        let summary = Page::new(
            Path::new("SUMMARY.md"),
            "[A](SUMMARY.md)\n\n- [B](b.md)\n- [C]()\n",
        );
        let named = listed(&summary);
        assert_eq!(named, [Path::new("SUMMARY.md"), Path::new("b.md")]);
        let there = [folder().join("SUMMARY.md"), folder().join("d.md")];
        assert_eq!(
            compared(&named, &there),
            [
                "docs/SUMMARY.md names d.md 0 times, and not once",
                "docs/SUMMARY.md: there is no b.md"
            ]
        );
    }
}
