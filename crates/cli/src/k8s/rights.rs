use std::fmt;

use serde_json::{Value, json};

#[cfg(feature = "pods")]
pub(crate) mod pods;
#[cfg(test)]
mod tests;

/// What we are to do in a cluster: our rights follow from it, and nothing more.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The namespace that we are in.
    pub(crate) own_namespace: String,
    /// The name of the configuration.
    pub(crate) config: String,
    /// Where Secrets are to be.
    pub(crate) reach: Reach,
    /// Their names.
    pub(crate) secrets: Vec<String>,
    /// The service accounts that are patched: names and globs.
    pub(crate) service_accounts: Vec<String>,
    /// Whether the current token is kept in a Secret beside us.
    pub(crate) keeps_token: bool,
    /// Whether several replicas fight over a Lease.
    pub(crate) leader_election: bool,
    /// Whether we look for the policy that keeps us to our Secrets.
    pub(crate) looks_up_policy: bool,
    pub(crate) purpose: Purpose,
}

/// What rights are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// The daemon.
    Run,
    /// One pass: it watches nothing, and tells nobody by events.
    Sync,
}

/// Where Secrets are to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reach {
    /// In these namespaces.
    Namespaces(Vec<String>),
    /// In any namespace of the cluster: selectors or globs choose them.
    Cluster,
}

/// What a role allows: one rule of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rule {
    /// The API group; the core's is empty.
    pub(crate) group: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) verbs: Vec<&'static str>,
    /// The objects by name; without any, all of them.
    pub(crate) names: Vec<String>,
    pub(crate) place: Place,
}

/// Where a role counts.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// Everywhere, and for what is in no namespace.
    Cluster,
    Namespace(String),
}

/// One thing that a rule allows, as the API server is asked for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Question<'a> {
    rule: &'a Rule,
    verb: &'static str,
    name: Option<&'a str>,
}

impl Scope {
    /// The name of our objects in our own namespace.
    pub(crate) fn name(&self) -> String {
        format!("iamra-{}", self.config)
    }

    /// The name of our objects beyond it: the same configuration may be
    /// installed in two namespaces.
    pub(crate) fn name_beyond(&self) -> String {
        format!("iamra-{}.{}", self.config, self.own_namespace)
    }

    /// The Secret with the current token.
    pub(crate) fn token_secret(&self) -> String {
        format!("iamra-{}-token", self.config)
    }

    /// Our service account as a user.
    pub(crate) fn user(&self) -> String {
        format!(
            "system:serviceaccount:{}:{}",
            self.own_namespace,
            self.name()
        )
    }

    /// The namespaces that are named.
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &str> {
        let names = match &self.reach {
            Reach::Namespaces(names) => names.as_slice(),
            Reach::Cluster => &[],
        };
        names.iter().map(String::as_str)
    }

    /// What a role must allow.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        let runs = self.purpose == Purpose::Run;
        for place in self.places() {
            rules.push(named("", "secrets", self.keep(), &self.secrets).at(&place));
            rules.push(any("", "secrets", &["create"]).at(&place));
            rules.extend(self.patched_accounts().map(|rule| rule.at(&place)));
            if runs {
                rules.push(any("events.k8s.io", "events", &["create", "patch"]).at(&place));
            }
        }
        if self.reach == Reach::Cluster {
            let verbs: &[&str] = if runs { &["list", "watch"] } else { &["list"] };
            rules.push(any("", "namespaces", verbs));
        }
        rules.extend(self.rules_at_home());
        if self.looks_up_policy {
            let policy = [self.name_beyond()];
            let group = "admissionregistration.k8s.io";
            rules.push(named(
                group,
                "validatingadmissionpolicies",
                &["get"],
                &policy,
            ));
            let bindings = "validatingadmissionpolicybindings";
            rules.push(named(group, bindings, &["get"], &policy));
        }
        rules
    }

    fn places(&self) -> Vec<Place> {
        match &self.reach {
            Reach::Namespaces(names) => names.iter().cloned().map(Place::Namespace).collect(),
            Reach::Cluster => vec![Place::Cluster],
        }
    }

    /// What keeps a Secret as it should be. Making one cannot be limited to a
    /// name, and is a rule of its own.
    fn keep(&self) -> &'static [&'static str] {
        match (self.purpose, &self.reach) {
            (Purpose::Run, _) => &["get", "list", "watch", "patch"],
            // One search finds those of all namespaces.
            (Purpose::Sync, Reach::Cluster) => &["get", "list", "patch"],
            (Purpose::Sync, Reach::Namespaces(_)) => &["get", "patch"],
        }
    }

    fn patched_accounts(&self) -> Option<Rule> {
        let accounts = &self.service_accounts;
        // One that has changed meanwhile is read again.
        let verbs: &[&str] = match self.purpose {
            Purpose::Run => &["get", "list", "watch", "patch"],
            Purpose::Sync => &["get", "list", "patch"],
        };
        if accounts.iter().any(|name| is_glob(name)) {
            return Some(any("", "serviceaccounts", verbs));
        }
        (!accounts.is_empty()).then(|| named("", "serviceaccounts", verbs, accounts))
    }

    /// What we need beside us, whatever the targets are.
    fn rules_at_home(&self) -> Vec<Rule> {
        let home = Place::Namespace(self.own_namespace.clone());
        let mut rules = Vec::new();
        if self.keeps_token {
            rules.push(named(
                "",
                "secrets",
                &["get", "patch"],
                &[self.token_secret()],
            ));
            let is_target = match &self.reach {
                Reach::Namespaces(names) => names.contains(&self.own_namespace),
                Reach::Cluster => true,
            };
            if !is_target {
                rules.push(any("", "secrets", &["create"]));
            }
        }
        if self.leader_election {
            let group = "coordination.k8s.io";
            rules.push(any(group, "leases", &["create"]));
            rules.push(named(group, "leases", &["get", "update"], &[self.name()]));
        }
        rules.into_iter().map(|rule| rule.at(&home)).collect()
    }
}

impl Rule {
    fn at(mut self, place: &Place) -> Self {
        self.place = place.clone();
        self
    }

    /// The rule as a role has it.
    pub(crate) fn document(&self) -> Value {
        let mut rule = json!({
            "apiGroups": [self.group],
            "resources": [self.resource],
            "verbs": self.verbs,
        });
        if !self.names.is_empty() {
            rule["resourceNames"] = json!(self.names);
        }
        rule
    }

    /// Whether another one allows all that it does.
    pub(crate) fn is_covered_by(&self, other: &Self) -> bool {
        let is_same = (self.group, self.resource) == (other.group, other.resource);
        let has_names = || {
            let named = |name| other.names.contains(name);
            other.names.is_empty() || (!self.names.is_empty() && self.names.iter().all(named))
        };
        is_same
            && (other.place == Place::Cluster || other.place == self.place)
            && self.verbs.iter().all(|verb| other.verbs.contains(verb))
            && has_names()
    }

    /// All that it allows, one by one.
    pub(crate) fn questions(&self) -> Vec<Question<'_>> {
        let names: Vec<Option<&str>> = if self.names.is_empty() {
            vec![None]
        } else {
            self.names.iter().map(|name| Some(name.as_str())).collect()
        };
        let question = |verb, name| Question {
            rule: self,
            verb,
            name,
        };
        let verbs = self.verbs.iter();
        verbs
            .flat_map(|verb| names.iter().map(move |name| question(*verb, *name)))
            .collect()
    }
}

/// `get, list secrets "ecr-pull" in the namespace team-a`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names.iter().map(|name| format!(" {name:?}"));
        let names: Vec<String> = names.collect();
        let verbs = self.verbs.join(", ");
        tell(f, (&verbs, &names.join(",")), self)
    }
}

impl Question<'_> {
    /// The review that answers it: whether we may.
    ///
    /// [SelfSubjectAccessReview](https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/)
    pub(crate) fn review(&self) -> Value {
        let mut attributes = json!({
            "group": self.rule.group,
            "resource": self.rule.resource,
            "verb": self.verb,
        });
        if let Some(name) = self.name {
            attributes["name"] = json!(name);
        }
        if let Place::Namespace(namespace) = &self.rule.place {
            attributes["namespace"] = json!(namespace);
        }
        json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        })
    }

    /// The rule that would allow this alone.
    pub(crate) fn rule(&self) -> Rule {
        Rule {
            verbs: vec![self.verb],
            names: self.name.map(str::to_owned).into_iter().collect(),
            ..self.rule.clone()
        }
    }
}

/// Whether it stands for more than one name.
pub(crate) fn is_glob(name: &str) -> bool {
    name.contains(['*', '?'])
}

fn tell(f: &mut fmt::Formatter<'_>, (verbs, names): (&str, &str), rule: &Rule) -> fmt::Result {
    let group = match rule.group {
        "" => String::new(),
        group => format!(".{group}"),
    };
    write!(f, "{verbs} {}{group}{names}", rule.resource)?;
    match &rule.place {
        Place::Cluster => f.write_str(" in the whole cluster"),
        Place::Namespace(namespace) => write!(f, " in the namespace {namespace}"),
    }
}

fn any(group: &'static str, resource: &'static str, verbs: &[&'static str]) -> Rule {
    named(group, resource, verbs, &[])
}

fn named(
    group: &'static str,
    resource: &'static str,
    verbs: &[&'static str],
    names: &[String],
) -> Rule {
    Rule {
        group,
        resource,
        verbs: verbs.to_vec(),
        names: names.to_vec(),
        place: Place::Cluster,
    }
}
