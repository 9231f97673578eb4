use clap::{ArgMatches, Command};

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::k8s::{Access, DryRun, Filled, Group, How, Line, Pass, deliver, limits};
use crate::{output, settings};

mod kubectl_words;

pub(crate) fn command() -> Command {
    verb(
        "sync",
        "Bring the Secrets of all targets up to date once, for a CronJob or by hand",
        |command| {
            let own = [&settings::OUTPUT, &settings::DRY_RUN, &settings::WRITES];
            kubectl_words::added(super::filling(command, &own, &[]))
        },
    )
    .long_about(ABOUT)
}

const ABOUT: &str = "\
Obtains one authorization token for each region, and writes it into the Secret of each target \
namespace: creates what is not there, changes in place what is ours, and leaves alone what is \
somebody else's (--on-foreign). The service accounts of --service-account get its name where the Secret is \
as it should be. A Secret that cannot be written keeps nothing from the others (exit \
code 6).

The words of `kubectl create secret docker-registry NAME --docker-server=… --docker-username=AWS …` are \
taken, too: a login that is good for twelve hours, but obtained here.";

pub(crate) async fn run(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let context = &kubectl_words::read(matches, context)?;
    let wants_json = context.wants_json()?;
    let dry_run = DryRun::chosen(context)?;
    let limits = &limits(context)?;
    let access = &Access::new(context).await?;
    let groups = Group::all(context, &access.own_namespace)?;
    let how = How {
        access,
        limits,
        dry_run,
    };
    let Pass { lines, failures } = Pass::over(&groups, async |group| sync(group, how).await).await;
    if wants_json {
        output::print_json(&lines)?;
    } else {
        let text = lines.iter().map(|line| line.text(dry_run));
        output::print(&text.collect::<String>())?;
    }
    super::super::ecr::ended(failures, lines.is_empty())
}

async fn sync(group: &Group<'_>, how: How<'_>) -> Result<Pass<Line>, Failure> {
    let filled = Filled::obtain(group, Tokens::new).await?;
    let content = filled.content(&group.form)?;
    let pass = deliver(group, &content, how).await?;
    if how.dry_run == DryRun::No && pass.lines.iter().any(Line::is_written_secret) {
        filled.handed_out(&group.title());
    }
    Ok(pass)
}
