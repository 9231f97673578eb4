use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::carried::{self, Carried};
use super::{Component, config, names, pod};
use crate::context::Context;
use crate::failure::Failure;
use crate::k8s::manifests::install::{Form, egress, image, there};
use crate::pods;

mod heeded;

pub(crate) use heeded::is_meant;

/// Pod identity in a cluster: all that the objects of it are made from.
#[derive(Debug)]
pub(crate) struct PodsInstall {
    pub(super) namespace: String,
    pub(super) image: String,
    pub(super) has_brokers: bool,
    pub(super) has_webhook: bool,
    pub(super) verifies_by_keys: bool,
    /// Whom the tokens of pods are for, and our own among them.
    pub(super) audience: String,
    pub(super) carried: Carried,
    /// Which account has which role, where that is listed.
    pub(super) associations: Option<String>,
    /// Where brokers connect to, beside DNS.
    pub(super) egress: BTreeSet<u16>,
}

impl PodsInstall {
    /// From the settings, as far as they count in a pod.
    pub(crate) fn new(here: &Context<'_>) -> Result<Self, Failure> {
        heeded::check(&here.settings)?;
        carried::check_left_behind(here, heeded::carried())?;
        let namespace = names::own_namespace(&here.settings, OWN_NAMESPACE)?;
        let variables = there::variables(&here.settings)?;
        let context = &there::context(here, &variables);
        let settings = &context.settings;
        check(context)?;
        let associations = pods::associations(context)?;
        let audience = settings.text("pod-audience")?;
        Ok(Self {
            namespace,
            image: image(settings)?,
            has_brokers: settings.switch("brokers")?,
            has_webhook: settings.switch("webhook")?,
            verifies_by_keys: settings.text("verify")?.as_deref() == Some("jwks"),
            audience: audience.unwrap_or_else(|| pods::POD_AUDIENCE.to_owned()),
            carried: carried(context, associations.is_some())?,
            associations,
            egress: egress::ports((context, &[]), Form::Deployment)?,
        })
    }

    /// What runs.
    pub(super) fn components(&self) -> Vec<Component> {
        let mut components = vec![Component::Agent];
        if self.has_brokers {
            components.push(Component::Broker);
        }
        if self.has_webhook {
            components.push(Component::Webhook);
        }
        components
    }

    /// Of a pod: other settings are other pods.
    pub(super) fn pod_metadata(&self, component: Component) -> Value {
        json!({
            "labels": component.labels(),
            "annotations": {pod::FINGERPRINT: self.carried.fingerprint()},
        })
    }
}

/// Refuses what no agent would begin with; asks nobody.
fn check(context: &Context<'_>) -> Result<(), Failure> {
    pods::check(context)?;
    if context.settings.sourced("vault-addr")?.is_none() {
        let message = "--vault-addr is missing";
        return Err(Failure::configuration("config.missing", message)
            .with_hint("name the address by which nodes and pods reach Vault"));
    }
    Ok(())
}

fn carried(context: &Context<'_>, has_associations: bool) -> Result<Carried, Failure> {
    let mut carried = Carried::of_settings(context, &heeded::carried())?;
    if has_associations {
        let place = format!(
            "{}/{}",
            config::ASSOCIATIONS_FOLDER,
            config::ASSOCIATIONS_FILE
        );
        carried.of_all().set("associations", &place);
    }
    Ok(carried)
}

const OWN_NAMESPACE: &str = "iamra-system";
