use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::failure::Result;
use crate::workspace;

/// A page of Markdown, and what stands in it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    text: String,
}

impl Page {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Ok(Self::new(path, workspace::read(path)?))
    }

    pub(crate) fn new(path: &Path, text: impl Into<String>) -> Self {
        Self {
            path: path.to_path_buf(),
            text: text.into(),
        }
    }

    /// Its first heading.
    pub(crate) fn title(&self) -> Option<String> {
        self.headings().into_iter().next()
    }

    /// What a link to a part of it may name, as GitHub and mdBook make it of headings.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for heading in self.headings() {
            let anchor = anchor(&heading);
            let same = anchors.iter().filter(|known| **known == anchor).count();
            let suffix = if same == 0 {
                String::new()
            } else {
                format!("-{same}")
            };
            anchors.push(anchor + &suffix);
        }
        anchors
    }

    /// The destinations of links and images.
    pub(crate) fn links(&self) -> Vec<String> {
        let links = self.named_links().into_iter();
        links.map(|(_, destination)| destination).collect()
    }

    /// Links and images, each with its text before it.
    pub(crate) fn named_links(&self) -> Vec<(String, String)> {
        let mut links: Vec<(String, String)> = Vec::new();
        let mut inside = false;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push((String::new(), dest_url.into_string()));
                    inside = true;
                }
                Event::Text(text) | Event::Code(text) if inside => {
                    links
                        .last_mut()
                        .into_iter()
                        .for_each(|(name, _)| name.push_str(&text));
                }
                Event::End(TagEnd::Link | TagEnd::Image) => inside = false,
                _ => {}
            }
        }
        links
    }

    /// The cells of its tables' lines, without the heads, as they are written.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows: Vec<Vec<String>> = Vec::new();
        for (event, place) in self.events() {
            match event {
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::End(TagEnd::TableHead) => drop(rows.pop()),
                Event::Start(Tag::TableCell) => {
                    let text = self.text[place].trim_matches('|').trim();
                    let cell = text.replace("\\|", "|");
                    rows.last_mut()
                        .into_iter()
                        .for_each(|row| row.push(cell.clone()));
                }
                _ => {}
            }
        }
        rows
    }

    /// The text of every block of code that is marked with this word alone.
    pub(crate) fn code(&self, language: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut inside: Option<String> = None;
        for (event, _) in self.events() {
            match (event, &mut inside) {
                (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(word))), _)
                    if &*word == language =>
                {
                    inside = Some(String::new());
                }
                (Event::Text(text), Some(block)) => block.push_str(&text),
                (Event::End(TagEnd::CodeBlock), _) => blocks.extend(inside.take()),
                _ => {}
            }
        }
        blocks
    }

    fn headings(&self) -> Vec<String> {
        let mut headings = Vec::new();
        let mut inside: Option<String> = None;
        for (event, _) in self.events() {
            match (event, &mut inside) {
                (Event::Start(Tag::Heading { .. }), _) => inside = Some(String::new()),
                (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
                (Event::End(TagEnd::Heading(_)), _) => headings.extend(inside.take()),
                _ => {}
            }
        }
        headings
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }
}

fn anchor(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    lower
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            _ => character.is_alphanumeric().then_some(character),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page::new(Path::new("page.md"), text)
    }

    #[test]
    fn headings_have_the_anchors_that_readers_of_them_make() {
        let page = page(
            "# `creds exec`: what, and why?\n\n## A. B\n\n```sh\n# no heading\n```\n## A. B\n",
        );
        assert_eq!(page.title().as_deref(), Some("creds exec: what, and why?"));
        assert_eq!(page.anchors(), ["creds-exec-what-and-why", "a-b", "a-b-1"]);
    }

    #[test]
    fn links_are_those_that_a_reader_can_follow() {
        let page = page("[a](b.md#c) ![d](e.svg) `[f](g.md)`\n\n[h][i]\n\n[i]: j.md\n");
        assert_eq!(page.links(), ["b.md#c", "e.svg", "j.md"]);
    }

    #[test]
    fn blocks_are_known_by_their_word() {
        let page =
            page("```sh\na\n\nb\n```\n```console\n$ c\n```\n- in a list\n  ```sh\n  d\n  ```\n");
        assert_eq!(page.code("sh"), ["a\n\nb\n", "d\n"]);
    }

    #[test]
    fn rows_are_read_without_the_head() {
        let page = page("| was | is |\n|---|---|\n| `a \\| b` | c |\n\n| not a table |\n");
        assert_eq!(page.rows(), [["`a | b`", "c"]]);
    }
}
