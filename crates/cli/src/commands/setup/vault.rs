use clap::Command;

use self::auth_method::AuthMethod;
use self::login::{Login, LoginKind};
use self::mount_path::MountPath;
use self::plan::{Authority, Plan};
#[cfg(feature = "pods")]
use self::pods::Pods;
use self::workload::{Account, Workload};
use super::said::Said;
use crate::commands::verb;
use crate::context::{Context, read_text};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::resolved::{Resolved, Sourced, chain};
use crate::setting::{with_named, with_settings};
use crate::{output, settings};

mod auth_method;
mod calls;
mod cluster;
mod login;
mod mount_path;
mod pki_role;
mod plan;
#[cfg(feature = "pods")]
mod pods;
mod policy;
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
            let command = with_settings(command, &[&settings::SETUP, &settings::OUTPUT]);
            let command = with_named(command, NAMED);
            SAID_OTHERWISE.iter().fold(command, Said::over)
        },
    )
}

/// What pods need beside it.
#[cfg(feature = "pods")]
const NAMED: &[&str] = &[
    "pods",
    "cluster-name",
    "pod-audience",
    "auth-role",
    "pki-role",
    "brokers",
    "broker-account",
];
#[cfg(not(feature = "pods"))]
const NAMED: &[&str] = &[];

const SAID_OTHERWISE: &[Said] = &[
    Said {
        name: "output",
        help: "What to print: cli for a shell script, terraform, json for programs: the calls of the \
               API in their order, or kubernetes for what the cluster needs.",
        default: Some("cli"),
    },
    #[cfg(feature = "pods")]
    Said {
        name: "auth-role",
        help: "With --pods: the role of the auth method by which pods log in. With -broker after it, \
               brokers do.",
        default: Some("pods"),
    },
    #[cfg(feature = "pods")]
    Said {
        name: "pki-role",
        help: "With --pods: the role of the PKI mount that signs pods' certificates; clusters with one \
               mount need one each. With -broker after it, it signs brokers'.",
        default: Some("pods"),
    },
    #[cfg(feature = "pods")]
    Said {
        name: "broker-account",
        help: "With --brokers: the service account of the brokers.",
        default: Some("iamra-system/iamra-broker"),
    },
];

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let format = Format::chosen(context)?;
    let plan = plan(context)?;
    let resources = plan.resources();
    match format {
        Format::Kubernetes => {
            if plan.login.kind != LoginKind::Kubernetes {
                return Err(Failure::configuration(
                    "config.invalid",
                    "--output kubernetes: with this --workload-auth no cluster is asked",
                ));
            }
            output::print(&cluster::manifest(&plan, &reviewer(context)?))?;
        }
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
    Kubernetes,
}

impl Format {
    fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let formats = [
            ("cli", Self::Shell),
            ("terraform", Self::Terraform),
            ("json", Self::Json),
            ("kubernetes", Self::Kubernetes),
        ];
        let format = context.settings.choice("output", formats)?;
        Ok(format.unwrap_or(Self::Shell))
    }
}

fn plan(context: &Context<'_>) -> Result<Plan, Failure> {
    let settings = &context.settings;
    #[cfg(feature = "pods")]
    let pods = Pods::asked_for(settings)?;
    #[cfg(feature = "pods")]
    let has_workloads = pods.is_none();
    #[cfg(not(feature = "pods"))]
    let has_workloads = true;
    let login = login(context)?;
    let plan = Plan {
        mount: secrets_mount(settings, "pki-mount")?.unwrap_or_else(|| MountPath::known("pki-aws")),
        authority: authority(context)?,
        method: auth_method(context, login.kind)?,
        allows_issue: settings.switch("allow-issue")?,
        workloads: if has_workloads {
            workloads(context, login.kind)?
        } else {
            Vec::new()
        },
        login,
        #[cfg(feature = "pods")]
        pods,
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

/// How the auth method is made, where that is asked for.
fn auth_method(context: &Context<'_>, kind: LoginKind) -> Result<Option<AuthMethod>, Failure> {
    let settings = &context.settings;
    let is_made = settings.switch("enable-auth")?;
    for (name, of) in [
        ("kubernetes-host", LoginKind::Kubernetes),
        ("kubernetes-ca-file", LoginKind::Kubernetes),
        ("jwt-issuer", LoginKind::Jwt),
    ] {
        if let (false, Some(idle)) = (is_made && kind == of, settings.sourced(name)?) {
            let reason = format!(
                "it is for --enable-auth with --workload-auth {}: leave it out",
                of.name()
            );
            return Err(idle.origin.invalid(&reason));
        }
    }
    if !is_made {
        return Ok(None);
    }
    Ok(Some(match kind {
        LoginKind::Kubernetes => cluster_method(context)?,
        LoginKind::Jwt => AuthMethod::Issuer(url(context, "jwt-issuer")?.ok_or_else(|| {
            Failure::configuration("config.missing", "--jwt-issuer is missing").with_hint(
                "whose tokens log in, for example: --jwt-issuer https://token.actions.githubusercontent.com",
            )
        })?),
        LoginKind::AppRole | LoginKind::Certificate => AuthMethod::Plain,
    }))
}

fn cluster_method(context: &Context<'_>) -> Result<AuthMethod, Failure> {
    let ca = context.settings.path("kubernetes-ca-file")?;
    match (url(context, "kubernetes-host")?, ca) {
        (None, None) => Ok(AuthMethod::OwnCluster),
        (Some(host), Some(path)) => {
            let ca = read_text(&path)?;
            let parsed = rolesanywhere::TrustAnchor::from_pem(ca.as_bytes());
            parsed.map_err(|error| {
                Failure::configuration("config.invalid", chain(&error))
                    .about(&path.display().to_string())
            })?;
            Ok(AuthMethod::Cluster { host, ca })
        }
        (Some(_), None) => Err(missing_beside("kubernetes-ca-file", "--kubernetes-host")),
        (None, Some(_)) => Err(missing_beside("kubernetes-host", "--kubernetes-ca-file")),
    }
}

fn missing_beside(name: &str, other: &str) -> Failure {
    let message = format!("--{name} is missing beside {other}");
    Failure::configuration("config.missing", message).with_hint(
        "kubectl config view --raw has both; without both, Vault is in the cluster itself",
    )
}

/// An address that begins with `https://`: whoever could change what is on the
/// way could log in as anybody.
fn url(context: &Context<'_>, name: &str) -> Result<Option<String>, Failure> {
    let Some(Sourced { value, origin }) = context.settings.sourced(name)? else {
        return Ok(None);
    };
    let parsed: Result<http::Uri, _> = value.parse();
    let is_https = parsed.is_ok_and(|uri| {
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        uri.scheme_str() == Some("https") && has_host && !value.contains('@')
    });
    if is_https {
        Ok(Some(value))
    } else {
        Err(origin.invalid("it must be an address that begins with https://"))
    }
}

/// Who asks the cluster about tokens.
fn reviewer(context: &Context<'_>) -> Result<Account, Failure> {
    match context.settings.sourced("token-reviewer")? {
        None => Ok(Account {
            name: "vault".to_owned(),
            namespace: "vault".to_owned(),
        }),
        Some(Sourced { value, origin }) => {
            Account::parse(&value).map_err(|reason| origin.invalid(reason))
        }
    }
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
