use std::io::{Read as _, Write as _};
use std::path::Path;

use serde_json::Value;

use super::summary;
use crate::Failure;
use crate::failure::Result;
use crate::workspace::shown;

/// A preprocessor of mdBook: reads a book from standard input, and prints it with links
/// that lead where its reader can follow them.
///
/// Pages link to files of the tree, which a reader of the tree finds beside them. The
/// book has none of those outside `docs/`: for its reader they stand in the repository.
pub(crate) fn preprocess(question: &[String]) -> Result {
    if question.first().is_some_and(|word| word == "supports") {
        return Ok(());
    }
    let mut input = String::new();
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("mdBook's book: {error}"));
    std::io::stdin()
        .read_to_string(&mut input)
        .map_err(|error| failed(&error))?;
    // The context, and the book.
    let (_, mut book): (Value, Value) =
        serde_json::from_str(&input).map_err(|error| failed(&error))?;
    rewrite(&mut book);
    let text = serde_json::to_string(&book).map_err(|error| failed(&error))?;
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| failed(&error))
}

/// Chapters may stand anywhere in it.
fn rewrite(value: &mut Value) {
    if let Some(chapter) = value.get_mut("Chapter") {
        let path = chapter["path"].as_str().unwrap_or_default().to_owned();
        if let Value::String(content) = &mut chapter["content"] {
            *content = rewritten(&path, content);
        }
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(members) => members.values_mut().for_each(rewrite),
        _ => {}
    }
}

/// `[text](destination)` is the only form in which our pages link.
fn rewritten(page: &str, content: &str) -> String {
    let mut text = String::new();
    for (number, part) in content.split("](").enumerate() {
        if number == 0 {
            text.push_str(part);
            continue;
        }
        text.push_str("](");
        match part.split_once(')') {
            Some((link, rest)) => {
                text.push_str(&destination(page, link));
                text.push(')');
                text.push_str(rest);
            }
            None => text.push_str(part),
        }
    }
    text
}

fn destination(page: &str, link: &str) -> String {
    let page = summary::folder().join(page);
    let (file, part) = match link.split_once('#') {
        Some((file, part)) => (file, format!("#{part}")),
        None => (link, String::new()),
    };
    let target = crate::tidy::links::target(&page, file);
    if file.is_empty() || file.contains(':') || !target.exists() {
        return link.to_owned();
    }
    if target.starts_with(summary::folder()) {
        // Which mdBook calls by another name.
        return match file.strip_suffix("README.md") {
            Some(folder) => format!("{folder}index.md{part}"),
            None => link.to_owned(),
        };
    }
    let kind = if target.is_dir() { "tree" } else { "blob" };
    format!("{REPOSITORY}/{kind}/main/{}{part}", slashes(&target))
}

fn slashes(target: &Path) -> String {
    shown(target).replace('\\', "/")
}

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_repository_or_to_pages_by_their_names_in_the_book() {
        let mut book = serde_json::json!({"items": [{"Chapter": {
            "path": "doors/a.md",
            "content": "[a](../b.md#c) [k](README.md#l) [d](../../README.md#e) [f](../../deploy) [g](https://h) `x[0](y`",
            "sub_items": [{"Chapter": {"path": "i.md", "content": "[j](../LICENSE-MIT)"}}],
        }}]});
        rewrite(&mut book);
        let chapter = &book["items"][0]["Chapter"];
        assert_eq!(
            chapter["content"],
            format!(
                "[a](../b.md#c) [k](index.md#l) [d]({REPOSITORY}/blob/main/README.md#e) [f]({REPOSITORY}/tree/main/deploy) [g](https://h) `x[0](y`"
            )
        );
        assert_eq!(
            chapter["sub_items"][0]["Chapter"]["content"],
            format!("[j]({REPOSITORY}/blob/main/LICENSE-MIT)")
        );
    }
}
