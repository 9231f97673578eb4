use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::WebhookCaBundle;

/// As much of a configuration as is looked at.
#[derive(Deserialize)]
pub(super) struct Configuration {
    pub(super) metadata: Metadata,
    webhooks: Option<Vec<Webhook>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) resource_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    name: String,
    client_config: ClientConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientConfig {
    ca_bundle: Option<String>,
}

impl Configuration {
    /// Where there are other certificates than these, given in base64, among the
    /// webhooks that are meant; `None` where none is meant.
    pub(super) fn places(&self, webhook: Option<&str>, ca_bundle: &str) -> Option<Vec<usize>> {
        let is_meant = |found: &Webhook| webhook.is_none_or(|webhook| found.name == webhook);
        let meant = self.webhooks().enumerate().filter(|(_, it)| is_meant(it));
        let mut meant = meant.peekable();
        meant.peek()?;
        let differ =
            meant.filter(|(_, it)| it.client_config.ca_bundle.as_deref() != Some(ca_bundle));
        Some(differ.map(|(place, _)| place).collect())
    }

    pub(super) fn ca_bundles(&self) -> Vec<WebhookCaBundle> {
        let bundles = self.webhooks().map(|webhook| {
            let ca_bundle = webhook.client_config.ca_bundle.as_deref();
            let ca_bundle = ca_bundle.map(|encoded| BASE64_STANDARD.decode(encoded));
            WebhookCaBundle {
                webhook: webhook.name.clone(),
                // The API takes nothing else than base64.
                ca_bundle: ca_bundle.and_then(Result::ok).unwrap_or_default(),
            }
        });
        bundles.collect()
    }

    fn webhooks(&self) -> impl Iterator<Item = &Webhook> {
        self.webhooks.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn configuration(webhooks: &Value) -> Configuration {
        let object = json!({"metadata": {"resourceVersion": "7"}, "webhooks": webhooks});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn only_those_that_are_meant_and_differ_are_changed() {
        let webhooks = configuration(&json!([
            {"name": "a.test", "clientConfig": {"caBundle": "b2xk"}},
            {"name": "b.test", "clientConfig": {"url": "https://b.test"}},
            {"name": "c.test", "clientConfig": {"caBundle": "bmV3"}},
        ]));
        for (webhook, places) in [
            (None, Some(vec![0, 1])),
            (Some("a.test"), Some(vec![0])),
            (Some("c.test"), Some(vec![])),
            (Some("d.test"), None),
        ] {
            assert_eq!(webhooks.places(webhook, "bmV3"), places, "{webhook:?}");
        }
        for none in [json!(null), json!([])] {
            assert_eq!(configuration(&none).places(None, "bmV3"), None);
        }
    }

    #[test]
    fn certificates_are_told_in_the_order_of_the_webhooks() {
        let webhooks = configuration(&json!([
            {"name": "a.test", "clientConfig": {"caBundle": "b2xk"}},
            {"name": "b.test", "clientConfig": {}},
        ]));
        let told = webhooks.ca_bundles();
        let told: Vec<_> = told
            .iter()
            .map(|it| (&*it.webhook, &*it.ca_bundle))
            .collect();
        assert_eq!(told, [("a.test", &b"old"[..]), ("b.test", b"")]);
    }
}
