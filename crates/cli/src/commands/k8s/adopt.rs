use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use k8s_sinks::kubernetes::{Found, OnForeign, Outcome, SecretSink};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, DryRun, Filled, Group};
use crate::{audit, output, settings};

pub(crate) fn command() -> Command {
    verb(
        "adopt",
        "Take over Secrets of somebody else, and replace what is in them",
        |command| {
            let own = [&settings::OUTPUT, &settings::DRY_RUN];
            let but = ["service-account", "on-foreign"];
            super::filling(command, &own, &but).arg(secrets())
        },
    )
    .long_about(ABOUT)
}

fn secrets() -> Arg {
    Arg::new(SECRETS)
        .value_name("NAMESPACE/NAME")
        .help("The Secrets: of a name and in a namespace of this configuration")
        .required(true)
        .action(ArgAction::Append)
}

const ABOUT: &str = "\
Makes somebody else's Secret ours, whatever it holds: its contents are replaced, and kept fresh from then \
on. Only a Secret of this configuration is taken, by name and namespace, and of the type that it is to \
have. What was there is said first: type, keys and manager, never a value. Have whoever wrote it stop: \
two writers fight.";

/// What was there, and what has come of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Adopted<'a> {
    namespace: &'a str,
    name: &'a str,
    /// `adopted`; `unchanged` where it was ours.
    outcome: &'static str,
    #[serde(rename = "type")]
    secret_type: String,
    keys: Vec<String>,
    manager: Option<String>,
}

/// A Secret that is to be taken, and the group that it becomes one of.
struct Wanted<'a> {
    namespace: &'a str,
    name: &'a str,
    group: &'a Group<'a>,
}

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let dry_run = DryRun::chosen(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    // All of them are known to be ours to take before the first one is taken.
    let mut wanted = Vec::new();
    for text in matches.get_many::<String>(SECRETS).into_iter().flatten() {
        wanted.push(Wanted::named(text, &groups, &access).await?);
    }
    let mut done = Vec::new();
    let mut failures = Vec::new();
    for wanted in &wanted {
        match wanted.adopt(&access, dry_run).await {
            Ok(adopted) => done.push(adopted),
            Err(failure) => failures.push(failure.about(wanted.namespace)),
        }
    }
    if wants_json {
        output::print_json(&done)?;
    } else {
        let text = done.iter().map(|adopted| adopted.text(dry_run));
        output::print(&text.collect::<String>())?;
    }
    super::super::ecr::ended(failures, done.is_empty())
}

impl<'a> Wanted<'a> {
    async fn named(
        text: &'a str,
        groups: &'a [Group<'a>],
        access: &Access,
    ) -> Result<Self, Failure> {
        let invalid = |reason: &str| {
            let message = format!("{text}: {reason}");
            Failure::configuration("config.invalid", message)
        };
        let parts = text.split_once('/');
        let parts = parts.filter(|(_, name)| !name.contains('/'));
        let (namespace, name) = parts.ok_or_else(|| invalid("it must be NAMESPACE/NAME"))?;
        for group in groups.iter().filter(|group| group.spec.name() == name) {
            let is_named = group.targets.names().contains(namespace);
            if is_named
                || group
                    .targets
                    .list(&access.cluster)
                    .await?
                    .contains(namespace)
            {
                return Ok(Self {
                    namespace,
                    name,
                    group,
                });
            }
        }
        Err(invalid("this configuration writes no such Secret")
            .with_hint("name it as it is to be kept: --namespace and --secret-name"))
    }

    async fn adopt(&self, access: &Access, dry_run: DryRun) -> Result<Adopted<'a>, Failure> {
        let spec = (*self.group.spec).clone().with_on_foreign(OnForeign::Adopt);
        let sink = SecretSink::new(access.cluster.clone(), Arc::new(spec));
        let found = sink.read(self.namespace).await?;
        let found = found.ok_or_else(|| self.nothing())?;
        let is_ours = found.seen.is_ours();
        if !is_ours && dry_run != DryRun::Client {
            self.replace(&found, sink, dry_run).await?;
        }
        Ok(Adopted {
            namespace: self.namespace,
            name: self.name,
            outcome: if is_ours { "unchanged" } else { "adopted" },
            manager: found.seen.other_manager().map(str::to_owned),
            secret_type: found.secret_type,
            keys: found.data.into_keys().collect(),
        })
    }

    async fn replace(
        &self,
        found: &Found,
        sink: SecretSink,
        dry_run: DryRun,
    ) -> Result<(), Failure> {
        let tokens = Tokens::new(&self.group.context)?;
        let filled = Filled::obtain(self.group, &tokens).await?;
        let content = filled.content(&self.group.form)?;
        let sink = match dry_run {
            DryRun::No => sink,
            DryRun::Client | DryRun::Server => sink.with_dry_run(),
        };
        let seen = Some(found.seen.clone());
        let delivered = sink.deliver(self.namespace, seen, &content).await?;
        if dry_run == DryRun::No && delivered.outcome == Outcome::Adopted {
            let end = audit::rfc3339_seconds(content.lifetime().end());
            audit::secret_written(self.namespace, self.name, "adopted", Some(&end));
            filled.handed_out(&self.group.title());
        }
        Ok(())
    }

    fn nothing(&self) -> Failure {
        let message = format!("there is no secret {}/{}", self.namespace, self.name);
        Failure::configuration("kubernetes.not-found", message)
            .with_hint("there is nothing to take over: iamra k8s sync makes it")
    }
}

impl Adopted<'_> {
    fn text(&self, dry_run: DryRun) -> String {
        let suffix = dry_run.suffix();
        let manager = self.manager.as_deref().unwrap_or("nobody says so");
        let was = if self.outcome == "unchanged" {
            "it is ours already".to_owned()
        } else {
            let keys = self.keys.join(", ");
            format!(
                "it was of type {}, keys {keys}, manager: {manager}",
                self.secret_type
            )
        };
        let Self {
            outcome,
            namespace,
            name,
            ..
        } = self;
        format!("{outcome} {namespace}/{name}{suffix}: {was}\n")
    }
}

const SECRETS: &str = "secrets";
