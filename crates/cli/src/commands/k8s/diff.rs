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
use crate::k8s::{Access, Filled, Group, Pass, current_tokens, limits};
use crate::session::digest;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "diff",
        "Say what sync would change in each target, with the cluster's own word on it",
        |command| {
            let own = [&settings::OUTPUT, &settings::WRITES];
            super::filling(command, &own, &["service-account"])
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
    access: &'a Access,
    limits: &'a Limits,
}

/// A target as it was seen, and what the server says of the write.
type Judged = (
    String,
    Result<Option<Seen>, Error>,
    Result<Delivered, Error>,
);

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let limits = limits(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let pass = Pass::over(&groups, async |group| {
        let comparison = Comparison::new(group, &access, &limits).await?;
        comparison.lines().await
    });
    let Pass { lines, failures } = pass.await;
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

/// It would have to be obtained to be compared, and would be another one.
fn another_each_time() -> Failure {
    let message = "certificates and sessions are others each time they are obtained";
    Failure::configuration("config.invalid", message)
        .with_hint("what is there, and until when: iamra k8s status")
}

impl<'a> Comparison<'a> {
    async fn new(
        group: &'a Group<'a>,
        access: &'a Access,
        limits: &'a Limits,
    ) -> Result<Self, Failure> {
        let filled = match current_tokens(group, access).await? {
            Some(filled) => filled,
            None if group.form.has_logins() => Filled::obtain(group, Tokens::new).await?,
            None => return Err(another_each_time()),
        };
        let sink = SecretSink::new(access.cluster.clone(), group.spec.clone());
        Ok(Self {
            group,
            content: filled.content(&group.form)?,
            sink: sink.with_dry_run(),
            access,
            limits,
        })
    }

    async fn lines(&self) -> Result<Pass<Line>, Failure> {
        let sweep = Sweep::new(&self.access.cluster, &self.sink, &self.group.targets);
        let sweep = sweep.with_limits(self.limits.clone());
        let mut seen = self.access.told(sweep.look().await).await?;
        let judged = self.access.told(sweep.deliver(&self.content).await).await?;
        let judged = judged.into_iter().map(|(namespace, ended)| {
            let seen = seen.remove(&namespace).unwrap_or(Ok(None));
            (namespace, seen, ended)
        });
        // Collected, for it holds on to what was seen.
        let judged: Vec<Judged> = judged.collect();
        let lines = stream::iter(judged).map(async |(namespace, seen, ended)| {
            let line = self.line(&namespace, seen, ended).await;
            line.map_err(|failure| failure.about(&namespace))
        });
        let mut pass = Pass::default();
        let lines = lines.buffered(self.limits.concurrency());
        for line in lines.collect::<Vec<_>>().await {
            pass.take(line);
        }
        Ok(pass)
    }

    /// What is to be said of a target; nothing where its namespace goes.
    async fn line(
        &self,
        namespace: &str,
        seen: Result<Option<Seen>, Error>,
        ended: Result<Delivered, Error>,
    ) -> Result<Option<Line>, Failure> {
        let (seen, reason) = match (seen, &ended) {
            (Err(Error::Terminating { .. }), _) | (_, Err(Error::Terminating { .. })) => {
                return Ok(None);
            }
            (seen, Err(error)) => (seen, reason(error)),
            (seen, Ok(_)) => (seen, None),
        };
        // Of one that could not be looked at, nothing can be said.
        let seen = self.access.told(seen).await?;
        let state = state(seen.as_ref(), &ended);
        if reason.is_none() {
            self.access.told(ended).await?;
        }
        let there = match &seen {
            Some(seen) if state != SAME => self.there(namespace, seen).await?,
            _ => None,
        };
        let is_wanted = state != SAME && reason.is_none();
        Ok(Some(Line {
            name: self.group.spec.name().to_owned(),
            wanted: is_wanted.then(|| self.wanted()),
            namespace: namespace.to_owned(),
            state,
            there,
            reason,
        }))
    }

    /// What is there now. Of what is somebody else's, a digest might tell a
    /// password that is easily guessed: only its keys are shown.
    async fn there(&self, namespace: &str, seen: &Seen) -> Result<Option<Values>, Failure> {
        let found = self.access.told(self.sink.read(namespace).await).await?;
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

fn state(seen: Option<&Seen>, ended: &Result<Delivered, Error>) -> &'static str {
    match (seen, ended) {
        (_, Ok(delivered)) if delivered.outcome == Outcome::Unchanged => SAME,
        (None, _) => "absent",
        (Some(seen), _) if !seen.is_ours() => "foreign",
        (Some(seen), _) if seen.is_edited() => "edited",
        _ => "stale",
    }
}

/// Why somebody else's Secret stays as it is; anything else is a failure.
fn reason(error: &Error) -> Option<String> {
    match error {
        Error::Foreign { reason, .. } => Some(reason.to_string()),
        Error::WrongType { .. } | Error::Immutable { .. } => Some(error.to_string()),
        _ => None,
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
