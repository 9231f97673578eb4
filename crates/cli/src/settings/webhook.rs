use crate::setting::{Group, Setting, Value};

/// How pods are made to find their credentials.
pub static WEBHOOK: Group = Group {
    heading: "Webhook",
    settings: &[
        Setting {
            name: "webhook-configuration",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: None,
            help: "The MutatingWebhookConfiguration that is to know the certificate that we make for \
                   ourselves: it is added to the caBundle of its webhooks, where other replicas' stay. \
                   Without it, nothing is patched.",
        },
        Setting {
            name: "webhook-service",
            short: None,
            value: Value::Text("NAME"),
            variables: &[],
            default: None,
            help: "The service in our own namespace that API servers call us by: our certificate has its \
                   names. On a loopback address we have those of this machine, too.",
        },
        Setting {
            name: "inject",
            short: None,
            value: Value::Text("FORM"),
            variables: &[],
            default: Some("agent"),
            help: "What pods get: agent, the way to the agent on their node and a token for it; sidecar, a \
                   container of their own that serves the credentials, for clusters without agents.",
        },
        Setting {
            name: "pod-uri",
            short: None,
            value: Value::Text("URL"),
            variables: &[],
            default: Some("http://169.254.170.23/v1/credentials"),
            help: "Where pods ask the agent; http://[fd00:ec2::23]/v1/credentials in a cluster of IPv6.",
        },
        Setting {
            name: "token-expiration",
            short: None,
            value: Value::Text("SECONDS"),
            variables: &[],
            default: Some("86400"),
            help: "How long the tokens of pods are valid, if no annotation says otherwise: 600 at least. Of a \
                   day, up to two hours are taken off, so that not all are replaced at once.",
        },
        Setting {
            name: "container-credentials-config",
            short: None,
            value: Value::Text("FILE"),
            variables: &[],
            default: None,
            help: "The file of identities of the EKS webhook, as JSON: service accounts whose pods get the way \
                   to the agent without an annotation. It is read again when it changes.",
        },
        Setting {
            name: "sidecar-image",
            short: None,
            value: Value::Text("IMAGE"),
            variables: &[],
            default: None,
            help: "The image of the sidecar: that of iamra, best by its digest.",
        },
    ],
};
