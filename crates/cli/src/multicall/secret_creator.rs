//! `ecr-k8s-secret-creator`: its flags, and the Secret that it writes.

use std::collections::BTreeMap;
use std::ffi::OsString;

use aws_partition::AccountId;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// What is answered for its command line: another one, or the help.
pub(super) fn command_line(given: impl Iterator<Item = OsString>) -> Result<Vec<OsString>, Exit> {
    let translated = flags(given).and_then(|flags| match flags {
        Some(flags) => translated(&flags).map(Ok),
        None => output::print(HELP).map(|()| Err(Exit::Done)),
    });
    translated.unwrap_or_else(|failure| {
        output::report(&failure);
        Err(failure.exit())
    })
}

/// The words of iamra's own that stand for its arguments.
pub(super) fn arguments(given: &[&str]) -> Option<Vec<String>> {
    let flags = flags(given.iter().map(OsString::from)).ok().flatten()?;
    let words = translated(&flags).ok()?.into_iter().skip(1);
    words.map(|word| word.into_string().ok()).collect()
}

/// The flags as Go's package `flag` reads them: one dash or two, the value behind
/// `=` or in the next word, whatever that begins with; of several the last one
/// counts, and the first word that is no flag ends them. `None` asks for help.
fn flags(
    mut given: impl Iterator<Item = OsString>,
) -> Result<Option<BTreeMap<&'static str, String>>, Failure> {
    let mut flags = BTreeMap::new();
    while let Some(word) = given.next() {
        let word = text(word)?;
        let Some(flag) = word
            .strip_prefix('-')
            .filter(|flag| !matches!(*flag, "" | "-"))
        else {
            break;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        if matches!(name, "h" | "help") {
            return Ok(None);
        }
        let known = FLAGS.into_iter().find(|known| *known == name);
        let known = known.ok_or_else(|| {
            invalid(&format!(
                "there is no flag -{name}; {NAME} has -{}",
                FLAGS.join(", -")
            ))
        })?;
        let value = match value {
            Some(value) => value,
            None => text(
                given
                    .next()
                    .ok_or_else(|| wrong(known, "it has no value"))?,
            )?,
        };
        flags.insert(known, value);
    }
    Ok(Some(flags))
}

fn text(word: OsString) -> Result<String, Failure> {
    let text = word.into_string();
    text.map_err(|word| invalid(&format!("{} is not UTF-8", word.display())))
}

/// The same Secret, kept by `k8s run`. It has no Lease and keeps no tokens in
/// another Secret: that program did neither, and its rights are for its own.
fn translated(flags: &BTreeMap<&'static str, String>) -> Result<Vec<OsString>, Failure> {
    // What a template leaves empty is not there.
    let flag = |name| {
        flags
            .get(name)
            .map(String::as_str)
            .filter(|it| !it.is_empty())
    };
    let mut words = vec![
        "iamra".to_owned(),
        "k8s".to_owned(),
        "run".to_owned(),
        format!(
            "--secret-name={}",
            flag(SECRET_NAME).unwrap_or("ecr-auth-cfg")
        ),
        format!("--secret-format={}", format(flag(SECRET_TYPE))?),
        "--registry-scheme".to_owned(),
        "--auth-only".to_owned(),
        "--forget-tokens".to_owned(),
        format!("--token-interval={}", interval(flag(INTERVAL))?),
    ];
    words.extend(flag(REGION).map(|region| format!("--region={region}")));
    if let Some(account) = flag(PROFILE) {
        let account: AccountId = account
            .parse()
            .map_err(|error| wrong(PROFILE, &format!("{error}")))?;
        words.push(format!("--account={account}"));
    }
    Ok(words.into_iter().map(OsString::from).collect())
}

/// What that program writes as dockercfg has the level `auths`, in which kubelet
/// finds nothing; ours has not.
fn format(secret_type: Option<&str>) -> Result<&'static str, Failure> {
    Ok(match secret_type {
        None | Some("Opaque") => "config-json",
        Some("kubernetes.io/dockerconfigjson") => "dockerconfigjson",
        Some("kubernetes.io/dockercfg") => "dockercfg",
        Some(_) => {
            let reason =
                "it must be Opaque, kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg";
            return Err(wrong(SECRET_TYPE, reason));
        }
    })
}

/// No token lives longer than the most that `--token-interval` takes.
fn interval(seconds: Option<&str>) -> Result<u64, Failure> {
    match seconds.unwrap_or("1200").parse::<u64>() {
        Ok(seconds @ 1..) => Ok(seconds.min(43_200)),
        _ => Err(wrong(INTERVAL, "it must be a number of seconds, 1 or more")),
    }
}

fn wrong(flag: &str, reason: &str) -> Failure {
    invalid(&format!("-{flag}: {reason}"))
}

fn invalid(message: &str) -> Failure {
    Failure::configuration("config.invalid", message)
}

/// The program.
pub(super) const NAME: &str = "ecr-k8s-secret-creator";

const SECRET_NAME: &str = "secretName";
const SECRET_TYPE: &str = "secretType";
const REGION: &str = "region";
const INTERVAL: &str = "interval";
const PROFILE: &str = "profile";
const FLAGS: [&str; 5] = [SECRET_NAME, SECRET_TYPE, REGION, INTERVAL, PROFILE];

const HELP: &str = "\
iamra, called as ecr-k8s-secret-creator: keeps a Secret of its own namespace with a login to ECR

Usage: ecr-k8s-secret-creator [-flag value | -flag=value]…

  -secretName NAME   the Secret [default: ecr-auth-cfg]
  -secretType TYPE   Opaque, with config.json for docker clients; kubernetes.io/dockerconfigjson or
                     kubernetes.io/dockercfg, for kubelet [default: Opaque]
  -region REGION     the registry's region [default: AWS_REGION, or where the AWS profile is]
  -profile ID        the account whose registry it is [default: the credentials' own]
  -interval SECONDS  another token after so many seconds at the latest [default: 1200]

That is `iamra k8s run --registry-scheme --auth-only --forget-tokens` with these values. All other
settings of it count as well, by variable (IAMRA_…) or config file: `iamra k8s run --help`.
";

#[cfg(test)]
mod tests;
