use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kube::core::params::{GetParams, Patch, PatchParams};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use self::object::Configuration;
use super::Error;
use super::cluster::{Call, Cluster};
use super::marks::MANAGER;
use super::names::check_name;
use super::resource::MUTATING_WEBHOOKS;

mod object;

/// By which certificates the API server knows a webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct WebhookCaBundle {
    /// The webhook's name within its configuration.
    pub webhook: String,
    /// The certificates, in PEM; empty where there are none, which means those of
    /// the API server's system.
    pub ca_bundle: Vec<u8>,
}

/// The certificates of a `MutatingWebhookConfiguration`.
///
/// [MutatingWebhookConfiguration](https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/mutating-webhook-configuration-v1/)
impl Cluster {
    /// The certificates of each webhook of a configuration, in its order; `None`
    /// where there is no configuration of the name. Needs the right to get it.
    pub async fn webhook_ca_bundles(
        &self,
        configuration: &str,
    ) -> Result<Option<Vec<WebhookCaBundle>>, Error> {
        match self.webhook_configuration(configuration).await {
            Ok(seen) => Ok(Some(seen.ca_bundles())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has the API server know one webhook of a configuration, or all of them, by
    /// these certificates; whether anything had to be changed. Needs the rights to
    /// get and patch the configuration.
    ///
    /// It is a JSON Patch (RFC 6902) of `clientConfig.caBundle` and nothing else,
    /// which is refused unless the object is still as it was seen, and is then
    /// made anew. A merge would replace the whole list of webhooks. An apply would
    /// take the field from whoever has it, and bring a webhook back that somebody
    /// has removed meanwhile.
    ///
    /// [`Error::NotFound`] where there is no such configuration or no such webhook
    /// in it, [`Error::Contended`] where somebody else changes it again and again.
    pub async fn set_webhook_ca_bundle(
        &self,
        configuration: &str,
        webhook: Option<&str>,
        ca_bundle_pem: &str,
    ) -> Result<bool, Error> {
        let ca_bundle = BASE64_STANDARD.encode(ca_bundle_pem);
        let changes = |seen: &Configuration| {
            let places = seen.places(webhook, &ca_bundle)?.into_iter();
            Some(places.map(|place| (place, ca_bundle.clone())).collect())
        };
        let missing = || no_webhook(configuration, webhook);
        self.edit_webhooks(configuration, changes, missing).await
    }

    /// Has the API server know each webhook of a configuration by the certificates
    /// that `change` makes of those that it is known by; `None` leaves them. Whether
    /// anything had to be changed. The rights are those of
    /// [`set_webhook_ca_bundle`](Self::set_webhook_ca_bundle).
    ///
    /// For what several add to: nobody's certificate is lost, as `change` is asked
    /// anew where somebody else was faster. The errors are the same, too.
    pub async fn change_webhook_ca_bundles(
        &self,
        configuration: &str,
        change: impl Fn(&WebhookCaBundle) -> Option<String>,
    ) -> Result<bool, Error> {
        let changes = |seen: &Configuration| {
            let bundles = seen.ca_bundles();
            let changed = bundles.iter().enumerate().filter_map(|(place, bundle)| {
                let pem = change(bundle)?;
                Some((place, BASE64_STANDARD.encode(pem)))
            });
            let changed: Vec<_> = changed.collect();
            (!bundles.is_empty()).then_some(changed)
        };
        let missing = || no_webhook(configuration, None);
        self.edit_webhooks(configuration, changes, missing).await
    }

    /// Sets certificates, in base64, at the places that `changes` finds; it finds
    /// none at all where the webhook is missing.
    async fn edit_webhooks(
        &self,
        configuration: &str,
        changes: impl Fn(&Configuration) -> Option<Vec<(usize, String)>>,
        missing: impl Fn() -> Error,
    ) -> Result<bool, Error> {
        let mut seen = self.webhook_configuration(configuration).await?;
        for _ in 0..ROUNDS {
            let changes = changes(&seen).ok_or_else(&missing)?;
            if changes.is_empty() {
                return Ok(false);
            }
            let operations = operations(&seen.metadata.resource_version, &changes);
            match self.patch_webhooks(configuration, &operations).await {
                Ok(()) => return Ok(true),
                Err(error) => seen = self.webhooks_since(configuration, &seen, error).await?,
            }
        }
        Err(Error::Contended {
            what: format!("mutatingwebhookconfiguration {configuration}"),
        })
    }

    /// A test that failed and a policy's refusal are the same status. What is still
    /// as it was seen was refused.
    async fn webhooks_since(
        &self,
        configuration: &str,
        seen: &Configuration,
        error: Error,
    ) -> Result<Configuration, Error> {
        if !matches!(error, Error::Rejected { .. } | Error::Contended { .. }) {
            return Err(error);
        }
        let now = self.webhook_configuration(configuration).await?;
        if now.metadata.resource_version == seen.metadata.resource_version {
            return Err(error);
        }
        Ok(now)
    }

    async fn webhook_configuration(&self, name: &str) -> Result<Configuration, Error> {
        check_name("webhook configuration", name)?;
        let request = MUTATING_WEBHOOKS.requests(None);
        let request = request.get(name, &GetParams::default());
        let right = MUTATING_WEBHOOKS.right("get", None, Some(name));
        self.read(&Call::new(right, request)?).await
    }

    async fn patch_webhooks(&self, name: &str, operations: &[Value]) -> Result<(), Error> {
        let parameters = PatchParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let request = MUTATING_WEBHOOKS.requests(None);
        let request = request.patch(name, &parameters, &Patch::Merge(operations));
        let right = MUTATING_WEBHOOKS.right("patch", None, Some(name));
        let mut call = Call::new(right, request)?;
        call.send_json_patch();
        self.read::<IgnoredAny>(&call).await.map(drop)
    }
}

fn no_webhook(configuration: &str, webhook: Option<&str>) -> Error {
    let webhook = webhook.map_or_else(String::new, |name| format!(" {name}"));
    Error::NotFound {
        what: format!("webhook{webhook} in mutatingwebhookconfiguration {configuration}"),
    }
}

/// What is already there is replaced by `add`, too.
fn operations(version: &str, changes: &[(usize, String)]) -> Vec<Value> {
    let test = json!({"op": "test", "path": "/metadata/resourceVersion", "value": version});
    let set = changes.iter().map(|(place, ca_bundle)| {
        let path = format!("/webhooks/{place}/clientConfig/caBundle");
        json!({"op": "add", "path": path, "value": ca_bundle})
    });
    std::iter::once(test).chain(set).collect()
}

/// How often is looked again at what others change.
const ROUNDS: usize = 5;
