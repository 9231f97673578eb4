use std::time::SystemTime;

use clap::Command;
use k8s_sinks::kubernetes::{Limits, MANAGER, OnForeign, SecretSink, Seen, Sweep};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, Group, Pass, limits, table};
use crate::refreshed::duration;
use crate::setting::with_named;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "status",
        "Say how the Secret of each target stands; asks nobody but the cluster",
        |command| {
            let command = with_named(command, &["concurrency"]);
            super::looking(command, &[&settings::OUTPUT], &["service-account"])
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Reads the metadata of the Secret in each target namespace, never its values, and says when its contents \
end, how long ago they were obtained, whose it is, and what is wrong with it: missing, expired, edited, or \
foreign. Exit code 1 where something is.

A Secret of somebody else into which our logins are merged (--on-foreign merge) is no problem, but whether \
they are in it its metadata does not tell: k8s diff looks into it.";

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
    let pass = Pass::over(&groups, async |group| {
        rows(group, (&access, &limits), now).await
    });
    let Pass { lines, failures } = pass.await;
    if wants_json {
        output::print_json(&lines)?;
    } else {
        output::print(&text(&lines, now))?;
    }
    let has_problems = lines.iter().any(|row| row.problem.is_some());
    match super::super::ecr::ended(failures, lines.is_empty())? {
        Exit::Done if has_problems => Ok(Exit::Failed),
        exit => Ok(exit),
    }
}

async fn rows(
    group: &Group<'_>,
    (access, limits): (&Access, &Limits),
    now: SystemTime,
) -> Result<Pass<Row>, Failure> {
    let sink = SecretSink::new(access.cluster.clone(), group.spec.clone());
    let sweep = Sweep::new(&access.cluster, &sink, &group.targets).with_limits(limits.clone());
    let mut pass = Pass::default();
    for (namespace, seen) in access.told(sweep.look().await).await? {
        pass.take(match access.told(seen).await {
            Ok(seen) => Ok(Some(Row::new(group, namespace, seen.as_ref(), now))),
            Err(failure) => Err(failure.about(&namespace)),
        });
    }
    Ok(pass)
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
            problem: problem(seen, group.spec.on_foreign(), now),
        }
    }
}

/// Into somebody else's, logins may be merged: its metadata does not tell.
fn problem(seen: Option<&Seen>, on_foreign: OnForeign, now: SystemTime) -> Option<&'static str> {
    let Some(seen) = seen else {
        return Some("missing");
    };
    let end = seen.expires_at().and_then(time);
    match end {
        _ if !seen.is_ours() => (on_foreign != OnForeign::Merge).then_some("foreign"),
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
