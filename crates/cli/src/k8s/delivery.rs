use k8s_sinks::kubernetes::{Content, Error, Limits, OnForeign, Outcome, SecretSink, Seen, Sweep};
use serde::Serialize;

use super::access::Access;
use super::dry_run::DryRun;
use super::group::Group;
use crate::audit;
use crate::failure::Failure;

/// What has come of one pass over the targets of a group.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) lines: Vec<Line>,
    pub(crate) failures: Vec<Failure>,
}

/// What was done with one Secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `created`, `updated`, `adopted`, `merged`, `unchanged`; or, of a dry run,
    /// what would be done.
    pub(crate) outcome: &'static str,
}

impl Delivery {
    /// Brings `content` to the targets of a group, or finds out what that would
    /// do.
    pub(crate) async fn of(
        group: &Group<'_>,
        content: &Content,
        (access, limits, dry_run): (&Access, &Limits, DryRun),
    ) -> Result<Self, Failure> {
        let sink = SecretSink::new(access.cluster.clone(), group.spec.clone());
        let sink = match dry_run {
            DryRun::Server => sink.with_dry_run(),
            DryRun::No | DryRun::Client => sink,
        };
        let sweep = Sweep::new(&access.cluster, &sink, &group.targets);
        let sweep = sweep.with_limits(limits.clone());
        let mut delivery = Self::default();
        if dry_run == DryRun::Client {
            let looks = sweep.look().await;
            for (namespace, seen) in told(looks, group, access).await? {
                let outcome = seen.map(|seen| foreseen(seen.as_ref(), group, content));
                delivery.take((group, access), &namespace, outcome).await;
            }
            return Ok(delivery);
        }
        let ended = sweep.deliver(content).await;
        for (namespace, ended) in told(ended, group, access).await? {
            if let Ok(delivered) = &ended
                && dry_run == DryRun::No
                && delivered.outcome != Outcome::Unchanged
            {
                let name = group.spec.name();
                audit::secret_written(&namespace, name, word(delivered.outcome), content);
            }
            let outcome = ended.map(|delivered| word(delivered.outcome));
            delivery.take((group, access), &namespace, outcome).await;
        }
        Ok(delivery)
    }

    async fn take(
        &mut self,
        (group, access): (&Group<'_>, &Access),
        namespace: &str,
        ended: Result<&'static str, Error>,
    ) {
        match ended {
            Ok(outcome) => self.lines.push(Line {
                namespace: namespace.to_owned(),
                name: group.spec.name().to_owned(),
                outcome,
            }),
            // It is on its way out.
            Err(Error::Terminating { .. }) => {}
            Err(error) => {
                let failure = access.failure(error, group.context.now()).await;
                self.failures.push(failure.about(namespace));
            }
        }
    }
}

/// The same, and an error with what is known of who we are.
async fn told<T>(
    ended: Result<T, Error>,
    group: &Group<'_>,
    access: &Access,
) -> Result<T, Failure> {
    match ended {
        Ok(value) => Ok(value),
        Err(error) => Err(access.failure(error, group.context.now()).await),
    }
}

/// What would be done with it, as far as its metadata tells.
fn foreseen(seen: Option<&Seen>, group: &Group<'_>, content: &Content) -> &'static str {
    match seen {
        None => word(Outcome::Created),
        Some(seen) if seen.has(content) => word(Outcome::Unchanged),
        Some(seen) if seen.is_ours() => word(Outcome::Updated),
        Some(_) => match group.spec.on_foreign() {
            OnForeign::Merge => word(Outcome::Merged),
            OnForeign::Adopt => word(Outcome::Adopted),
            // Its values decide, which are not read.
            _ => "foreign",
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
