use std::fmt::Write as _;
use std::io;
use std::path::Path;

use clap::Command;

/// A page for each command with its help, as the terminal shows it, and an index.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    let mut command = iamra::command().term_width(100);
    command.build();
    let mut index = format!("# Commands\n\n{GENERATED}\n\n| command | does |\n|---|---|\n");
    for verb in command.get_subcommands_mut() {
        page(verb, folder, &mut index)?;
    }
    let help = sections(&mut command);
    crate::write(&folder.join("README.md"), format!("{index}\n{help}"))
}

/// Its page and those of its verbs, with a line in the index for each.
fn page(command: &mut Command, folder: &Path, index: &mut String) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let file = file(&name);
    let about = command.get_about().map(ToString::to_string);
    // Writing to a string does not fail.
    let _ = writeln!(
        index,
        "| [`{name}`]({file}) | {} |",
        about.unwrap_or_default()
    );
    let help = sections(command);
    let above = above(&name);
    let text = format!("# {name}\n\n{GENERATED} {above}\n\n{help}");
    crate::write(&folder.join(&file), text)?;
    for verb in command.get_subcommands_mut() {
        page(verb, folder, index)?;
    }
    Ok(())
}

/// A link to the command that has it as a verb, or to all commands.
fn above(name: &str) -> String {
    match name.rsplit_once(' ') {
        Some((parent, _)) if parent.contains(' ') => {
            format!("A verb of [`{parent}`]({}).", file(parent))
        }
        _ => "One of [all commands](README.md).".to_owned(),
    }
}

/// `cert-issue.md` of `iamra cert issue`.
fn file(name: &str) -> String {
    let verbs = name.split_once(' ').map_or(name, |(_, verbs)| verbs);
    format!("{}.md", verbs.replace(' ', "-"))
}

/// The help, with a heading for each group of options, so that one can be linked to.
fn sections(command: &mut Command) -> String {
    let help = command.render_long_help().to_string();
    let mut text = "```text\n".to_owned();
    let mut lines = help.trim_end().lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        let is_above_options = lines.peek().is_some_and(|next| next.starts_with("  "));
        match line.strip_suffix(':') {
            Some(heading) if is_above_options && !line.starts_with(' ') => {
                let before = text.trim_end().len();
                text.truncate(before);
                let _ = write!(text, "\n```\n\n## {heading}\n\n```text\n");
            }
            _ => {
                text += line;
                text.push('\n');
            }
        }
    }
    text + "```\n"
}

const GENERATED: &str = "Generated from the code by `cargo xtask codegen`.";
