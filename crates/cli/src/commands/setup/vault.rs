use clap::Command;

use self::login::{Login, LoginKind};
use self::mount_path::MountPath;
use self::plan::{Authority, Plan};
use self::workload::Workload;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::resolved::Sourced;
use crate::setting::{with_named, with_settings};
use crate::{output, settings};

mod calls;
mod login;
mod mount_path;
mod pki_role;
mod plan;
mod resource;
mod shell;
mod terraform;
mod workload;

pub(crate) fn command() -> Command {
    verb(
        "vault",
        "Print what Vault or OpenBao needs for each workload; nothing is called",
        |command| {
            let command = with_named(command, &["pki-mount"]);
            with_settings(command, &[&settings::SETUP, &settings::OUTPUT]).mut_arg(
                "output",
                |output| {
                    let help = "What to print: cli for a shell script, terraform, or json for \
                                programs: the calls of the API in their order";
                    output
                        .help(format!("{help} [default: cli]"))
                        .long_help(format!("{help}.\n\n[env: IAMRA_OUTPUT]\n[default: cli]"))
                },
            )
        },
    )
}

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let format = Format::chosen(context)?;
    let plan = plan(context)?;
    let resources = plan.resources();
    match format {
        Format::Shell => output::print(&shell::script(&plan, &resources)?)?,
        Format::Terraform => output::print(&terraform::module(&plan, &resources))?,
        Format::Json => output::print_json(&calls::document(&resources))?,
    }
    Ok(Exit::Done)
}

#[derive(Clone, Copy)]
enum Format {
    Shell,
    Terraform,
    Json,
}

impl Format {
    fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let Some(Sourced { value, origin }) = context.settings.sourced("output")? else {
            return Ok(Self::Shell);
        };
        match value.as_str() {
            "cli" => Ok(Self::Shell),
            "terraform" => Ok(Self::Terraform),
            "json" => Ok(Self::Json),
            _ => Err(origin.invalid("it must be cli, terraform or json")),
        }
    }
}

fn plan(context: &Context<'_>) -> Result<Plan, Failure> {
    let settings = &context.settings;
    let mount = settings.parse("pki-mount")?;
    let kind: LoginKind = settings.parse("workload-auth")?.unwrap_or_default();
    let login_mount: Option<MountPath> = settings.parse("workload-auth-mount")?;
    let plan = Plan {
        mount: mount.unwrap_or_else(|| MountPath::known("pki-aws")),
        authority: authority(context)?,
        login: Login {
            kind,
            mount: login_mount.unwrap_or_else(|| MountPath::known(kind.name())),
            audience: settings.parse("audience")?.unwrap_or_default(),
        },
        workloads: workloads(context, kind)?,
    };
    match plan.flaw() {
        Some(flaw) => Err(Failure::configuration("config.invalid", flaw)),
        None => Ok(plan),
    }
}

fn authority(context: &Context<'_>) -> Result<Authority, Failure> {
    let ttl = context.settings.parse("ca-ttl")?.unwrap_or_default();
    let root = context.settings.sourced("root-mount")?;
    match (context.settings.switch("existing-mount")?, root) {
        (true, Some(root)) => Err(root
            .origin
            .invalid("with --existing-mount no CA is signed: leave it out")),
        (true, None) => Ok(Authority::Existing),
        (false, Some(_)) => Ok(Authority::SignedBy {
            root: context.settings.require("root-mount")?,
            ttl,
        }),
        (false, None) => Ok(Authority::Requested),
    }
}

fn workloads(context: &Context<'_>, kind: LoginKind) -> Result<Vec<Workload>, Failure> {
    let texts = context.settings.list("workload")?;
    if texts.is_empty() {
        let failure = Failure::configuration("config.missing", "--workload is missing");
        return Err(failure.with_hint(format!(
            "name each, with who may log in as it: --workload {}",
            kind.example()
        )));
    }
    let mut workloads: Vec<Workload> = Vec::new();
    for text in &texts {
        let workload = Workload::parse(text, kind).map_err(|reason| {
            let message = format!("--workload {text:?}: {reason}");
            Failure::configuration("config.invalid", message)
                .with_hint(format!("for example: --workload {}", kind.example()))
        })?;
        if workloads.iter().any(|other| other.name == workload.name) {
            let message = format!("--workload: {} is there twice", workload.name);
            return Err(Failure::configuration("config.invalid", message));
        }
        workloads.push(workload);
    }
    Ok(workloads)
}
