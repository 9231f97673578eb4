use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::carried::Carried;
use super::names;
use super::pod::VaultToken;
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::rights::{Reach, Scope};
use crate::resolved::Resolved;

mod egress;
mod form;
mod reach;
mod secrets;
mod vault;
mod version;

pub(crate) use form::Form;
pub(crate) use secrets::WrittenSecret;
use version::Version;

/// An installation: all that the objects of it are made from.
#[derive(Debug)]
pub(crate) struct Install {
    pub(super) scope: Scope,
    pub(super) form: Form,
    pub(super) image: String,
    pub(super) replicas: u32,
    pub(super) has_policy: bool,
    pub(super) has_native_sidecars: bool,
    pub(super) is_sandbox: bool,
    pub(super) secrets: Vec<WrittenSecret>,
    pub(super) carried: Carried,
    pub(super) vault_token: Option<VaultToken>,
    pub(super) metrics_port: u16,
    /// Where it connects to, beside DNS.
    pub(super) egress: BTreeSet<u16>,
    /// The environment of an application beside it.
    pub(super) consumer: Vec<(&'static str, String)>,
}

impl Install {
    /// From the settings.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let form: Form = form::chosen(settings)?;
        form.check(settings)?;
        if !settings.config().parts().is_empty() {
            let message = "the tables of the config file are not read here: use its keys alone";
            return Err(Failure::configuration("config.invalid", message));
        }
        let version = Version::of(settings)?;
        let secrets = secrets::written(settings)?;
        let scope = scope(settings, (form, &version), &secrets)?;
        let is_sandbox = settings.switch("sandbox")?;
        let mut carried = Carried::of(context, &form.groups())?;
        let vault_token = if is_sandbox {
            None
        } else {
            vault::token(settings, form, &mut carried)?
        };
        let metrics_port = metrics_port(settings, &mut carried)?;
        form.settle(&mut carried);
        Ok(Self {
            consumer: form.consumer(settings)?,
            replicas: replicas(settings, form, scope.leader_election)?,
            egress: egress::ports(settings, form)?,
            has_policy: version.has_policies(),
            has_native_sidecars: version.has_native_sidecars(),
            image: image(settings)?,
            scope,
            form,
            is_sandbox,
            secrets,
            carried,
            vault_token,
            metrics_port,
        })
    }

    /// Whether it runs for long enough to be watched.
    pub(super) fn is_watched(&self) -> bool {
        self.form == Form::Deployment
    }

    /// Name, namespace and labels of an object of ours.
    pub(super) fn metadata(&self) -> Value {
        self.metadata_of(&self.scope.name())
    }

    /// The same by another name.
    pub(super) fn metadata_of(&self, name: &str) -> Value {
        json!({
            "name": name,
            "namespace": self.scope.own_namespace,
            "labels": self.labels(),
        })
    }

    pub(super) fn labels(&self) -> Value {
        json!({
            "app.kubernetes.io/name": "iamra",
            "app.kubernetes.io/instance": self.scope.config,
        })
    }

    /// The Secret with the files that are not printed.
    pub(super) fn secret_with_files(&self) -> String {
        format!("{}-files", self.scope.name())
    }

    /// What `create` still allows, where nothing limits it.
    pub(crate) fn warn(&self) {
        if self.form.is_sidecar() || self.has_policy {
            return;
        }
        let namespaces = match &self.scope.reach {
            Reach::Namespaces(names) => names.join(", "),
            Reach::Cluster { .. } => "all".to_owned(),
        };
        tracing::warn!(
            namespaces,
            "this version of Kubernetes has no ValidatingAdmissionPolicy: the right to create \
             Secrets is a right to create any Secret in these namespaces"
        );
    }
}

fn scope(
    settings: &Resolved<'_>,
    (form, version): (Form, &Version),
    secrets: &[WrittenSecret],
) -> Result<Scope, Failure> {
    let own_namespace = names::own_namespace(settings)?;
    let reach = reach::chosen(settings, &own_namespace, version)?;
    let is_controller = form == Form::Deployment;
    Ok(Scope {
        config: names::part(settings, "config-name", "default")?,
        secrets: secrets.iter().map(|secret| secret.name.clone()).collect(),
        service_accounts: reach::service_accounts(settings)?,
        keeps_token: is_controller,
        leader_election: is_controller && settings.switch("leader-elect")?,
        looks_up_policy: matches!(reach, Reach::Cluster { .. }),
        own_namespace,
        reach,
    })
}

fn image(settings: &Resolved<'_>) -> Result<String, Failure> {
    let image = settings.text("image")?;
    let image = image.unwrap_or_else(|| concat!("iamra:", env!("CARGO_PKG_VERSION")).to_owned());
    let is_good = image
        .chars()
        .all(|c| c.is_ascii_graphic() && !"{}\"'\\".contains(c));
    if is_good {
        Ok(image)
    } else {
        Err(names::at(settings, "image", "it is no name of an image"))
    }
}

fn replicas(settings: &Resolved<'_>, form: Form, is_elected: bool) -> Result<u32, Failure> {
    let given: Option<u32> = settings.parse("replicas")?;
    match given {
        None => Ok(if is_elected { 2 } else { 1 }),
        Some(0) => Err(names::at(settings, "replicas", "it must be at least 1")),
        Some(_) if form == Form::CronJob => {
            let reason = "not with --form cronjob, of which one runs at a time";
            Err(names::at(settings, "replicas", reason))
        }
        Some(2..) if form == Form::Deployment && !is_elected => {
            let reason = "more than one need --leader-elect, or all of them write";
            Err(names::at(settings, "replicas", reason))
        }
        Some(number) => Ok(number),
    }
}

/// Where it is probed and read; a port of loopback is for nobody.
fn metrics_port(settings: &Resolved<'_>, carried: &mut Carried) -> Result<u16, Failure> {
    let address: Option<std::net::SocketAddr> = if carried.has("metrics-addr") {
        settings.parse("metrics-addr")?
    } else {
        None
    };
    match address {
        None => {
            carried.set("metrics-addr", &format!("0.0.0.0:{METRICS_PORT}"));
            Ok(METRICS_PORT)
        }
        Some(address) if address.ip().is_loopback() || address.port() == 0 => {
            let reason = "kubelet and Prometheus must reach it: 0.0.0.0 and a port";
            Err(names::at(settings, "metrics-addr", reason))
        }
        Some(address) => Ok(address.port()),
    }
}

const METRICS_PORT: u16 = 9090;
