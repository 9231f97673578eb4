use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use k8s_sinks::kubernetes::{Content, Error, Found, OnForeign, Outcome, SecretSink};
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, DryRun, Filled, Group, Pass};
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
    taker: &'a Taker<'a>,
}

/// A group, and what its Secrets are filled with: obtained once, when the first
/// one needs it.
struct Taker<'a> {
    group: &'a Group<'a>,
    filling: OnceCell<(Filled, Content)>,
}

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let dry_run = DryRun::chosen(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let takers: Vec<_> = groups.iter().map(Taker::new).collect();
    // All of them are known to be ours to take before the first one is taken.
    let mut wanted = Vec::new();
    for text in matches.get_many::<String>(SECRETS).into_iter().flatten() {
        wanted.push(Wanted::named(text, &takers, &access).await?);
    }
    let mut pass = Pass::default();
    for wanted in &wanted {
        let adopted = wanted.adopt(&access, dry_run).await;
        let adopted = adopted.map_err(|failure| failure.about(wanted.namespace));
        pass.take(adopted.map(Some));
    }
    let Pass { lines, failures } = pass;
    if wants_json {
        output::print_json(&lines)?;
    } else {
        let text = lines.iter().map(|adopted| adopted.text(dry_run));
        output::print(&text.collect::<String>())?;
    }
    super::super::ecr::ended(failures, lines.is_empty())
}

impl<'a> Wanted<'a> {
    async fn named(
        text: &'a str,
        takers: &'a [Taker<'a>],
        access: &Access,
    ) -> Result<Self, Failure> {
        let invalid = |reason: &str| {
            let message = format!("{text}: {reason}");
            Failure::configuration("config.invalid", message)
        };
        let parts = text.split_once('/');
        let parts = parts.filter(|(_, name)| !name.contains('/'));
        let (namespace, name) = parts.ok_or_else(|| invalid("it must be NAMESPACE/NAME"))?;
        for taker in takers.iter().filter(|it| it.group.spec.name() == name) {
            let targets = &taker.group.targets;
            let is_target = targets.names().contains(namespace) || {
                let listed = targets.list(&access.cluster).await;
                access.told(listed).await?.contains(namespace)
            };
            if is_target {
                return Ok(Self {
                    namespace,
                    name,
                    taker,
                });
            }
        }
        Err(invalid("this configuration writes no such Secret")
            .with_hint("name it as it is to be kept: --namespace and --secret-name"))
    }

    async fn adopt(&self, access: &Access, dry_run: DryRun) -> Result<Adopted<'a>, Failure> {
        let spec = (*self.taker.group.spec).clone();
        let spec = Arc::new(spec.with_on_foreign(OnForeign::Adopt));
        let sink = SecretSink::new(access.cluster.clone(), spec);
        let found = access.told(sink.read(self.namespace).await).await?;
        let found = found.ok_or_else(|| self.nothing())?;
        let is_ours = found.seen.is_ours();
        if !is_ours {
            self.check(&found)?;
            if dry_run != DryRun::Client {
                self.replace(access, (&found, sink), dry_run).await?;
            }
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

    /// What nobody can change is no use to us, which needs no token to be known.
    fn check(&self, found: &Found) -> Result<(), Failure> {
        let (namespace, name) = (self.namespace.to_owned(), self.name.to_owned());
        let wanted = self.taker.group.spec.form().secret_type();
        if found.secret_type != wanted {
            return Err(Failure::from(Error::WrongType {
                namespace,
                name,
                is: found.secret_type.clone(),
                wanted: wanted.to_owned(),
            }));
        }
        if found.is_immutable {
            return Err(Failure::from(Error::Immutable { namespace, name }));
        }
        Ok(())
    }

    async fn replace(
        &self,
        access: &Access,
        (found, sink): (&Found, SecretSink),
        dry_run: DryRun,
    ) -> Result<(), Failure> {
        let (filled, content) = self.taker.filling().await?;
        let sink = match dry_run {
            DryRun::No => sink,
            DryRun::Client | DryRun::Server => sink.with_dry_run(),
        };
        let seen = Some(found.seen.clone());
        let delivered = sink.deliver(self.namespace, seen, content).await;
        let delivered = access.told(delivered).await?;
        if dry_run == DryRun::No && delivered.outcome == Outcome::Adopted {
            let end = audit::rfc3339_seconds(content.lifetime().end());
            audit::secret_written(self.namespace, self.name, "adopted", Some(&end));
            filled.handed_out(&self.taker.group.title());
        }
        Ok(())
    }

    fn nothing(&self) -> Failure {
        let message = format!("there is no secret {}/{}", self.namespace, self.name);
        Failure::configuration("kubernetes.not-found", message)
            .with_hint("there is nothing to take over: iamra k8s sync makes it")
    }
}

impl<'a> Taker<'a> {
    fn new(group: &'a Group<'a>) -> Self {
        Self {
            group,
            filling: OnceCell::new(),
        }
    }

    async fn filling(&self) -> Result<&(Filled, Content), Failure> {
        let obtained = self.filling.get_or_try_init(async || {
            let filled = Filled::obtain(self.group, Tokens::new).await?;
            let content = filled.content(&self.group.form)?;
            Ok((filled, content))
        });
        obtained.await
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
