use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::tidy::links::target;
use crate::workspace::{self, files};

/// Links within the finished book that lead to no file of it, or to no part of one.
pub(crate) fn dead_links(folder: &Path) -> Result<Vec<String>> {
    let mut pages = HashMap::new();
    for path in files(folder)? {
        if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            let text = workspace::read(&path)?;
            pages.insert(path, text);
        }
    }
    let parts: HashMap<_, Vec<&str>> = pages
        .iter()
        .map(|(path, text)| (path.clone(), attributes(text, " id=\"").collect()))
        .collect();
    let mut findings: Vec<_> = pages
        .iter()
        .flat_map(|(path, text)| dead(path, text, &parts))
        .collect();
    findings.sort();
    findings.dedup();
    Ok(findings)
}

fn dead(page: &Path, text: &str, parts: &HashMap<PathBuf, Vec<&str>>) -> Vec<String> {
    let links = attributes(text, " href=\"").chain(attributes(text, " src=\""));
    links
        // The site's own root is not ours to know.
        .filter(|link| !link.contains(':') && *link != "/" && leads_nowhere(page, link, parts))
        .map(|link| format!("{}: {link} leads nowhere", page.display()))
        .collect()
}

fn leads_nowhere(page: &Path, link: &str, parts: &HashMap<PathBuf, Vec<&str>>) -> bool {
    let (file, part) = link.split_once('#').unwrap_or((link, ""));
    let target = target(page, file);
    if !target.is_file() {
        return true;
    }
    !part.is_empty()
        && !parts
            .get(&target)
            .is_some_and(|known| known.contains(&part))
}

/// The values of an attribute, as mdBook writes it.
fn attributes<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_of_a_book_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(
            path("a.html"),
            "<a href=\"b.html#c\"> <a href=\"b.html#gone\"> <a href=\"http://x\">",
        )
        .unwrap();
        std::fs::write(path("b.html"), "<h2 id=\"c\"> <img src=\"d.svg\">").unwrap();
        let findings = dead_links(folder.path()).unwrap();
        assert_eq!(
            findings,
            [
                format!("{}: b.html#gone leads nowhere", path("a.html").display()),
                format!("{}: d.svg leads nowhere", path("b.html").display())
            ]
        );
    }
}
