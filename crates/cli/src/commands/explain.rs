use std::ffi::OsString;
use std::io::IsTerminal as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::explanation::{self, Explanation};
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, settings, stdin};

pub(crate) fn command() -> Command {
    verb(
        "explain",
        "Say what stands behind an error: ours, or one of AWS, Vault, Kubernetes, kubelet or docker",
        |command| {
            with_settings(command, &[&settings::OUTPUT])
                .arg(text())
                .arg(list())
        },
    )
    .long_about(ABOUT)
}

fn text() -> Arg {
    Arg::new(TEXT)
        .value_name("TEXT")
        .help("A code such as vault.denied, or an error as it was printed; - for standard input")
        .action(ArgAction::Append)
}

fn list() -> Arg {
    Arg::new(LIST)
        .long(LIST)
        .help("Print all that can be explained")
        .action(ArgAction::SetTrue)
        .conflicts_with(TEXT)
}

const ABOUT: &str = "\
Says what an error means, where it may come from, how to find out, and what ends it. Takes the code in our \
own errors, and the words of AWS and its SDKs, aws_signing_helper, Vault and OpenBao, Kubernetes, kubelet and \
docker. Long texts and logs come on standard input: journalctl -u app | iamra explain

Nothing of the text is printed, logged or sent anywhere.";

pub(crate) fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let found = if matches.get_flag(LIST) {
        explanation::all().collect()
    } else {
        explanation::search(&asked(matches)?)
    };
    if found.is_empty() {
        output::complain(NOTHING);
        return Ok(Exit::Failed);
    }
    if context.wants_json()? {
        let found: Vec<_> = found.into_iter().map(Found::new).collect();
        output::print_json(&found)?;
    } else if matches.get_flag(LIST) {
        let line = |it: &Explanation| format!("{:<32} {}\n", it.code, it.meaning);
        output::print(&found.into_iter().map(line).collect::<String>())?;
    } else {
        let texts: Vec<String> = found.into_iter().map(described).collect();
        output::print(&texts.join("\n"))?;
    }
    Ok(Exit::Done)
}

/// Whether these arguments are for this command.
pub(crate) fn is_meant(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|verb| verb == "explain")
}

/// A text that begins with a dash is taken for a flag, and whoever complains of a flag shows
/// it: here it may be a key that was pasted.
pub(crate) fn misunderstood() -> Exit {
    output::complain(
        "error: what begins with a dash is taken for a flag\nhint: put the text behind --, \
         or give it on standard input: iamra explain -- TEXT\n",
    );
    Exit::Configuration
}

/// What is asked about: the words, or standard input.
fn asked(matches: &ArgMatches) -> Result<String, Failure> {
    let words: Vec<&str> = matches
        .get_many::<String>(TEXT)
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !matches!(words[..], [] | ["-"]) {
        return Ok(words.join(" "));
    }
    if std::io::stdin().is_terminal() {
        let message = "there is no text to explain";
        return Err(Failure::configuration("config.missing", message)
            .with_hint("give the code or the text of an error, or pipe a log into it"));
    }
    let text = stdin::read(MOST)
        .map_err(|error| Failure::configuration("file.invalid", format!("stdin: {error}")))?;
    if text.len() > MOST {
        let message = "there is more than 1 MiB on standard input";
        return Err(Failure::configuration("config.invalid", message)
            .with_hint("give its last lines: tail -n 500 LOG | iamra explain"));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// An explanation for programs.
#[derive(Serialize)]
struct Found {
    code: &'static str,
    meaning: &'static str,
    causes: Vec<Cause>,
    check: &'static [&'static str],
    page: String,
}

#[derive(Serialize)]
struct Cause {
    what: &'static str,
    fix: &'static str,
}

impl Found {
    fn new(explanation: &'static Explanation) -> Self {
        let causes = explanation.causes.iter();
        Self {
            code: explanation.code,
            meaning: explanation.meaning,
            causes: causes
                .map(|cause| Cause {
                    what: cause.what,
                    fix: cause.fix,
                })
                .collect(),
            check: explanation.check,
            page: explanation.page(),
        }
    }
}

/// An explanation for people.
fn described(explanation: &Explanation) -> String {
    let mut text = format!("{}: {}\n", explanation.code, explanation.meaning);
    for cause in explanation.causes {
        text += &format!("  - {}\n    fix: {}\n", cause.what, cause.fix);
    }
    for command in explanation.check {
        text += &format!("  check: {command}\n");
    }
    text + &format!("  page: {}\n", explanation.page())
}

const TEXT: &str = "text";
const LIST: &str = "list";
const MOST: usize = 1 << 20;
const NOTHING: &str = "nothing here explains that; iamra doctor walks the whole pipeline and says \
                       what fails, and --log-level debug says more of any command\n";
