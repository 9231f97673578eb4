use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::failure::Result;
use crate::page::Page;
use crate::workspace::{self, files, shown};

/// Every link of a Markdown file into the tree leads to a file, and to a part of it
/// that is there.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut pages = HashMap::new();
    for path in files(&workspace::root())? {
        if path.extension().is_some_and(|extension| extension == "md") {
            let page = Page::read(&path)?;
            pages.insert(path, page);
        }
    }
    let anchors: HashMap<_, _> = pages
        .iter()
        .map(|(path, page)| (path.clone(), page.anchors()))
        .collect();
    let mut findings: Vec<_> = pages
        .values()
        .flat_map(|page| dead(page, &anchors))
        .collect();
    findings.sort();
    Ok(findings)
}

fn dead(page: &Page, anchors: &HashMap<PathBuf, Vec<String>>) -> Vec<String> {
    let mut findings = Vec::new();
    for link in page.links().into_iter().filter(|link| !link.contains(':')) {
        let (file, part) = link.split_once('#').unwrap_or((&link, ""));
        let target = target(&page.path, file);
        let known = anchors.get(&target);
        if !target.exists() && known.is_none() {
            findings.push(format!("{}: {link} leads nowhere", shown(&page.path)));
        } else if !part.is_empty() && !known.is_some_and(|known| known.iter().any(|it| it == part))
        {
            let page = shown(&page.path);
            findings.push(format!("{page}: {link}: there is no such heading"));
        }
    }
    findings
}

/// Without `..`, as files are listed.
pub(crate) fn target(page: &Path, file: &str) -> PathBuf {
    if file.is_empty() {
        return page.to_path_buf();
    }
    let mut target = page.parent().unwrap_or(page).to_path_buf();
    for component in Path::new(file).components() {
        match component {
            Component::ParentDir => {
                target.pop();
            }
            Component::CurDir => {}
            other => target.push(other),
        }
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_files_and_to_their_headings() {
        let text = "[a](../b.md#part) [b](../b.md#gone) [c](#here) [d](nowhere.md) \
                    [e](https://example.com/x) [f]()\n\n# Here\n";
        let page = Page::new(Path::new("/no/docs/a.md"), text);
        let anchors = HashMap::from([
            (PathBuf::from("/no/docs/a.md"), page.anchors()),
            (PathBuf::from("/no/b.md"), vec!["part".to_owned()]),
        ]);
        assert_eq!(
            dead(&page, &anchors),
            [
                "/no/docs/a.md: ../b.md#gone: there is no such heading",
                "/no/docs/a.md: nowhere.md leads nowhere"
            ]
        );
    }
}
