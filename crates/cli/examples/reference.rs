//! Writes the reference into a folder: what every command, setting and exit
//! code is, completions, and man pages. `cargo xtask codegen` runs it.

use std::io;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use iamra::settings::ALL;
use iamra::{EVENTS, Exit, Explanation, Setting, Value};

#[path = "reference/commands.rs"]
mod commands;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name the folder to write to"))?;
    commands::write(&folder.join("docs/reference/commands"))?;
    write(&folder.join("docs/reference/environment.md"), environment())?;
    write(&folder.join("docs/reference/exit-codes.md"), exit_codes())?;
    write(&folder.join("docs/reference/events.md"), events())?;
    write(&folder.join("docs/errors/README.md"), errors())?;
    for explanation in iamra::explanations() {
        write(&folder.join(explanation.page()), error(explanation))?;
    }
    completions(&folder.join("completions"))?;
    man_pages(&folder.join("man"))
}

/// Every setting with its variables.
fn environment() -> String {
    let mut text =
        "# Settings and variables\n\nGenerated from the code by `cargo xtask codegen`.\n\n\
        A flag is stronger than a variable, and a variable than the config file. Of several\n\
        variables the first that is not empty counts; a `BAO_` variable that is set but empty\n\
        hides its `VAULT_` twin.\n"
            .to_owned();
    let mut heading = "";
    for group in ALL {
        // Groups under one heading stand together.
        if group.heading != heading {
            heading = group.heading;
            text += &format!(
                "\n## {heading}\n\n| setting | variables | default | |\n|---|---|---|---|\n"
            );
        }
        for setting in group.settings {
            text += &line(setting);
        }
    }
    text
}

fn line(setting: &Setting) -> String {
    let variables: Vec<String> = setting
        .all_variables()
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    let name = match setting.value {
        Value::SecretVariable => format!("{} (no flag: a secret)", setting.name),
        _ => format!("`--{}`", setting.name),
    };
    let default = setting.default.unwrap_or("");
    format!(
        "| {name} | {} | {default} | {} |\n",
        variables.join(", "),
        setting.help
    )
}

fn exit_codes() -> String {
    let mut text = "# Exit codes\n\nGenerated from the code by `cargo xtask codegen`.\n\n| code | meaning |\n|---|---|\n".to_owned();
    for (exit, meaning) in [
        (Exit::Done, "done, or nothing to do"),
        (Exit::Failed, "failed in another way"),
        (
            Exit::Configuration,
            "usage or configuration: an argument, a variable or a file is wrong",
        ),
        (
            Exit::Denied,
            "denied: Vault or AWS refused; trying again will not help",
        ),
        (
            Exit::Unavailable,
            "unavailable: network, sealed, throttled; trying again may help",
        ),
        (Exit::Unfit, "the certificate is unfit for Roles Anywhere"),
        (Exit::Partial, "some targets failed, the others are done"),
        (Exit::Bug, "a bug"),
    ] {
        text += &format!("| {} | {meaning} |\n", exit.code());
    }
    text + "\n`iamra sandbox -- COMMAND` ends with the exit code of COMMAND.\n"
}

fn events() -> String {
    let mut text = "# Events\n\nGenerated from the code by `cargo xtask codegen`.\n\n\
        Logged on stderr at level info with the field `event`; never with a secret.\n\
        `--log-format json` makes each an object on a line of its own.\n\n\
        | event | when | fields |\n|---|---|---|\n"
        .to_owned();
    for (name, when, fields) in EVENTS {
        text += &format!("| `{name}` | {when} | {} |\n", fields.join(", "));
    }
    text
}

/// The index of the pages of all errors.
fn errors() -> String {
    let mut text = "# Errors\n\nGenerated from the code by `cargo xtask codegen`.\n\n\
        An error has its code in brackets: `error[vault.sealed]: …`. `iamra explain CODE` prints what\n\
        its page says, and `iamra explain` finds the page of an error text of AWS, Vault, Kubernetes,\n\
        kubelet or docker, too: `journalctl -u app | iamra explain`.\n"
        .to_owned();
    let mut area = "";
    for explanation in iamra::explanations() {
        let code = explanation.code;
        let own = code.split('.').next().unwrap_or(code);
        if own != area {
            area = own;
            text += &format!("\n## {area}\n\n| code | |\n|---|---|\n");
        }
        text += &format!("| [`{code}`]({code}.md) | {} |\n", explanation.meaning);
    }
    text
}

/// The page of one error.
fn error(explanation: &Explanation) -> String {
    let mut text = format!(
        "# {}\n\n{}\n\n| cause | fix |\n|---|---|\n",
        explanation.code, explanation.meaning
    );
    for cause in explanation.causes {
        text += &format!("| {} | {} |\n", cell(cause.what), cell(cause.fix));
    }
    text += &format!(
        "\nTo find out which:\n\n```text\n{}\n```\n",
        explanation.check.join("\n")
    );
    if !explanation.says.is_empty() {
        text += &format!(
            "\nSaid like this, where `*` is anything:\n\n```text\n{}\n```\n",
            explanation.says.join("\n")
        );
    }
    text + "\n[All errors](README.md). Generated from the code by `cargo xtask codegen`.\n"
}

/// What would end a cell of a table, or be taken for HTML, is escaped.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn completions(folder: &Path) -> io::Result<()> {
    make(folder)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh, Shell::PowerShell] {
        clap_complete::generate_to(shell, &mut iamra::command(), "iamra", folder)?;
    }
    Ok(())
}

fn man_pages(folder: &Path) -> io::Result<()> {
    make(folder)?;
    clap_mangen::generate_to(iamra::command(), folder)
}

fn make(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[expect(clippy::disallowed_methods, reason = "a generated page is no secret")]
fn write(path: &Path, text: String) -> io::Result<()> {
    make(path.parent().unwrap_or(path))?;
    std::fs::write(path, text)
}
