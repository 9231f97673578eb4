use std::ffi::OsString;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;

/// Arguments for the release tools, which read them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    rest: Vec<OsString>,
}

/// Hands a command on to the release tools.
///
/// They are a program of their own, behind a feature: who only runs the tests compiles
/// no client of registries.
pub(crate) fn run(command: &str, args: &Args) -> Result {
    let tools = Tool::cargo("run --quiet --locked --package xtask --bin release_tools --features")
        .arg(features(&args.rest))
        .words("--")
        .arg(command)
        .args(&args.rest);
    if tools.tells()? {
        return Ok(());
    }
    Err(Failure::told())
}

/// The client of KMS is as large as all the rest: only for who names a key there.
fn features(args: &[OsString]) -> &'static str {
    let is_of_kms = |arg: &OsString| arg.to_string_lossy().contains("awskms:");
    if args.iter().any(is_of_kms) {
        "kms"
    } else {
        "release"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kms_is_for_who_names_it() {
        let of = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            features(&args)
        };
        assert_eq!(of(&["--sign-key", "key.pem"]), "release");
        assert_eq!(of(&["--sign-key", "awskms:///alias/releases"]), "kms");
        assert_eq!(of(&["--sign-key=awskms:///alias/releases"]), "kms");
    }
}
