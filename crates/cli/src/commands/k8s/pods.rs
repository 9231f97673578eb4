use std::time::SystemTime;

use clap::Command;
use pod_identity::ClusterName;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, table};
use crate::pods::{Roles, Roster, Standing, Survey, agents_and_brokers, standings};
use crate::refreshed::duration;
use crate::setting::{with_named, with_settings};
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "pods",
        "Say how the roles of service accounts stand, as all agents and brokers know it",
        |command| {
            let groups = [
                &settings::POD_VIEW,
                &settings::CLUSTER,
                &settings::PROXIES,
                &settings::OUTPUT,
            ];
            with_named(with_settings(command, &groups), NAMED)
        },
    )
    .long_about(ABOUT)
}

/// The same as agents are told.
const NAMED: &[&str] = &["cluster-name", "associations", "annotation-domain"];

const ABOUT: &str = "\
Lists the service accounts that have a role, by their annotations or by --associations, and those whose \
pods have asked: the role, the common name of their certificates, when the last session ends, how long ago \
a pod was given credentials, and what is wrong. Exit code 1 where something is.

It asks the agents and brokers of our own namespace, by the API server, with a token of a service account \
of that namespace (--viewer-account). That takes the rights to create serviceaccounts/token for it, to list \
pods and to get pods/proxy there, and to list service accounts in the whole cluster. Nothing secret is shown.";

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let named: Option<ClusterName> = context.settings.parse("cluster-name")?;
    let access = Access::new(context).await?;
    let roles = Roles::new(context)?;
    let roles = roles.all(&access).await?;
    let (rosters, failures) = rosters(context, &access).await?;
    let told = rosters
        .iter()
        .find_map(|roster| roster.cluster.parse().ok());
    let all = standings(roles, &rosters, named.or(told).as_ref());
    if wants_json {
        output::print_json(&all)?;
    } else {
        output::print(&text(&all, context.now()))?;
    }
    let has_problems = all.iter().any(|standing| standing.problem.is_some());
    match super::super::ecr::ended(failures, all.is_empty())? {
        Exit::Done if has_problems => Ok(Exit::Failed),
        exit => Ok(exit),
    }
}

/// What they know, and why some could not be asked.
async fn rosters(
    context: &Context<'_>,
    access: &Access,
) -> Result<(Vec<Roster>, Vec<Failure>), Failure> {
    let pods = agents_and_brokers(access).await?;
    if pods.is_empty() {
        tracing::warn!(
            namespace = access.own_namespace,
            "there is no agent and no broker: --own-namespace says where they are"
        );
        return Ok(Default::default());
    }
    let survey = Survey::begin(context, access).await?;
    let (mut rosters, mut failures) = (Vec::new(), Vec::new());
    for told in survey.of_all(&pods).await {
        match told {
            Ok(roster) => rosters.push(roster),
            Err(failure) => failures.push(failure),
        }
    }
    Ok((rosters, failures))
}

fn text(all: &[Standing], now: SystemTime) -> String {
    let cell = |value: &Option<String>| value.clone().unwrap_or_default();
    let rows = all.iter().map(|standing| {
        let problem = standing.problem.as_ref();
        [
            standing.namespace.clone(),
            standing.service_account.clone(),
            standing.role_arn.clone(),
            cell(&standing.common_name),
            cell(&standing.session_ends),
            ago(standing.handed_out.as_deref(), now),
            problem.map_or_else(String::new, |problem| problem.code.clone()),
        ]
    });
    let rows: Vec<_> = rows.collect();
    table(HEADER, &rows)
}

fn ago(time: Option<&str>, now: SystemTime) -> String {
    let time = time.and_then(|time| time.parse::<jiff::Timestamp>().ok());
    time.map_or_else(String::new, |time| {
        let since = now.duration_since(time.into()).unwrap_or_default();
        format!("{} ago", duration(since.as_secs()))
    })
}

const HEADER: [&str; 7] = [
    "NAMESPACE",
    "SERVICE ACCOUNT",
    "ROLE",
    "COMMON NAME",
    "EXPIRES",
    "LAST HAND-OUT",
    "PROBLEM",
];
