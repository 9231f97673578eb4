use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Runs every `sh` block of the pages that a newcomer copies from, page by page
/// in a home of its own: what a reader copies works.
///
/// Lines that run the tests themselves would never end; they are named and
/// left out. What needs real services stands in `console` blocks. The release
/// binary is there, as README.md says that it has to be.
pub(crate) fn run() -> Result {
    Tool::cargo("build --release --locked --package iamra").run()?;
    PAGES.into_iter().try_for_each(page)
}

fn page(name: &str) -> Result {
    let text = workspace::read(&workspace::root().join(name))?;
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
    for block in blocks(&text) {
        Tool::new("sh")
            .arg("-euxc")
            .arg(&block)
            .env("HOME", home.path())
            .env("CARGO_HOME", kept("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", kept("RUSTUP_HOME", ".rustup"))
            .run()?;
    }
    Ok(())
}

/// The runnable text of every block that is marked `sh`.
pub(crate) fn blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut inside: Option<String> = None;
    for line in markdown.lines() {
        match &mut inside {
            None if line.trim_end() == "```sh" => inside = Some(String::new()),
            None => {}
            Some(_) if line.starts_with("```") => blocks.extend(inside.take()),
            Some(_) if OURSELVES.iter().any(|own| line.starts_with(own)) => {
                println!("left out, because it is what runs: {line}");
            }
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    blocks.retain(|block| !block.trim().is_empty());
    blocks
}

/// Where a newcomer begins, and each door that credentials are read from.
const PAGES: [&str; 8] = [
    "README.md",
    "docs/tutorial.md",
    "docs/doors/credential-process.md",
    "docs/doors/credentials-file.md",
    "docs/doors/container-endpoint.md",
    "docs/doors/exec.md",
    "docs/doors/run.md",
    "docs/ecr.md",
];

const OURSELVES: [&str; 2] = ["cargo xtask ci", "cargo xtask test"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sh_blocks_are_run_and_never_ourselves() {
        let markdown = "text\n```sh\necho a\ncargo xtask ci # all\necho b\n```\n\
                        ```console\nrm -rf /\n```\n```sh\ncargo xtask test --docs\n```\n\
                        ```sh\necho c\n```\n";
        assert_eq!(blocks(markdown), ["echo a\necho b\n", "echo c\n"]);
    }
}
