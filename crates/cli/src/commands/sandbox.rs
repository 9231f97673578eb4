use std::sync::Arc;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use iamra_sandbox::{Fault, Loopback, Sandbox, Settings};
use refresh::FaultKind;

use crate::child::Signals;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::setting::with_settings;

mod child;
mod folder;

use folder::Folder;

pub(crate) fn command() -> Command {
    verb(
        "sandbox",
        "Stand-ins for Vault, IAM Roles Anywhere and STS on this machine",
        flags,
    )
    .long_about(ABOUT)
}

fn flags(command: Command) -> Command {
    with_settings(command, &[]).args([
        switch(
            "tls",
            "Listen with TLS, under a private CA for Vault and another for AWS",
        ),
        switch(
            "seed",
            "A Vault that allows only issue, by the service account's login",
        ),
        switch("ipv6", "Listen on ::1, and on nothing else"),
        number("vault-port", "The port of Vault [default: any]"),
        number(
            "aws-port",
            "The port of Roles Anywhere and STS [default: any]",
        ),
        Arg::new("fault")
            .long("fault")
            .value_name("TARGET=EFFECT")
            .help(
                "Disturb requests: vault-login, vault-token, vault-pki, id-token, roles-anywhere, sts, ecr, registry or imds, and what happens",
            )
            .long_help(FAULTS)
            .action(ArgAction::Append)
            .value_parser(ValueParser::new(str::parse::<Fault>)),
        Arg::new("command")
            .value_name("COMMAND")
            .help("Run this with the environment set, and end with its exit code")
            .num_args(1..)
            .last(true)
            .value_parser(value_parser!(std::ffi::OsString)),
    ])
}

const ABOUT: &str = "\
Stand-ins for Vault, IAM Roles Anywhere and STS on loopback. They check every request as the real \
services do, and refuse what those would refuse.

With COMMAND, runs it with the environment set: addresses, a token, the ARNs, and an AWS credentials \
file in a folder of the sandbox, so that yours stays untouched. Signals are passed on to it; if it \
has not ended 5 seconds after it was asked to, it is killed. Without COMMAND, prints the environment and serves \
until it is interrupted.";

const FAULTS: &str = "\
Disturb requests. TARGET is vault-login, vault-token, vault-pki, id-token, roles-anywhere, sts, ecr, registry or imds; \
EFFECT is throttle, \
status:503, slow:2, hang, close, sealed, expired, skew:-600, html:502 or endless. \
TARGET=EFFECT*2 disturbs two requests; without a number, all. May be repeated.";

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .help(help)
        .action(ArgAction::SetTrue)
}

fn number(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("PORT")
        .help(help)
        .value_parser(value_parser!(u16))
}

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let sandbox = Sandbox::bind(settings(matches, context))
        .await
        .map_err(unbound)?;
    let mut signals = Signals::listen()?;
    let folder = Folder::new(&sandbox)?;
    let served = sandbox.serve();
    let used = async {
        match matches.get_many::<std::ffi::OsString>("command") {
            Some(words) => {
                let words = words.cloned().collect();
                child::run(words, (&sandbox, &folder), &mut signals, context).await
            }
            None => stand((&sandbox, &folder), &mut signals).await,
        }
    };
    tokio::select! {
        () = served => Ok(Exit::Done),
        ended = used => ended,
    }
}

fn settings(matches: &ArgMatches, context: &Context<'_>) -> Settings {
    let clock = Arc::clone(&context.clock);
    let now = Arc::new(move || clock.now());
    let mut settings = if matches.get_flag("seed") {
        Settings::seed(now)
    } else {
        Settings::new(now)
    };
    settings.tls = matches.get_flag("tls");
    if matches.get_flag("ipv6") {
        settings.loopback = Loopback::V6;
    }
    let port = |name| matches.get_one::<u16>(name).copied().unwrap_or_default();
    if settings.tls {
        settings.ports.vault_https = port("vault-port");
        settings.ports.aws_https = port("aws-port");
    } else {
        settings.ports.vault_http = port("vault-port");
        settings.ports.aws_http = port("aws-port");
    }
    let faults = matches.get_many::<Fault>("fault").unwrap_or_default();
    settings.faults = faults.cloned().collect();
    settings
}

/// Serves until it is asked to end.
async fn stand(
    (sandbox, folder): (&Sandbox, &Folder),
    signals: &mut Signals,
) -> Result<Exit, Failure> {
    for (name, value) in folder.environment(sandbox) {
        output::print(&format!("export {name}={}\n", quoted(&value)))?;
    }
    output::complain("the sandbox is up; interrupt it to end it\n");
    while signals.next().await.is_message() {}
    Ok(Exit::Done)
}

/// Quoted for a POSIX shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn unbound(error: iamra_sandbox::Error) -> Failure {
    Failure::new("sandbox.failed", FaultKind::Failed, error)
}
