use std::collections::BTreeSet;

use clap::{Arg, ArgAction, ArgMatches, Command};
use k8s_sinks::kubernetes::{
    Error, OwnSecret, OwnSecrets, Pattern, SeenServiceAccount, ServiceAccounts,
};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, Group, config_name, named_service_accounts, token_secret};
use crate::{audit, output, settings};

pub(crate) fn command() -> Command {
    verb(
        "prune",
        "Delete Secrets of this configuration that are no targets any more",
        |command| {
            let command = super::looking(command, &[&settings::OUTPUT], &[]);
            command.args([yes(), within(), everywhere()])
        },
    )
    .long_about(ABOUT)
}

fn yes() -> Arg {
    Arg::new(YES)
        .long(YES)
        .action(ArgAction::SetTrue)
        .help("Delete them; without it they are only listed")
}

fn within() -> Arg {
    Arg::new(WITHIN)
        .long(WITHIN)
        .value_name("NAMESPACE")
        .action(ArgAction::Append)
        .help("Look in this namespace, which was a target once; may be repeated")
}

fn everywhere() -> Arg {
    Arg::new(EVERYWHERE)
        .long(EVERYWHERE)
        .short('A')
        .action(ArgAction::SetTrue)
        .conflicts_with(WITHIN)
        .help("Look in all namespaces: only where no other iamra in the cluster has this --config-name")
}

const ABOUT: &str = "\
Looks for Secrets with the labels of this configuration (--config-name) that it writes no more, takes their \
name off the service accounts (--service-account) of their namespace, and deletes them, each only as it was \
seen. Without --yes nothing is changed. The Secret in which k8s run keeps its tokens is never deleted.

It looks in the namespaces that are named, and in those of --in; where selectors or globs choose them, \
--in or --all-namespaces has to be said. With the latter, what another iamra with the same --config-name \
writes would be taken for left over. Secrets of another name than --secret-name are found \
where there is a right to list all Secrets; it takes the right to delete them in any case, which k8s run \
needs not.";

/// A Secret that is left over, and what has come of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    namespace: String,
    name: String,
    config: String,
    /// `removed`; `left-over` where nothing is changed.
    outcome: &'static str,
    /// From which its name is taken.
    service_accounts: Vec<String>,
}

/// What tells the Secrets that stay from those that go.
struct Wanted {
    config: String,
    /// By namespace and name.
    targets: BTreeSet<(String, String)>,
    names: BTreeSet<String>,
    service_accounts: Vec<Pattern>,
}

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let is_sure = matches.get_flag(YES);
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let places = places(matches, &groups)?;
    let wanted = Wanted::new(context, &groups, &access).await?;
    let own = OwnSecrets::new(access.cluster.clone());
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for place in places {
        match wanted.left_over(&access, (&own, place.as_deref())).await {
            Err(failure) => failures.push(failure),
            Ok(secrets) => {
                for secret in secrets {
                    let removed = wanted.remove(&access, (&own, &secret), is_sure).await;
                    match removed {
                        Ok(line) => lines.push(line),
                        Err(failure) => failures.push(failure.about(&secret.namespace)),
                    }
                }
            }
        }
    }
    if wants_json {
        output::print_json(&lines)?;
    } else {
        output::print(&lines.iter().map(Line::text).collect::<String>())?;
    }
    if !is_sure && !lines.is_empty() {
        output::complain("nothing was deleted: say --yes\n");
    }
    super::super::ecr::ended(failures, lines.is_empty())
}

/// Where to look; `None` is everywhere.
fn places(matches: &ArgMatches, groups: &[Group<'_>]) -> Result<BTreeSet<Option<String>>, Failure> {
    let named = matches.get_many::<String>(WITHIN);
    let named = named.into_iter().flatten().cloned();
    let selects = groups.iter().any(|group| group.targets.is_cluster_wide());
    let mut places: BTreeSet<_> = named.map(Some).collect();
    if matches.get_flag(EVERYWHERE) {
        return Ok([None].into());
    }
    if selects && places.is_empty() {
        let message =
            "selectors or globs choose the namespaces: which were targets once, nobody knows";
        return Err(Failure::configuration("config.missing", message).with_hint(
            "name them: --in NAMESPACE; or look in all of them: --all-namespaces, where no other iamra \
             in the cluster has this --config-name",
        ));
    }
    let targets = groups.iter().flat_map(|group| group.targets.names());
    places.extend(targets.cloned().map(Some));
    Ok(places)
}

impl Wanted {
    async fn new(
        context: &Context<'_>,
        groups: &[Group<'_>],
        access: &Access,
    ) -> Result<Self, Failure> {
        let mut targets = BTreeSet::new();
        for group in groups {
            // A list that is not whole would have too much deleted.
            let namespaces = group.targets.list(&access.cluster).await;
            let namespaces = access.told(namespaces).await;
            let namespaces = namespaces.map_err(|failure| failure.about(&group.title()))?;
            let name = group.spec.name();
            targets.extend(namespaces.into_iter().map(|it| (it, name.to_owned())));
        }
        let accounts = groups.iter().flat_map(|group| &group.service_accounts);
        Ok(Self {
            config: config_name(context)?,
            targets,
            names: groups.iter().map(|it| it.spec.name().to_owned()).collect(),
            service_accounts: accounts.cloned().collect(),
        })
    }

    async fn left_over(
        &self,
        access: &Access,
        (own, place): (&OwnSecrets, Option<&str>),
    ) -> Result<Vec<OwnSecret>, Failure> {
        let found = match own.list(place, None).await {
            Err(Error::Denied { .. }) => self.by_name(own, place).await,
            found => found,
        };
        let mut found = access.told(found).await?;
        found.retain(|secret| self.is_left_over(secret));
        Ok(found)
    }

    /// What a right to our names allows.
    async fn by_name(
        &self,
        own: &OwnSecrets,
        place: Option<&str>,
    ) -> Result<Vec<OwnSecret>, Error> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        tracing::info!(
            namespace = place.unwrap_or("all"),
            names = names.join(", "),
            "looked for Secrets of these names alone: there is no right to list all"
        );
        let mut found = Vec::new();
        for name in names {
            found.extend(own.list(place, Some(name)).await?);
        }
        Ok(found)
    }

    fn is_left_over(&self, secret: &OwnSecret) -> bool {
        let of_group = secret.config.strip_prefix(&self.config);
        let is_ours = of_group.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let place = (secret.namespace.clone(), secret.name.clone());
        is_ours && !self.targets.contains(&place) && secret.name != token_secret(&secret.config)
    }

    /// Deletes it, and before that the references to it, so that none is left
    /// behind; or says what that would be.
    async fn remove(
        &self,
        access: &Access,
        (own, secret): (&OwnSecrets, &OwnSecret),
        is_sure: bool,
    ) -> Result<Line, Failure> {
        let accounts = ServiceAccounts::new(access.cluster.clone(), &secret.name)?;
        let attached = self.attached(access, (&accounts, secret)).await?;
        let names = attached.iter().map(|account| account.name.clone());
        let line = Line {
            namespace: secret.namespace.clone(),
            name: secret.name.clone(),
            config: secret.config.clone(),
            outcome: if is_sure { "removed" } else { "left-over" },
            service_accounts: names.collect(),
        };
        if is_sure {
            for account in attached {
                match accounts.detach(account).await {
                    Ok(_) | Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(access.failure(error).await),
                }
            }
            access.told(own.remove(secret).await).await?;
            audit::secret_removed(&secret.namespace, &secret.name);
        }
        Ok(line)
    }

    /// The service accounts of its namespace that name it.
    async fn attached(
        &self,
        access: &Access,
        (accounts, secret): (&ServiceAccounts, &OwnSecret),
    ) -> Result<Vec<SeenServiceAccount>, Failure> {
        let found = named_service_accounts(accounts, &secret.namespace, &self.service_accounts);
        let mut attached = access.told(found.await).await?;
        attached.retain(|account| account.pull_secrets.contains(&secret.name));
        Ok(attached)
    }
}

impl Line {
    fn text(&self) -> String {
        let Self {
            namespace,
            name,
            outcome,
            ..
        } = self;
        let accounts = match self.service_accounts.as_slice() {
            [] => String::new(),
            accounts => format!(", and its name in serviceaccount {}", accounts.join(", ")),
        };
        format!("{outcome} {namespace}/{name}{accounts}\n")
    }
}

const YES: &str = "yes";
const WITHIN: &str = "in";
const EVERYWHERE: &str = "all-namespaces";
