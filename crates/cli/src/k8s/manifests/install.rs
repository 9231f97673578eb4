use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::carried::{self, Carried};
use super::names;
use super::pod::VaultToken;
use crate::commands::k8s::run::schedule;
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::rights::Scope;
use crate::k8s::{Group, Scopes, limits};
use crate::resolved::Resolved;

mod consumer;
pub(super) mod egress;
mod form;
mod reach;
mod secrets;
pub(super) mod there;
mod vault;
mod version;

pub(crate) use form::Form;
pub(crate) use secrets::WrittenSecret;
use version::Version;

/// An installation: all that the objects of it are made from.
#[derive(Debug)]
pub(crate) struct Install {
    pub(super) scopes: Scopes,
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
    /// From the settings, as far as they count in a pod.
    pub(crate) fn new(here: &Context<'_>) -> Result<Self, Failure> {
        let form = form::chosen(&here.settings)?;
        form.check(&here.settings)?;
        let heeded = form.groups();
        let heeded = heeded.iter().flat_map(|group| group.settings);
        carried::check_left_behind(here, heeded)?;
        let own_namespace = names::own_namespace(&here.settings, OWN_NAMESPACE)?;
        let variables = there::variables(&here.settings)?;
        let context = &there::context(here, &variables);
        let settings = &context.settings;
        let version = Version::of(settings)?;
        let groups = groups(context, form, &own_namespace)?;
        let scopes = Scopes::new(context, (&groups, &own_namespace), form.purpose())?;
        names::check_kept(&groups, &scopes)?;
        reach::check(settings, &scopes, version)?;
        let is_sandbox = settings.switch("sandbox")?;
        let mut carried = Carried::new(context, &form.groups())?;
        let vault_token = vault::token((context, &groups), form, &mut carried)?;
        let metrics_port = metrics_port(settings, form, &mut carried)?;
        form.settle(&mut carried);
        Ok(Self {
            consumer: consumer::variables(settings, form)?,
            replicas: replicas(settings, form, scopes.whole().leader_election)?,
            egress: egress::ports((context, &groups), form)?,
            has_policy: version.has_policies(),
            has_native_sidecars: version.has_native_sidecars(),
            image: image(settings)?,
            secrets: secrets::written(&groups, &scopes),
            vault_token: vault_token.filter(|_| !is_sandbox),
            scopes,
            form,
            is_sandbox,
            carried,
            metrics_port,
        })
    }

    /// What is the same for all groups.
    pub(super) fn scope(&self) -> &Scope {
        self.scopes.whole()
    }

    /// Whether it runs for long enough to be watched.
    pub(super) fn is_watched(&self) -> bool {
        self.form == Form::Deployment
    }

    /// Name, namespace and labels of an object of ours.
    pub(super) fn metadata(&self) -> Value {
        self.metadata_of(&self.scope().name())
    }

    /// The same by another name.
    pub(super) fn metadata_of(&self, name: &str) -> Value {
        json!({
            "name": name,
            "namespace": self.scope().own_namespace,
            "labels": self.labels(),
        })
    }

    pub(super) fn labels(&self) -> Value {
        json!({
            "app.kubernetes.io/name": "iamra",
            "app.kubernetes.io/instance": self.scope().config,
        })
    }

    /// The Secret with the files that are not printed.
    pub(super) fn secret_with_files(&self) -> String {
        format!("{}-files", self.scope().name())
    }

    /// What `create` still allows, where nothing limits it.
    pub(crate) fn warn(&self) {
        if self.form.is_sidecar() || self.has_policy {
            return;
        }
        let groups = self.scopes.groups().iter();
        let names: BTreeSet<&str> = groups.flat_map(Scope::namespaces).collect();
        let namespaces = Vec::from_iter(names).join(", ");
        tracing::warn!(
            namespaces,
            "this version of Kubernetes has no ValidatingAdmissionPolicy: the right to create \
             Secrets is a right to create any Secret in these namespaces"
        );
    }
}

/// The groups, all of whose settings a pod would take: one that ends as soon as it
/// starts helps nobody.
fn groups<'a>(
    context: &Context<'a>,
    form: Form,
    own_namespace: &str,
) -> Result<Vec<Group<'a>>, Failure> {
    let settings = &context.settings;
    names::part(settings, "config-name", "default")?;
    if form.is_sidecar() {
        let Some(part) = settings.config().parts().keys().next() else {
            return Ok(Vec::new());
        };
        let message = format!("a sidecar reads no tables of the config file, such as {part}");
        return Err(Failure::configuration("config.invalid", message));
    }
    names::check(settings)?;
    reach::check_service_accounts(settings)?;
    limits(context)?;
    if form == Form::Deployment {
        schedule(context)?;
    }
    let groups = Group::all(context, own_namespace)?;
    for group in &groups {
        names::check(&group.context.settings).map_err(|failure| failure.about(&group.title()))?;
        group.check_filling()?;
    }
    Ok(groups)
}

/// The image that is named, else one of our name and version.
pub(super) fn image(settings: &Resolved<'_>) -> Result<String, Failure> {
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
fn metrics_port(
    settings: &Resolved<'_>,
    form: Form,
    carried: &mut Carried,
) -> Result<u16, Failure> {
    let address: Option<std::net::SocketAddr> = settings.parse("metrics-addr")?;
    match address {
        None if form == Form::CronJob => Ok(METRICS_PORT),
        None => {
            let address = format!("0.0.0.0:{METRICS_PORT}");
            carried.of_all().set("metrics-addr", &address);
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
const OWN_NAMESPACE: &str = "iamra";
