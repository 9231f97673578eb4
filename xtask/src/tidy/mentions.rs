use std::path::Path;

use crate::book::summary;
use crate::failure::Result;
use crate::page::Page;
use crate::workspace::{self, files, shown};

/// Pages that messages, comments and manifests send a reader to are there, with the
/// heading that they name.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for folder in ["crates", "deploy"].map(|folder| workspace::root().join(folder)) {
        let mut places = files(&folder)?;
        places.retain(|path| {
            let extension = path.extension().and_then(|it| it.to_str());
            extension.is_some_and(|extension| KINDS.contains(&extension))
        });
        for place in places {
            let text = workspace::read(&place)?;
            for mention in mentions(&text) {
                if !is_there(mention)? {
                    findings.push(format!("{}: there is no {mention}", shown(&place)));
                }
            }
        }
    }
    Ok(findings)
}

/// `docs/a.md#b`, but not a part of an address.
fn mentions(text: &str) -> Vec<&str> {
    let places = text.match_indices("docs/").map(|(at, _)| at);
    places
        .filter(|at| !text[..*at].ends_with(['/', '-', '_']))
        .filter_map(|at| {
            let rest = &text[at..];
            let is_part =
                |character: char| character.is_ascii_alphanumeric() || "/._-#".contains(character);
            let end = rest.find(|character| !is_part(character));
            let mention = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
            let file = Path::new(mention.split('#').next().unwrap_or(mention));
            let is_page = file.extension().is_some_and(|extension| extension == "md");
            is_page.then_some(mention)
        })
        .collect()
}

fn is_there(mention: &str) -> Result<bool> {
    let (file, part) = mention.split_once('#').unwrap_or((mention, ""));
    let file = file.strip_prefix("docs/").unwrap_or(file);
    let path = summary::folder().join(file);
    if !path.exists() || part.is_empty() {
        return Ok(path.exists());
    }
    let anchors = Page::read(&path)?.anchors();
    Ok(anchors.iter().any(|anchor| anchor == part))
}

const KINDS: [&str; 4] = ["rs", "toml", "yaml", "service"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_in_sentences_and_not_in_addresses() {
        let text =
            "see docs/a/b.md#c-d. \"docs/e.md\" https://x/docs/f.md docs/pictures docs/{g}.md";
        assert_eq!(mentions(text), ["docs/a/b.md#c-d", "docs/e.md"]);
    }

    #[test]
    fn a_heading_has_to_be_there_too() {
        let is_there = |mention| is_there(mention).unwrap();
        assert!(is_there("docs/concepts.md") && is_there("docs/concepts.md#how-it-ends"));
        assert!(!is_there("docs/nowhere.md") && !is_there("docs/concepts.md#nowhere"));
    }
}
