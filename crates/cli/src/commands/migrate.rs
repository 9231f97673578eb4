use std::path::Path;

use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use similar::TextDiff;

use super::verb;
use crate::context::{Context, read_text};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::migration::{Change, Migration};
use crate::resolved::Sourced;
use crate::setting::{with_named, with_settings};
use crate::{output, settings, stdin};

const FILE: &str = "FILE";

pub(crate) fn command() -> Command {
    verb(
        "migrate",
        "Print what a manifest, a script or a configuration of another tool is with iamra",
        |command| {
            let file = Arg::new(FILE).required(true).help(
                "A manifest, a script, a unit, ~/.aws/config, variables, docker's or kubelet's \
                 configuration, a Dockerfile, or Markdown with such blocks; - is standard input",
            );
            let command = with_named(command, &["image"]);
            let command = with_settings(command, &[&settings::OUTPUT]).arg(file);
            let command = command.mut_arg("output", |output| {
                let help = "What to print: diff, new for the whole text, or json for programs";
                output
                    .help(format!("{help} [default: diff]"))
                    .long_help(format!("{help}.\n\n[env: IAMRA_OUTPUT]\n[default: diff]"))
            });
            command.mut_arg("image", |image| {
                let help = "The image of iamra";
                image
                    .help(format!("{help} [default: {IMAGE}]"))
                    .long_help(format!("{help}.\n\n[env: IAMRA_IMAGE]\n[default: {IMAGE}]"))
            })
        },
    )
}

pub(crate) fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let format = Format::chosen(context)?;
    let name = matches.get_one::<String>(FILE).cloned().unwrap_or_default();
    let old = read(&name)?;
    let Some(migration) = Migration::of(&old, &image(context)?) else {
        output::complain(&format!(
            "there is nothing in {name} that iamra takes the place of\n"
        ));
        return Ok(Exit::Failed);
    };
    if migration.text == old {
        let why = reasons(&migration.changes);
        output::complain(&format!("{name} stays as it is:\n{why}"));
        return Ok(Exit::Failed);
    }
    match format {
        Format::Diff => output::print(&diff(&name, &old, &migration.text))?,
        Format::New => output::print(&migration.text)?,
        Format::Json => {
            return output::print_json(&Document {
                diff: diff(&name, &old, &migration.text),
                text: &migration.text,
                changes: &migration.changes,
            })
            .map(|()| Exit::Done);
        }
    }
    output::complain(&told(&migration.changes));
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document<'a> {
    diff: String,
    text: &'a str,
    changes: &'a [Change],
}

#[derive(Clone, Copy)]
enum Format {
    Diff,
    New,
    Json,
}

impl Format {
    fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let formats = [
            ("diff", Self::Diff),
            ("new", Self::New),
            ("json", Self::Json),
        ];
        let format = context.settings.choice("output", formats)?;
        Ok(format.unwrap_or(Self::Diff))
    }
}

fn image(context: &Context<'_>) -> Result<String, Failure> {
    let Some(Sourced { value, origin }) = context.settings.sourced("image")? else {
        return Ok(IMAGE.to_owned());
    };
    let is_image = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
    if value.bytes().all(is_image) {
        Ok(value)
    } else {
        Err(origin.invalid("it is no name of an image"))
    }
}

const IMAGE: &str = "iamra:latest";

fn read(name: &str) -> Result<String, Failure> {
    if name != "-" {
        return read_text(Path::new(name));
    }
    let invalid = |why: &str| {
        let message = format!("standard input {why}");
        Failure::configuration("file.invalid", message)
    };
    let text = stdin::read(private_file::LIMIT).map_err(|error| invalid(&error.to_string()))?;
    if text.len() > private_file::LIMIT {
        return Err(invalid("is too long"));
    }
    String::from_utf8(text.to_vec()).map_err(|_| invalid("is not UTF-8"))
}

/// As `patch` takes it.
fn diff(name: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut diff = diff.unified_diff();
    let name = if name == "-" { "stdin" } else { name };
    diff.header(name, name).to_string()
}

fn told(changes: &[Change]) -> String {
    format!("What is different:\n{}", reasons(changes))
}

fn reasons(changes: &[Change]) -> String {
    let line = |Change { what, page }: &Change| format!("- {what} ({page})\n");
    changes.iter().map(line).collect()
}
