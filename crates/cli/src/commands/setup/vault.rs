use clap::Command;

use self::login::{Login, LoginKind};
use self::mount_path::MountPath;
use self::plan::{Authority, Plan};
use self::workload::Workload;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::resolved::{Resolved, Sourced};
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
mod validity;
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
    let login = login(context)?;
    let plan = Plan {
        mount: secrets_mount(settings, "pki-mount")?.unwrap_or_else(|| MountPath::known("pki-aws")),
        authority: authority(context)?,
        workloads: workloads(context, login.kind)?,
        login,
    };
    match plan.flaw() {
        Some(flaw) => Err(Failure::configuration("config.invalid", flaw)),
        None => Ok(plan),
    }
}

fn login(context: &Context<'_>) -> Result<Login, Failure> {
    let settings = &context.settings;
    let kind: LoginKind = settings.parse("workload-auth")?.unwrap_or_default();
    let has_audience = matches!(kind, LoginKind::Kubernetes | LoginKind::Jwt);
    if let (false, Some(audience)) = (has_audience, settings.sourced("audience")?) {
        let reason =
            "with this --workload-auth there is no token that is made for somebody: leave it out";
        return Err(audience.origin.invalid(reason));
    }
    let mount: Option<MountPath> = settings.parse("workload-auth-mount")?;
    let mount = mount.unwrap_or_else(|| MountPath::known(kind.name()));
    if let (true, Some(named)) = (
        mount.as_str() == "token",
        settings.sourced("workload-auth-mount")?,
    ) {
        return Err(named.origin.invalid("auth/token is Vault's own"));
    }
    Ok(Login {
        kind,
        mount,
        audience: settings.parse("audience")?.unwrap_or_default(),
    })
}

/// The path of a secrets engine.
fn secrets_mount(settings: &Resolved<'_>, name: &str) -> Result<Option<MountPath>, Failure> {
    let mount: Option<MountPath> = settings.parse(name)?;
    let is_of_vault = mount.as_ref().is_some_and(MountPath::is_of_vault);
    match settings.sourced(name)? {
        Some(sourced) if is_of_vault => Err(sourced
            .origin
            .invalid("sys, auth, identity and cubbyhole are Vault's own")),
        _ => Ok(mount),
    }
}

fn authority(context: &Context<'_>) -> Result<Authority, Failure> {
    let settings = &context.settings;
    let ttl = settings.parse("ca-ttl")?;
    let root = secrets_mount(settings, "root-mount")?;
    let is_existing = settings.switch("existing-mount")?;
    if let (true, Some(root)) = (is_existing, settings.sourced("root-mount")?) {
        let reason = "with --existing-mount no CA is signed: leave it out";
        return Err(root.origin.invalid(reason));
    }
    if let (None, Some(ttl)) = (&root, settings.sourced("ca-ttl")?) {
        let reason =
            "without --root-mount, whoever signs the CA says how long it is valid: leave it out";
        return Err(ttl.origin.invalid(reason));
    }
    Ok(match root {
        Some(root) => Authority::SignedBy {
            root,
            ttl: ttl.unwrap_or_default(),
        },
        None if is_existing => Authority::Existing,
        None => Authority::Requested,
    })
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
