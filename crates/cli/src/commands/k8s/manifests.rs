use clap::{Arg, Command};

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
#[cfg(feature = "pods")]
use crate::k8s::manifests::pods;
use crate::k8s::manifests::{Form, Install, Output, documents};
use crate::setting::{Group, with_named, with_settings};
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "manifests",
        "Print what is to be applied to a cluster, with the rights of this configuration alone",
        flags,
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Prints what has to be applied to a cluster so that iamra works there and can do nothing else: service \
account, roles, a policy that keeps it to its Secrets, the pods, and what watches them. Nobody is \
called. The settings that are given here are carried into the cluster, in a config file with the same \
names; secrets are not: the command that puts them into a Secret is printed as a comment.

With --pods, it is all of pod identity: agents on the nodes, and brokers and a webhook where they are \
wanted.";

fn flags(command: Command) -> Command {
    let mut groups = vec![&settings::MANIFESTS, &settings::OUTPUT];
    groups.extend(Form::all_groups());
    // Of these, the pods say themselves what they are.
    let certificate_files: &Group = &settings::CERTIFICATE_FILES;
    groups.retain(|group| !std::ptr::eq(*group, certificate_files));
    let of_files = ["layout", "pkcs12-password-file", "pkcs12-name"];
    let command = with_named(command, &["own-namespace", "out-dir", "audience"]);
    let command = with_named(command, &of_files);
    let command = with_settings(command, &groups);
    #[cfg(feature = "pods")]
    let command = with_pods(command);
    command
        .mut_arg("own-namespace", |arg| {
            said(
                arg,
                "The namespace that iamra runs in",
                "iamra; with --pods iamra-system",
                "IAMRA_OWN_NAMESPACE",
            )
        })
        .mut_arg("out-dir", |arg| {
            let help = "The folder for the files of -o kustomize and -o helm";
            arg.help(help)
                .long_help(format!("{help}.\n\n[env: IAMRA_OUT_DIR]"))
        })
        .mut_arg("output", |arg| {
            let help = "What to print: yaml on stdout; kustomize or helm into --out-dir";
            said(arg, help, "yaml", "IAMRA_OUTPUT")
        })
        .mut_arg("audience", |arg| {
            let help = "Whom the service account's token for Vault is made for";
            said(arg, help, "vault", "IAMRA_AUDIENCE")
        })
}

fn said(arg: Arg, help: &str, usual: &str, variable: &str) -> Arg {
    arg.help(format!("{help} [default: {usual}]"))
        .long_help(format!("{help}.\n\n[env: {variable}]\n[default: {usual}]"))
}

/// What pod identity is called by.
#[cfg(feature = "pods")]
fn with_pods(command: Command) -> Command {
    let groups = [
        &settings::POD_IDENTITY,
        &settings::POD_TOKENS,
        &settings::OWN_CERTIFICATE,
    ];
    let names = ["pods", "brokers", "webhook"];
    let args = groups.iter().flat_map(|group| group.settings);
    let names: Vec<&str> = args.map(|setting| setting.name).chain(names).collect();
    let command = with_named(command, &names);
    command
        .mut_arg("pods", |arg| {
            let help = "What pod identity needs, in place of what delivers pull secrets: an agent on each \
                        node (k8s agent)";
            of_pods(arg, help, "PODS")
        })
        .mut_arg("brokers", |arg| {
            let help = "With --pods: brokers as well, which hold the sessions for all agents (k8s broker)";
            of_pods(arg, help, "BROKERS")
        })
        .mut_arg("webhook", |arg| {
            let help = "With --pods: the webhook as well, which gives pods the variables and the token that \
                        SDKs look for (k8s webhook)";
            of_pods(arg, help, "WEBHOOK")
        })
}

#[cfg(feature = "pods")]
fn of_pods(arg: Arg, help: &'static str, variable: &str) -> Arg {
    arg.help(help)
        .long_help(format!("{help}.\n\n[env: IAMRA_{variable}]"))
        .help_heading("Pod identity")
}

/// Pod identity, and nothing of pull secrets.
#[cfg(feature = "pods")]
fn run_pods(context: &Context<'_>) -> Result<Exit, Failure> {
    let output = Output::chosen_without_chart(context)?;
    let install = pods::PodsInstall::new(context)?;
    output.deliver_plain(&pods::documents(&install))?;
    Ok(Exit::Done)
}

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    #[cfg(feature = "pods")]
    if pods::is_meant(&context.settings)? {
        return run_pods(context);
    }
    let output = Output::chosen(context)?;
    let install = Install::new(context)?;
    output.deliver(&install, &documents(&install))?;
    install.warn();
    Ok(Exit::Done)
}
