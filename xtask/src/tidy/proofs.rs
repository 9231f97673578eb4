use std::path::Path;

use crate::book::summary;
use crate::failure::Result;
use crate::page::Page;
use crate::tidy::links::target;
use crate::workspace::{self, shown};

/// Each test that the security model calls a proof is in the file that it names.
pub(crate) fn check() -> Result<Vec<String>> {
    let page = Page::read(&summary::folder().join("security.md"))?;
    let mut findings = Vec::new();
    for (test, file) in proofs(&page) {
        let source = workspace::read(&target(&page.path, &file))?;
        if !holds(&source, &test) {
            let page = shown(&page.path);
            findings.push(format!("{page}: there is no test {test} in {file}"));
        }
    }
    Ok(findings)
}

/// Links to sources, with what they are called.
fn proofs(page: &Page) -> Vec<(String, String)> {
    let mut links = page.named_links();
    links.retain(|(_, file)| {
        let path = Path::new(file);
        path.extension().is_some_and(|extension| extension == "rs")
    });
    links
}

fn holds(source: &str, test: &str) -> bool {
    source.contains(&format!("fn {test}()"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_a_link_to_a_source() {
        let text = "[`a_test`](../crates/a.rs) and [a page](b.md)";
        let page = Page::new(Path::new("security.md"), text);
        assert_eq!(
            proofs(&page),
            [("a_test".to_owned(), "../crates/a.rs".to_owned())]
        );
    }

    #[test]
    fn a_test_counts_by_its_whole_name() {
        let source = "#[test]\nfn a_test() {\n";
        assert!(holds(source, "a_test"));
        assert!(!holds(source, "a_tes") && !holds(source, "test"));
    }
}
