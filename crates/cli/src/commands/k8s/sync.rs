use clap::{ArgMatches, Command};
use k8s_sinks::kubernetes::Limits;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, Delivery, DryRun, Filled, Group, Line, limits};
use crate::setting::with_settings;
use crate::{output, settings};

mod kubectl_words;

pub(crate) fn command() -> Command {
    verb(
        "sync",
        "Bring the Secrets of all targets up to date once, for a CronJob or by hand",
        |command| {
            let own = [&settings::OUTPUT, &settings::DRY_RUN, &settings::WRITES];
            kubectl_words::added(with_settings(command, &super::groups(&own)))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Obtains one authorization token for each region, and writes it into the Secret of each target \
namespace: creates what is not there, changes in place what is ours, and leaves alone what is \
somebody else's (--on-foreign). A Secret that cannot be written keeps nothing from the others (exit \
code 6).

The words of `kubectl create secret docker-registry NAME --docker-server=… --docker-username=AWS …` are \
taken, too: a login that is good for twelve hours, but obtained here.";

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let context = &kubectl_words::read(matches, context)?;
    let wants_json = context.wants_json()?;
    let dry_run = DryRun::chosen(context)?;
    let limits = limits(context)?;
    let access = Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for group in &groups {
        match sync(group, (&access, &limits, dry_run)).await {
            Ok(delivery) => {
                lines.extend(delivery.lines);
                failures.extend(delivery.failures);
            }
            Err(failure) => failures.push(failure.about(&group.title())),
        }
    }
    report(&lines, dry_run, wants_json)?;
    super::super::ecr::ended(failures, lines.is_empty())
}

async fn sync(group: &Group<'_>, how: (&Access, &Limits, DryRun)) -> Result<Delivery, Failure> {
    let tokens = Tokens::new(&group.context)?;
    let filled = Filled::obtain(group, &tokens).await?;
    let content = filled.content(&group.form)?;
    let delivery = Delivery::of(group, &content, how).await?;
    if how.2 == DryRun::No
        && delivery
            .lines
            .iter()
            .any(|line| line.outcome != "unchanged")
    {
        filled.handed_out(&group.title());
    }
    Ok(delivery)
}

fn report(lines: &[Line], dry_run: DryRun, wants_json: bool) -> Result<(), Failure> {
    if wants_json {
        return output::print_json(&lines);
    }
    let suffix = if dry_run == DryRun::No {
        ""
    } else {
        " (dry run)"
    };
    let text = lines.iter().map(|line| {
        let Line {
            namespace,
            name,
            outcome,
        } = line;
        format!("{outcome} {namespace}/{name}{suffix}\n")
    });
    output::print(&text.collect::<String>())
}
