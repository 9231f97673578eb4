use serde_json::{Value, json};

use super::PodsInstall;
use crate::k8s::rights::Rule;
use crate::k8s::rights::pods::{PodRights, of_webhook};

/// What runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Component {
    Agent,
    Broker,
    Webhook,
}

impl Component {
    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Broker => "broker",
            Self::Webhook => "webhook",
        }
    }

    /// The name of its objects and of its service account: agents and brokers know
    /// each other by the latter.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Agent => "iamra-agent",
            Self::Broker => "iamra-broker",
            Self::Webhook => "iamra-webhook",
        }
    }

    pub(super) fn labels(self) -> Value {
        json!({
            "app.kubernetes.io/name": "iamra",
            "app.kubernetes.io/component": self.verb(),
        })
    }

    /// Name, namespace and labels of an object of it.
    pub(super) fn metadata(self, install: &PodsInstall) -> Value {
        json!({
            "name": self.name(),
            "namespace": install.namespace,
            "labels": self.labels(),
        })
    }

    /// Whether the tokens of pods are shown to it.
    pub(super) fn answers_pods(self) -> bool {
        self != Self::Webhook
    }

    /// Whether it needs a certificate of its own, and the token to get one.
    pub(super) fn has_own_certificate(self, install: &PodsInstall) -> bool {
        self.answers_pods() && install.has_brokers
    }

    pub(super) fn rules(self, install: &PodsInstall) -> Vec<Rule> {
        if self == Self::Webhook {
            return of_webhook(self.name());
        }
        let rights = PodRights {
            own_namespace: &install.namespace,
            reviews_tokens: !install.verifies_by_keys,
            finds_brokers: install.has_brokers,
        };
        rights.rules()
    }

    /// What is run, and the flags of it that are not in the config file.
    pub(super) fn words(self, flags: &[String]) -> Vec<String> {
        let words = ["k8s", self.verb(), super::config::FLAG].map(str::to_owned);
        words.into_iter().chain(flags.iter().cloned()).collect()
    }
}
