//! What iamra does under the name of `aws_signing_helper`: its subcommands and
//! flags are taken, and become iamra's own.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use secrecy::SecretString;

use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

mod command;
mod environment;
mod flag;
mod read_certificate_data;
mod sign_string;
mod subcommand;
mod translation;

use translation::translate;

/// What a command line of the helper asks for.
#[derive(Debug)]
enum Call {
    /// What iamra has a command for.
    Iamra(IamraCall),
    ReadCertificateData(read_certificate_data::Request),
    SignString(sign_string::Request),
    Completion(clap_complete::Shell),
    Version,
    Help,
}

/// A command line of iamra's, and what of the environment it gets.
#[derive(Debug)]
struct IamraCall {
    arguments: Vec<String>,
    with_proxy: bool,
    passphrase: Option<SecretString>,
}

/// Whether that is the name by which we were called.
pub(crate) fn is_called(arguments: &[OsString]) -> bool {
    let name = arguments.first().map(Path::new).and_then(Path::file_name);
    name.is_some_and(|name| name == NAME || name == format!("{NAME}.exe").as_str())
}

/// The names of the flags of one of its subcommands; none where there is no such one.
#[cfg(feature = "kubernetes")]
pub(crate) fn flags(subcommand: &str) -> impl Iterator<Item = &'static str> {
    let found = subcommand::SUBCOMMANDS.iter();
    let found = found.filter(move |one| one.name == subcommand);
    found.flat_map(|one| one.flags.iter().copied().flatten().map(|flag| flag.name))
}

/// Does what the helper would do; `iamra` is the whole program under its own
/// name.
pub(crate) fn run(
    arguments: Vec<OsString>,
    environment: &Environment,
    iamra: fn(&[OsString], &Environment) -> Exit,
) -> Exit {
    let arguments = command::in_order(arguments);
    let call = match command::command().try_get_matches_from(arguments) {
        Ok(matches) => translate(&matches),
        Err(error) => return usage(&error),
    };
    let ended = call.and_then(|call| match call {
        Call::Iamra(call) => {
            warn_of_passphrase(&call);
            let environment = environment::for_iamra(environment, &call);
            let name = OsString::from("iamra");
            let words = call.arguments.iter().map(OsString::from);
            let words: Vec<OsString> = std::iter::once(name).chain(words).collect();
            Ok(iamra(&words, &environment))
        }
        other => answer(&other),
    });
    ended.unwrap_or_else(|failure| {
        output::report(&failure);
        failure.exit()
    })
}

fn warn_of_passphrase(call: &IamraCall) {
    if call.passphrase.is_some() {
        output::complain(
            "warning: every process of this machine can read --pkcs8-password; \
             IAMRA_PRIVATE_KEY_PASSPHRASE_FILE names a file instead\n",
        );
    }
}

/// What needs nothing of iamra's settings.
fn answer(call: &Call) -> Result<Exit, Failure> {
    match call {
        Call::ReadCertificateData(request) => request.answer()?,
        Call::SignString(request) => request.answer()?,
        Call::Completion(shell) => output::print_bytes(&command::completion(*shell))?,
        Call::Version => output::print(&format!("{}\n", version()))?,
        Call::Help | Call::Iamra(_) => {
            output::print(&command::command().render_help().to_string())?;
        }
    }
    Ok(Exit::Done)
}

/// The version whose command line this is, and ours.
fn version() -> String {
    format!("1.8.0+iamra.{}", env!("CARGO_PKG_VERSION"))
}

fn usage(error: &clap::Error) -> Exit {
    // Where the stream is closed, nobody is there to be told.
    let _ = error.print();
    if error.kind() == ErrorKind::DisplayHelp {
        Exit::Done
    } else {
        Exit::Configuration
    }
}

const NAME: &str = "aws_signing_helper";

/// The file that `sign-string` and `read-certificate-data` are about.
fn read_key_file(path: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, Failure> {
    if path.starts_with("pkcs11:") {
        let message = "sign-string and read-certificate-data read files; of a token, use \
                       `iamra cert show --certificate pkcs11:…`";
        return Err(Failure::configuration("config.invalid", message));
    }
    crate::context::read_file(path.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_that_name_is_the_helpers() {
        for (name, expected) in [
            ("aws_signing_helper", true),
            ("/usr/bin/aws_signing_helper", true),
            ("./aws_signing_helper.exe", true),
            ("iamra", false),
            ("/opt/aws_signing_helper/iamra", false),
            ("aws_signing_helper2", false),
        ] {
            assert_eq!(
                is_called(&[name.into(), "version".into()]),
                expected,
                "{name}"
            );
        }
        assert!(!is_called(&[]));
    }
}
