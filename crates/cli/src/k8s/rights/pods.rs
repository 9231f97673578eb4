use super::{Place, Rule, any, named};

/// What agents and brokers do in a cluster: their rights follow from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodRights<'a> {
    /// The namespace that they are in.
    pub(crate) own_namespace: &'a str,
    /// Whether they have tokens reviewed; else they read the cluster's keys, which
    /// are no resource.
    pub(crate) reviews_tokens: bool,
    /// Whether they look for brokers.
    pub(crate) finds_brokers: bool,
}

impl PodRights<'_> {
    /// What their role must allow.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        if self.reviews_tokens {
            let group = "authentication.k8s.io";
            rules.push(any(group, "tokenreviews", &["create"]));
        }
        rules.push(reads_accounts());
        if self.finds_brokers {
            let home = Place::Namespace(self.own_namespace.to_owned());
            let watch = ["list", "watch"];
            rules.push(any("discovery.k8s.io", "endpointslices", &watch).at(&home));
        }
        rules
    }
}

/// What the webhook must be allowed: it looks at accounts, and says by which
/// certificates the API server knows it.
pub(crate) fn of_webhook(configuration: &str) -> Vec<Rule> {
    let group = "admissionregistration.k8s.io";
    let resource = "mutatingwebhookconfigurations";
    let verbs = ["get", "patch"];
    vec![
        reads_accounts(),
        named(group, resource, &verbs, &[configuration.to_owned()]),
    ]
}

/// The annotations of the account that a pod has, by its name: nobody lists them.
fn reads_accounts() -> Rule {
    any("", "serviceaccounts", &["get"])
}
