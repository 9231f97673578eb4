use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::workspace::{self, files, shown};

/// Every relative link in a Markdown file leads to a file of the tree.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in files(&workspace::root())? {
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = workspace::read(&path)?;
        for link in relative(&text) {
            if !target(&path, link).exists() {
                findings.push(format!("{}: {link} leads nowhere", shown(&path)));
            }
        }
    }
    Ok(findings)
}

fn target(page: &Path, link: &str) -> PathBuf {
    let file = link.split('#').next().unwrap_or(link);
    page.parent().unwrap_or(page).join(file)
}

/// The destinations of inline links, without those to the web and within the page.
fn relative(markdown: &str) -> Vec<&str> {
    markdown
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://") && !link.starts_with(['#', '<']))
        .filter(|link| !link.contains(char::is_whitespace) && !link.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_into_the_tree_are_found_and_resolved() {
        let markdown = "[a](docs/a.md#part) [b](https://example.com) [c](#here) `x[0](y z)`";
        assert_eq!(relative(markdown), ["docs/a.md#part"]);
        assert_eq!(
            target(Path::new("docs/index.md"), "adr/0001.md#why"),
            Path::new("docs/adr/0001.md")
        );
    }
}
