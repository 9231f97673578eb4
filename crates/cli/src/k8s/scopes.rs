use k8s_sinks::kubernetes::Pattern;

use super::group::{Group, config_name};
use super::rights::{Reach, Rule, Scope};
use crate::context::Context;
use crate::failure::Failure;

/// What rights are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// The daemon.
    Run,
    /// One pass.
    Sync,
}

/// What a configuration is to do in a cluster: each group its part.
#[derive(Clone, Debug)]
pub(crate) struct Scopes {
    /// What is the same for all groups.
    whole: Scope,
    groups: Vec<Scope>,
    purpose: Purpose,
}

impl Scopes {
    /// Of all groups of a configuration.
    pub(crate) fn new(
        context: &Context<'_>,
        (groups, own_namespace): (&[Group<'_>], &str),
        purpose: Purpose,
    ) -> Result<Self, Failure> {
        let settings = &context.settings;
        let runs = purpose == Purpose::Run;
        let whole = Scope {
            own_namespace: own_namespace.to_owned(),
            config: config_name(context)?,
            reach: Reach::Namespaces(Vec::new()),
            secrets: Vec::new(),
            service_accounts: Vec::new(),
            keeps_token: false,
            leader_election: runs && settings.switch("leader-elect")?,
            looks_up_policy: groups.iter().any(|group| group.targets.is_cluster_wide())
                && !settings.switch("accept-broad-rbac")?,
        };
        let keeps_token = runs && !settings.switch("forget-tokens")?;
        let of = |group: &Group<'_>| scope(&whole, group, keeps_token);
        Ok(Self {
            groups: groups.iter().map(of).collect(),
            whole,
            purpose,
        })
    }

    /// Whether Secrets are to be where no namespace is named.
    pub(crate) fn is_cluster_wide(&self) -> bool {
        let mut groups = self.groups.iter();
        groups.any(|scope| matches!(scope.reach, Reach::Cluster { .. }))
    }

    /// The service account that manifests make for it.
    pub(crate) fn whole(&self) -> &Scope {
        &self.whole
    }

    /// What a role must allow, each rule once.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        let scopes = self.groups.iter().chain([&self.whole]);
        for rule in scopes.flat_map(Scope::rules) {
            let rule = match self.purpose {
                Purpose::Run => Some(rule),
                Purpose::Sync => of_one_pass(rule),
            };
            rules.extend(rule.filter(|rule| !rules.contains(rule)));
        }
        rules
    }
}

/// What one pass needs of it: it posts no events, and watches nothing.
fn of_one_pass(mut rule: Rule) -> Option<Rule> {
    rule.verbs.retain(|verb| *verb != "watch");
    (rule.resource != "events").then_some(rule)
}

fn scope(whole: &Scope, group: &Group<'_>, keeps_token: bool) -> Scope {
    let targets = &group.targets;
    let accounts = group.service_accounts.iter();
    Scope {
        own_namespace: whole.own_namespace.clone(),
        config: group.spec.config().replace('.', "-"),
        reach: if targets.is_cluster_wide() {
            Reach::Cluster { selects: true }
        } else {
            Reach::Namespaces(targets.names().iter().cloned().collect())
        },
        secrets: vec![group.spec.name().to_owned()],
        service_accounts: accounts.map(Pattern::as_text).collect(),
        keeps_token,
        leader_election: false,
        looks_up_policy: false,
    }
}
