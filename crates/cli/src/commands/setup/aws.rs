use std::str::FromStr;

use clap::Command;
use rolesanywhere::SessionDuration;

use self::anchor::{Anchor, NAMES, is_name};
use self::place::Place;
use self::plan::{Granted, Plan, Repositories, Rights};
#[cfg(feature = "pods")]
use self::pods::Pods;
use self::principal::Principal;
use self::repository::Repository;
use self::workload::Workload;
use super::said::Said;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::resolved::chain;
use crate::setting::{with_named, with_settings};
use crate::{output, settings};

mod anchor;
mod bucket;
mod calls;
mod cloudformation;
mod place;
mod plan;
#[cfg(feature = "pods")]
mod pods;
mod policies;
mod principal;
mod repository;
mod shell;
mod terraform;
#[cfg(test)]
mod tests;
mod workload;

pub(crate) fn command() -> Command {
    verb(
        "aws",
        "Print what AWS needs for each workload: trust anchor, profiles, roles, rights; nothing is called",
        |command| {
            let shared = [
                "workload",
                "trust-anchor-pem",
                "trust-anchor-arn",
                "region",
                "session-duration",
            ];
            let command = with_named(command, &shared);
            let command = with_settings(command, &[&settings::SETUP_AWS, &settings::OUTPUT]);
            let command = with_named(command, FOR_PODS);
            SAID_OTHERWISE.iter().fold(command, Said::over)
        },
    )
}

#[cfg(feature = "pods")]
const FOR_PODS: &[&str] = &["pods", "cluster-name", "pod-role"];
#[cfg(not(feature = "pods"))]
const FOR_PODS: &[&str] = &[];

const SAID_OTHERWISE: [Said; 6] = [
    Said {
        name: "workload",
        help: "A workload: the common name of its certificates. A list as setup vault takes it will \
               do, too: what stands after = is passed over.",
        default: None,
    },
    Said {
        name: "trust-anchor-pem",
        help: "The certificates that the trust anchor is made of, as iamra cert trust-anchor prints \
               them. - is standard input.",
        default: None,
    },
    Said {
        name: "trust-anchor-arn",
        help: "A trust anchor that is there already, in place of a new one. Its region and account \
               are those in which the rest is made.",
        default: None,
    },
    Said {
        name: "region",
        help: "The region in which all is made.",
        default: Some("the trust anchor's"),
    },
    Said {
        name: "session-duration",
        help: "How long sessions last at most, 900 to 43200 seconds: the profile's duration, and the \
               longest that the roles allow.",
        default: Some("3600"),
    },
    Said {
        name: "output",
        help: "What to print: cli for a shell script, terraform, cloudformation for a template in \
               JSON, which goes through S3 where it has more than 51200 bytes, or json for \
               programs: the calls of the APIs in their order.",
        default: Some("cli"),
    },
];

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let format = Format::chosen(context)?;
    let plan = plan(context)?;
    keeps_policies(format, &plan)?;
    match format {
        Format::Shell => output::print(&shell::script(&plan))?,
        Format::Terraform => output::print(&terraform::module(&plan))?,
        Format::CloudFormation => output::print(&cloudformation::printed(&plan)?)?,
        Format::Json => output::print_json(&calls::document(&plan))?,
    }
    Ok(Exit::Done)
}

/// Only the script can look whether a repository has a policy already: the other
/// forms would replace it.
fn keeps_policies(format: Format, plan: &Plan) -> Result<(), Failure> {
    let repositories = &plan.repositories;
    if matches!(format, Format::Shell)
        || repositories.are_made
        || repositories.pull_principals.is_empty()
    {
        return Ok(());
    }
    Err(Failure::configuration(
        "config.invalid",
        "--pull-principal: this --output sets the policy of repositories that it makes, and of no others",
    )
    .with_hint("--create-repositories makes them; --output cli adds to repositories that are there, unless their policy has other statements"))
}

#[derive(Clone, Copy)]
enum Format {
    Shell,
    Terraform,
    CloudFormation,
    Json,
}

impl Format {
    fn chosen(context: &Context<'_>) -> Result<Self, Failure> {
        let formats = [
            ("cli", Self::Shell),
            ("terraform", Self::Terraform),
            ("cloudformation", Self::CloudFormation),
            ("json", Self::Json),
        ];
        let format = context.settings.choice("output", formats)?;
        Ok(format.unwrap_or(Self::Shell))
    }
}

fn plan(context: &Context<'_>) -> Result<Plan, Failure> {
    let settings = &context.settings;
    let (workloads, shared_profile) = workloads_and_profile(context)?;
    let anchor = Anchor::new(context)?;
    let place = Place::new(
        context,
        anchor.existing().map(rolesanywhere::TrustAnchorArn::arn),
    )?;
    let of_place = |repository: Repository| repository.within(&place);
    let pull = granted(context, "pull", &workloads)?;
    let push = granted(context, "push", &workloads)?;
    let rights = Rights {
        pull: pull.into_iter().map(|one| one.map(of_place)).collect(),
        push: push.into_iter().map(|one| one.map(of_place)).collect(),
        list_tags: settings.switch("list-tags")?,
        read: granted(context, "read-bucket", &workloads)?,
        list_buckets: settings.switch("list-buckets")?,
        read_own_setup: settings.switch("read-own-setup")?,
    };
    let plan = Plan {
        shared_profile,
        duration: settings
            .parse("session-duration")?
            .unwrap_or(SessionDuration::HOUR),
        repositories: Repositories {
            are_made: settings.switch("create-repositories")?,
            pull_principals: principals(context)?,
        },
        place,
        anchor,
        workloads,
        rights,
    };
    match plan.flaw() {
        Some(flaw) => Err(Failure::configuration("config.invalid", flaw)),
        None => Ok(plan),
    }
}

/// Whose roles they are, and the profile of all of them, if there is one.
fn workloads_and_profile(
    context: &Context<'_>,
) -> Result<(Vec<Workload>, Option<String>), Failure> {
    let prefix = match context.settings.sourced("role-prefix")? {
        Some(prefix) if !is_name(&prefix.value) => return Err(prefix.origin.invalid(NAMES)),
        prefix => prefix.map(|prefix| prefix.value).unwrap_or_default(),
    };
    let profile = shared_profile(context)?;
    #[cfg(feature = "pods")]
    if let Some(pods) = Pods::asked_for(context)? {
        let profile = profile.unwrap_or_else(|| pods.profile());
        return Ok((pods.workloads(context, &prefix)?, Some(profile)));
    }
    Ok((workloads(context, &prefix)?, profile))
}

fn workloads(context: &Context<'_>, prefix: &str) -> Result<Vec<Workload>, Failure> {
    let mut workloads: Vec<Workload> = Vec::new();
    for text in &context.settings.list("workload")? {
        let workload = Workload::parse(text, prefix)?;
        let is_same = |other: &Workload| other.common_name == workload.common_name;
        if workloads.iter().any(is_same) {
            let message = format!("--workload: {} is there twice", workload.common_name);
            return Err(Failure::configuration("config.invalid", message));
        }
        workloads.push(workload);
    }
    if workloads.is_empty() {
        return Err(
            Failure::configuration("config.missing", "--workload is missing").with_hint(
                "name the common name of each one's certificates: --workload app.example.test",
            ),
        );
    }
    Ok(workloads)
}

/// `WHAT`, for all workloads, or `WORKLOAD=WHAT`, for one.
fn granted<T>(
    context: &Context<'_>,
    name: &str,
    workloads: &[Workload],
) -> Result<Vec<Granted<T>>, Failure>
where
    T: FromStr,
    T::Err: std::error::Error,
{
    let Some(origin) = context
        .settings
        .sourced(name)?
        .map(|sourced| sourced.origin)
    else {
        return Ok(Vec::new());
    };
    let one = |text: String| {
        let (to, what) = match text.split_once('=') {
            Some((to, what)) => (Some(to.to_owned()), what),
            None => (None, text.as_str()),
        };
        let is_known = |to: &String| workloads.iter().any(|one| one.common_name == *to);
        if let Some(unknown) = to.as_ref().filter(|to| !is_known(to)) {
            return Err(origin.invalid(&format!("{unknown:?} is none of the workloads")));
        }
        match what.parse() {
            Ok(what) => Ok(Granted { to, what }),
            Err(error) => Err(origin.invalid(&chain(&error))),
        }
    };
    context.settings.list(name)?.into_iter().map(one).collect()
}

fn principals(context: &Context<'_>) -> Result<Vec<Principal>, Failure> {
    let Some(origin) = context.settings.sourced("pull-principal")? else {
        return Ok(Vec::new());
    };
    let all = context.settings.list("pull-principal")?;
    let parsed = all.iter().map(|text| {
        let principal: Result<Principal, _> = text.parse();
        principal.map_err(|error| origin.origin.invalid(&chain(&error)))
    });
    parsed.collect()
}

fn shared_profile(context: &Context<'_>) -> Result<Option<String>, Failure> {
    match context.settings.sourced("shared-profile")? {
        Some(name) if !is_name(&name.value) => Err(name.origin.invalid(NAMES)),
        name => Ok(name.map(|name| name.value)),
    }
}
