use crate::Failure;
use crate::book::summary;
use crate::failure::Result;
use crate::page::Page;
use crate::tool::Tool;
use crate::workspace;

/// Runs every `sh` block of README.md and of the book, page by page in a home of its
/// own: what a reader copies works.
///
/// Lines that run the tests themselves would never end; they are named and
/// left out. What needs real services stands in `console` blocks. The release
/// binary is there, as README.md says that it has to be.
pub(crate) fn run() -> Result {
    Tool::cargo("build --release --locked --package iamra").run()?;
    page(&Page::read(&workspace::root().join("README.md"))?)?;
    for path in summary::pages()? {
        match run_elsewhere(&path.to_string_lossy()) {
            Some(reason) => println!("left out: docs/{}: {reason}", path.display()),
            None => page(&Page::read(&summary::folder().join(path))?)?,
        }
    }
    Ok(())
}

fn page(page: &Page) -> Result {
    let home =
        tempfile::tempdir().map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
    // cargo and rustup look for their own things in HOME.
    let own_home = std::env::var_os("HOME").unwrap_or_default();
    let kept = |name: &str, default: &str| {
        std::env::var_os(name).unwrap_or_else(|| {
            let own_home = std::path::Path::new(&own_home);
            own_home.join(default).into_os_string()
        })
    };
    for block in blocks(page) {
        Tool::new("sh")
            .arg("-euxc")
            .arg(&block)
            .env("HOME", home.path())
            .env("CARGO_HOME", kept("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", kept("RUSTUP_HOME", ".rustup"))
            .run()
            .map_err(|failure| {
                let page = workspace::shown(&page.path);
                Failure::new(format!("{page}: this block does not work: {failure}"))
            })?;
    }
    Ok(())
}

/// The runnable text of every block that is marked `sh`.
pub(crate) fn blocks(page: &Page) -> Vec<String> {
    let mut blocks = page.code("sh");
    for block in &mut blocks {
        *block =
            block
                .lines()
                .filter(|line| is_run(line))
                .fold(String::new(), |mut block, line| {
                    block.push_str(line);
                    block.push('\n');
                    block
                });
    }
    blocks.retain(|block| !block.trim().is_empty());
    blocks
}

fn is_run(line: &str) -> bool {
    let is_ours = OURSELVES.iter().any(|own| line.starts_with(own));
    if is_ours {
        println!("left out, because it is what runs: {line}");
    }
    !is_ours
}

fn run_elsewhere(page: &str) -> Option<&'static str> {
    let known = ELSEWHERE.iter().find(|(name, _)| *name == page);
    known.map(|(_, reason)| *reason)
}

const OURSELVES: [&str; 2] = ["cargo xtask ci", "cargo xtask test"];

/// Pages whose blocks another test runs, with what they need.
const ELSEWHERE: [(&str, &str); 1] = [(
    "verify.md",
    "`cargo xtask test --peers` runs them, with cosign and a registry",
)];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn only_sh_blocks_are_run_and_never_ourselves() {
        let markdown = "text\n```sh\necho a\ncargo xtask ci # all\necho b\n```\n\
                        ```console\nrm -rf /\n```\n```sh\ncargo xtask test --docs\n```\n\
                        ```sh\necho c\n```\n";
        let page = Page::new(Path::new("page.md"), markdown);
        assert_eq!(blocks(&page), ["echo a\necho b\n", "echo c\n"]);
    }

    #[test]
    fn pages_that_are_left_out_are_there() {
        for (name, _) in ELSEWHERE {
            assert!(summary::folder().join(name).exists(), "{name}");
        }
    }
}
