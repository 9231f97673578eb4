use std::collections::BTreeMap;

use clap::Command;
use futures_util::stream::{self, StreamExt as _};
use k8s_sinks::kubernetes::{
    Content, Delivered, Error, Limits, Outcome, SecretData, SecretSink, Seen, Sweep,
};
use serde::Serialize;

use crate::audit::rfc3339_seconds;
use crate::commands::verb;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, Filled, Group, current_tokens, limits};
use crate::session::digest;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "diff",
        "Say what sync would change in each target, with the cluster's own word on it",
        |command| {
            let own = [&settings::OUTPUT, &settings::WRITES];
            with_settings(command, &super::groups(&own))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Compares the Secret of each target namespace with what is to be in it: the tokens that k8s run keeps in our \
own namespace, where they can be read, else those of the cache or new ones. Of each value nothing is shown \
but the beginning of its SHA-256. The server is asked to do it without doing it (dry run), so that what a \
policy, a quota or a webhook would refuse is seen. Exit code 1 where something differs, 0 where nothing \
does.";

/// One target.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    namespace: String,
    name: String,
    /// `absent`, `same`, `stale`, `edited` or `foreign`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    there: Option<Values>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<Values>,
    /// Why somebody else's Secret stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Values that are not shown.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    expires_at: Option<String>,
    digests: BTreeMap<String, String>,
}

/// What a group is compared with.
struct Comparison<'a> {
    group: &'a Group<'a>,
    content: Content,
    sink: SecretSink,
    limits: Limits,
}

/// A target as it was seen, and what the server says of the write.
type Judged = (String, Option<Seen>, Result<Delivered, Error>);

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let limits = limits(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for group in &groups {
        let compared = async {
            let comparison = Comparison::new(group, &access, limits.clone()).await?;
            comparison.lines(&access, &mut failures).await
        };
        match compared.await {
            Ok(compared) => lines.extend(compared),
            Err(failure) => failures.push(failure.about(&group.title())),
        }
    }
    if wants_json {
        output::print_json(&lines)?;
    } else {
        output::print(&lines.iter().map(Line::text).collect::<String>())?;
    }
    let differs = lines.iter().any(|line| line.state != SAME);
    match super::super::ecr::ended(failures, lines.is_empty())? {
        Exit::Done if differs => Ok(Exit::Failed),
        exit => Ok(exit),
    }
}

impl<'a> Comparison<'a> {
    async fn new(group: &'a Group<'a>, access: &Access, limits: Limits) -> Result<Self, Failure> {
        let filled = match current_tokens(group, access).await {
            Some(filled) => filled,
            None => Filled::obtain(group, &Tokens::new(&group.context)?).await?,
        };
        let sink = SecretSink::new(access.cluster.clone(), group.spec.clone());
        Ok(Self {
            group,
            content: filled.content(&group.form)?,
            sink: sink.with_dry_run(),
            limits,
        })
    }

    async fn lines(
        &self,
        access: &Access,
        failures: &mut Vec<Failure>,
    ) -> Result<Vec<Line>, Failure> {
        let sweep = Sweep::new(&access.cluster, &self.sink, &self.group.targets);
        let sweep = sweep.with_limits(self.limits.clone());
        let mut seen = sweep.look().await?;
        let judged = sweep.deliver(&self.content).await?.into_iter();
        let judged = judged.map(|(namespace, ended)| {
            let seen = seen.remove(&namespace).and_then(Result::ok).flatten();
            (namespace, seen, ended)
        });
        let judged: Vec<Judged> = judged.collect();
        let lines = stream::iter(judged).map(|judged| self.line(judged));
        let lines: Vec<_> = lines.buffered(self.limits.concurrency()).collect().await;
        let mut all = Vec::new();
        for line in lines {
            match line {
                Ok(line) => all.extend(line),
                Err(failure) => failures.push(failure),
            }
        }
        Ok(all)
    }

    /// What is to be said of a target; nothing where its namespace goes.
    async fn line(&self, (namespace, seen, ended): Judged) -> Result<Option<Line>, Failure> {
        let state = match (&seen, &ended) {
            (_, Ok(delivered)) if delivered.outcome == Outcome::Unchanged => SAME,
            (None, _) => "absent",
            (Some(seen), _) if !seen.is_ours() => "foreign",
            (Some(seen), _) if seen.is_edited() => "edited",
            _ => "stale",
        };
        let reason = match &ended {
            Ok(_) => None,
            Err(Error::Terminating { .. }) => return Ok(None),
            Err(Error::Foreign { reason, .. }) => Some(reason.to_string()),
            Err(error @ (Error::WrongType { .. } | Error::Immutable { .. })) => {
                Some(error.to_string())
            }
            Err(_) => return Err(self.failure(&namespace, ended)),
        };
        let there = match (&seen, state) {
            (None, _) | (_, SAME) => None,
            (Some(seen), _) => self.there(&namespace, seen).await?,
        };
        let is_wanted = state != SAME && reason.is_none();
        Ok(Some(Line {
            name: self.group.spec.name().to_owned(),
            wanted: is_wanted.then(|| self.wanted()),
            namespace,
            state,
            there,
            reason,
        }))
    }

    fn failure(&self, namespace: &str, ended: Result<Delivered, Error>) -> Failure {
        match ended {
            Err(error) => Failure::from(error).about(namespace),
            Ok(_) => Failure::configuration("config.invalid", self.group.title()),
        }
    }

    /// What is there now. Of what is somebody else's, a digest might tell a
    /// password that is easily guessed: only its keys are shown.
    async fn there(&self, namespace: &str, seen: &Seen) -> Result<Option<Values>, Failure> {
        let found = self.sink.read(namespace).await;
        let found = found.map_err(|error| Failure::from(error).about(namespace))?;
        Ok(found.map(|found| {
            let mut values = Values::of(&found.data, seen.expires_at().map(str::to_owned));
            if !found.seen.is_ours() {
                let digests = values.digests.values_mut();
                digests.for_each(|digest| "not shown".clone_into(digest));
            }
            values
        }))
    }

    fn wanted(&self) -> Values {
        let end = rfc3339_seconds(self.content.lifetime().end());
        Values::of(self.content.data(), Some(end))
    }
}

impl Line {
    fn text(&self) -> String {
        let mut text = format!("{} {}/{}\n", self.state, self.namespace, self.name);
        for (sign, values) in [('-', &self.there), ('+', &self.wanted)] {
            let Some(values) = values else {
                continue;
            };
            let until = values.expires_at.as_ref();
            let until = until.map_or_else(String::new, |end| format!(", until {end}"));
            for (key, digest) in &values.digests {
                text += &format!("  {sign} {key}: {digest}{until}\n");
            }
        }
        if let Some(reason) = &self.reason {
            text += &format!("  it stays as it is: {reason}\n");
        }
        text
    }
}

impl Values {
    fn of(data: &SecretData, expires_at: Option<String>) -> Self {
        let digests = data.iter().map(|(key, value)| {
            let mut digest = digest(value);
            digest.truncate(12);
            (key.clone(), format!("sha256:{digest}"))
        });
        Self {
            expires_at,
            digests: digests.collect(),
        }
    }
}

const SAME: &str = "same";
