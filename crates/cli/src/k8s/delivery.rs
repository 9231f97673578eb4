use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use k8s_sinks::kubernetes::{
    Content, Error, Limits, OnForeign, Outcome, SecretSink, SecretSpec, Seen, Sweep,
};
use serde::Serialize;

use super::access::Access;
use super::dry_run::DryRun;
use super::group::Group;
use super::pass::Pass;
use super::pull_accounts::PullAccounts;
use crate::audit;
use crate::failure::Failure;

/// How a pass goes about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How<'a> {
    pub(crate) access: &'a Access,
    pub(crate) limits: &'a Limits,
    pub(crate) dry_run: DryRun,
}

/// What was done with one object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    /// `secret` or `serviceaccount`.
    pub(crate) kind: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `created`, `updated`, `adopted`, `merged`, `unchanged`, of a service account
    /// `attached`; or, of a dry run, what would be done.
    pub(crate) outcome: &'static str,
}

/// Brings `content` to the targets of a group, and its Secret's name to their
/// service accounts; or finds out what that would do.
pub(crate) async fn deliver(
    group: &Group<'_>,
    content: &Content,
    how: How<'_>,
) -> Result<Pass<Line>, Failure> {
    let secrets = secrets(group, content, how).await;
    let mut pass = Pass::default();
    let mut done = Vec::new();
    for (namespace, ended) in how.access.told(secrets).await? {
        if let Ok(outcome) = ended {
            how.say(&namespace, (group.spec.name(), outcome), content);
            if outcome != FOREIGN {
                done.push(namespace.clone());
            }
        }
        let ended = ended.map(|outcome| (group.spec.name().to_owned(), outcome));
        pass.take(how.told((SECRET, &namespace), ended).await);
    }
    attach(group, (&done, how), &mut pass).await;
    Ok(pass)
}

/// The Secrets by namespace, and what was done with them.
async fn secrets(
    group: &Group<'_>,
    content: &Content,
    how: How<'_>,
) -> Result<BTreeMap<String, Result<&'static str, Error>>, Error> {
    let cluster = &how.access.cluster;
    let sink = SecretSink::new(cluster.clone(), group.spec.clone());
    let sink = match how.dry_run {
        DryRun::Server => sink.with_dry_run(),
        DryRun::No | DryRun::Client => sink,
    };
    let sweep = Sweep::new(cluster, &sink, &group.targets).with_limits(how.limits.clone());
    if how.dry_run == DryRun::Client {
        let foreseen = |seen: Option<Seen>| foreseen(seen.as_ref(), &group.spec, content);
        let looks = sweep.look().await?.into_iter();
        return Ok(looks.map(|(it, seen)| (it, seen.map(foreseen))).collect());
    }
    let ended = sweep.deliver(content).await?.into_iter();
    let ended = ended.map(|(it, ended)| (it, ended.map(|delivered| word(delivered.outcome))));
    Ok(ended.collect())
}

/// Gives the Secret's name to the service accounts of namespaces that have it.
async fn attach(group: &Group<'_>, (namespaces, how): (&[String], How<'_>), pass: &mut Pass<Line>) {
    let Some(accounts) = PullAccounts::of(group, how) else {
        return;
    };
    let attached = stream::iter(namespaces).map(async |namespace| {
        let attached = accounts.attach(namespace).await;
        (namespace, attached)
    });
    let attached = attached.buffered(how.limits.concurrency());
    for (namespace, attached) in attached.collect::<Vec<_>>().await {
        for ended in attached {
            let ended = ended.map(|name| (name, ATTACHED));
            pass.take(how.told((SERVICE_ACCOUNT, namespace), ended).await);
        }
    }
}

impl How<'_> {
    /// Says to the auditor what was written.
    fn say(&self, namespace: &str, (name, outcome): (&str, &str), content: &Content) {
        if self.dry_run == DryRun::No && outcome != word(Outcome::Unchanged) {
            let end = audit::rfc3339_seconds(content.lifetime().end());
            audit::secret_written(namespace, name, outcome, Some(&end));
        }
    }

    /// What is to be said of one object; nothing where its namespace goes.
    async fn told(
        &self,
        (kind, namespace): (&'static str, &str),
        ended: Result<(String, &'static str), Error>,
    ) -> Result<Option<Line>, Failure> {
        match ended {
            Ok((name, outcome)) => Ok(Some(Line {
                kind,
                namespace: namespace.to_owned(),
                name,
                outcome,
            })),
            Err(error @ Error::Terminating { .. }) => {
                tracing::warn!(namespace, "{error}: nothing is written there");
                Ok(None)
            }
            Err(error) => Err(self.access.failure(error).await.about(namespace)),
        }
    }
}

impl Line {
    /// As it is said to people: `created team-a/ecr-pull`.
    pub(crate) fn text(&self, dry_run: DryRun) -> String {
        let suffix = dry_run.suffix();
        let Self {
            kind,
            namespace,
            name,
            outcome,
        } = self;
        match *kind {
            SECRET => format!("{outcome} {namespace}/{name}{suffix}\n"),
            kind => format!("{outcome} {namespace}/{kind}/{name}{suffix}\n"),
        }
    }

    /// Whether a Secret was written.
    pub(crate) fn is_written_secret(&self) -> bool {
        self.kind == SECRET && self.outcome != word(Outcome::Unchanged)
    }
}

/// What would be done with it, as far as its metadata tells.
fn foreseen(seen: Option<&Seen>, spec: &SecretSpec, content: &Content) -> &'static str {
    match seen {
        None => word(Outcome::Created),
        Some(seen) if seen.has(content) => word(Outcome::Unchanged),
        Some(seen) if seen.is_ours() => word(Outcome::Updated),
        Some(_) => match spec.on_foreign() {
            OnForeign::Merge => word(Outcome::Merged),
            OnForeign::Adopt => word(Outcome::Adopted),
            // Its values decide, which are not read.
            _ => FOREIGN,
        },
    }
}

/// An outcome in a word.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Updated => "updated",
        Outcome::Adopted => "adopted",
        Outcome::Merged => "merged",
        _ => "unchanged",
    }
}

const SECRET: &str = "secret";
const SERVICE_ACCOUNT: &str = "serviceaccount";
const ATTACHED: &str = "attached";
const FOREIGN: &str = "foreign";
