use std::time::SystemTime;

use clap::Command;
use k8s_sinks::kubernetes::{MANAGER, SecretSink, Seen, Sweep};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, Group, limits, table};
use crate::refreshed::duration;
use crate::setting::{with_named, with_settings};
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "status",
        "Say how the Secret of each target stands; asks nobody but the cluster",
        |command| {
            let command = with_named(command, &["concurrency"]);
            with_settings(command, &super::looking(&[&settings::OUTPUT]))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Reads the metadata of the Secret in each target namespace, never its values, and says when its contents \
end, how long ago they were obtained, whose it is, and what is wrong with it: missing, expired, edited, or \
foreign. Exit code 1 where something is.";

/// How one Secret stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    namespace: String,
    name: String,
    expires_at: Option<String>,
    refreshed_at: Option<String>,
    owner: Option<String>,
    problem: Option<&'static str>,
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let limits = limits(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let now = context.now();
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for group in &groups {
        let sink = SecretSink::new(access.cluster.clone(), group.spec.clone());
        let sweep = Sweep::new(&access.cluster, &sink, &group.targets);
        let sweep = sweep.with_limits(limits.clone());
        match sweep.look().await {
            Err(error) => failures.push(Failure::from(error).about(&group.title())),
            Ok(looks) => {
                for (namespace, seen) in looks {
                    match seen {
                        Ok(seen) => rows.push(Row::new(group, namespace, seen.as_ref(), now)),
                        Err(error) => failures.push(Failure::from(error).about(&namespace)),
                    }
                }
            }
        }
    }
    if wants_json {
        output::print_json(&rows)?;
    } else {
        output::print(&text(&rows, now))?;
    }
    let has_problems = rows.iter().any(|row| row.problem.is_some());
    match super::super::ecr::ended(failures, rows.is_empty())? {
        Exit::Done if has_problems => Ok(Exit::Failed),
        exit => Ok(exit),
    }
}

impl Row {
    fn new(group: &Group<'_>, namespace: String, seen: Option<&Seen>, now: SystemTime) -> Self {
        let text = |value: Option<&str>| value.map(str::to_owned);
        let owner = seen.and_then(|seen| {
            let ours = || format!("{MANAGER}/{}", group.spec.config());
            let others = || text(seen.other_manager());
            seen.is_ours().then(ours).or_else(others)
        });
        Self {
            namespace,
            name: group.spec.name().to_owned(),
            expires_at: text(seen.and_then(Seen::expires_at)),
            refreshed_at: text(seen.and_then(Seen::refreshed_at)),
            owner,
            problem: problem(seen, now),
        }
    }
}

fn problem(seen: Option<&Seen>, now: SystemTime) -> Option<&'static str> {
    let Some(seen) = seen else {
        return Some("missing");
    };
    let end = seen.expires_at().and_then(time);
    match end {
        _ if !seen.is_ours() => Some("foreign"),
        _ if seen.is_edited() => Some("edited"),
        None => Some("edited"),
        Some(end) if end <= now => Some("expired"),
        Some(_) => None,
    }
}

fn time(text: &str) -> Option<SystemTime> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.into())
}

fn text(rows: &[Row], now: SystemTime) -> String {
    let cell = |value: &Option<String>| value.clone().unwrap_or_default();
    let rows = rows.iter().map(|row| {
        let since = row.refreshed_at.as_deref().and_then(time);
        let since = since.map(|time| now.duration_since(time).unwrap_or_default());
        [
            row.namespace.clone(),
            row.name.clone(),
            cell(&row.expires_at),
            since.map_or_else(String::new, |since| duration(since.as_secs())),
            cell(&row.owner),
            row.problem.unwrap_or_default().to_owned(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let header = ["NAMESPACE", "SECRET", "EXPIRES", "AGE", "OWNER", "PROBLEM"];
    table(header, &rows)
}
