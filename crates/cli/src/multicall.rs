//! The names of other programs that iamra answers to, each with the command
//! that stands for it.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::commands::ecr::docker_credential::CALLED;
use crate::exit::Exit;
use crate::settings::PLUGIN_NAME;

#[cfg(feature = "kubernetes")]
mod secret_creator;

/// The command line of iamra's own that `arguments` stand for; as they are
/// where the program's name is none of these. Where that is all, how it ends.
#[cfg_attr(
    not(feature = "kubernetes"),
    expect(clippy::unnecessary_wraps, reason = "with kubernetes, it may end")
)]
pub(crate) fn command_line(arguments: Vec<OsString>) -> Result<Vec<OsString>, Exit> {
    let name = arguments.first().map(Path::new).and_then(Path::file_stem);
    let name = name.and_then(OsStr::to_str).unwrap_or_default().to_owned();
    let given = arguments.iter().skip(1).cloned();
    Ok(match name.as_str() {
        // What follows is the protocol's, even if it looks like a flag.
        "docker-credential-iamra" | "docker-credential-ecr-login" => {
            words(&format!("docker-credential --{CALLED} {name} --"), given)
        }
        PLUGIN_NAME => words("kubelet-provider", given),
        // That one heeds no argument, and examples have `get-credentials`.
        "ecr-credential-provider" => {
            let is_flag = |word: &OsString| word.as_encoded_bytes().starts_with(b"--");
            let given: Vec<_> = given.collect();
            let first = given.iter().position(is_flag).unwrap_or(given.len());
            words("kubelet-provider", given[first..].iter().cloned())
        }
        #[cfg(feature = "kubernetes")]
        secret_creator::NAME => secret_creator::command_line(given)?,
        _ => arguments,
    })
}

/// What the arguments of `ecr-k8s-secret-creator` are in iamra's own words;
/// nothing where they are wrong.
#[cfg(feature = "kubernetes")]
pub(crate) fn secret_creator_arguments(given: &[&str]) -> Option<Vec<String>> {
    secret_creator::arguments(given)
}

fn words(verb: &str, given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let ours = ["iamra", "ecr"].into_iter().chain(verb.split(' '));
    ours.map(OsString::from).chain(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_a_command() {
        for (line, expected) in [
            ("iamra ecr token", "iamra ecr token"),
            ("/usr/bin/iamra", "/usr/bin/iamra"),
            (
                "/usr/bin/docker-credential-iamra get",
                "iamra ecr docker-credential --called docker-credential-iamra -- get",
            ),
            (
                "docker-credential-iamra.exe --version",
                "iamra ecr docker-credential --called docker-credential-iamra -- --version",
            ),
            (
                "docker-credential-ecr-login list",
                "iamra ecr docker-credential --called docker-credential-ecr-login -- list",
            ),
            (
                "/opt/bin/iamra-credential-provider --config=/etc/iamra/config.toml",
                "iamra ecr kubelet-provider --config=/etc/iamra/config.toml",
            ),
            (
                "ecr-credential-provider get-credentials",
                "iamra ecr kubelet-provider",
            ),
            (
                "ecr-credential-provider get-credentials --config x",
                "iamra ecr kubelet-provider --config x",
            ),
        ] {
            let arguments = line.split(' ').map(OsString::from).collect();
            let words = command_line(arguments).unwrap();
            let words: Vec<_> = words.iter().map(|word| word.to_str().unwrap()).collect();
            assert_eq!(words.join(" "), expected);
        }
    }
}
