use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use refresh::FaultKind;

use crate::commands;
use crate::context::{Context, read_text};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::resolved::Resolved;
#[cfg(feature = "ecr")]
use crate::settings::PLUGIN_CONFIG;
use crate::settings::sidecar;
use crate::{aws_signing_helper, logging, panic};

/// The whole program.
pub fn main() -> ExitCode {
    panic::install();
    keep_out_of_core_dumps();
    let environment = Environment::of_process();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if aws_signing_helper::is_called(&arguments) {
        return aws_signing_helper::run(arguments, &environment, run).into();
    }
    #[cfg(feature = "ecr")]
    let arguments = match crate::multicall::command_line(arguments) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    run(&arguments, &environment).into()
}

/// Keeps keys and tokens out of core dumps, and other processes of the same
/// user out of our memory (prctl(2), `PR_SET_DUMPABLE`).
#[cfg(target_os = "linux")]
fn keep_out_of_core_dumps() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    // Where the kernel refuses, everything else still works.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn keep_out_of_core_dumps() {}

fn run(arguments: &[OsString], environment: &Environment) -> Exit {
    #[cfg(feature = "ecr")]
    let is_dockers = commands::ecr::docker_credential::is_meant(arguments);
    let matches = match commands::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        #[cfg(feature = "ecr")]
        Err(error) if is_dockers && error.use_stderr() => {
            return commands::ecr::docker_credential::misunderstood(arguments, &error);
        }
        Err(error) if commands::explain::is_meant(arguments) && error.use_stderr() => {
            return commands::explain::misunderstood();
        }
        Err(error) => return usage(&error),
    };
    let (names, innermost) = commands::innermost(&matches);
    let ended = prepare(&names, innermost, environment)
        .and_then(|context| block_on(commands::run(&names, innermost, &context)));
    ended.unwrap_or_else(|failure| commands::report(&names, innermost, &failure))
}

fn prepare<'a>(
    names: &[&str],
    matches: &'a clap::ArgMatches,
    environment: &'a Environment,
) -> Result<Context<'a>, Failure> {
    let bare = Resolved::without_file(matches, environment);
    // It shall explain a broken config file, too.
    let settings = if names == ["explain"] {
        bare
    } else {
        let default = default_config(names, &bare)?;
        Resolved::new(matches, environment, default, read_text)?.for_verb(names)
    };
    logging::start(&settings, names)?;
    if settings.reads_sidecar() {
        for variable in sidecar::present(environment) {
            tracing::info!(variable, "read a variable of the sidecar");
        }
    }
    Ok(Context::new(settings))
}

/// The config file of verbs that others start without a flag: the user's own,
/// else that of the machine; and of the one that prepares for those, theirs.
#[cfg(feature = "ecr")]
fn default_config(names: &[&str], settings: &Resolved<'_>) -> Result<Option<PathBuf>, Failure> {
    let machine = || Some(PathBuf::from(PLUGIN_CONFIG));
    let places = match names {
        ["ecr", "docker-credential" | "kubelet-provider"] => {
            let own = settings.environment().config_folder();
            [
                own.map(|folder| folder.join("iamra/config.toml")),
                machine(),
            ]
        }
        ["ecr", "kubelet-config"] => [settings.path("plugin-config")?.or_else(machine), None],
        _ => [None, None],
    };
    Ok(places.into_iter().flatten().find(|path| path.exists()))
}

#[cfg(not(feature = "ecr"))]
#[expect(clippy::unnecessary_wraps, reason = "with ecr, it may fail")]
fn default_config(_: &[&str], _: &Resolved<'_>) -> Result<Option<PathBuf>, Failure> {
    Ok(None)
}

/// One thread is enough: the work is waiting.
fn block_on(future: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("runtime.failed", FaultKind::Failed, error))?;
    let ended = runtime.block_on(future);
    // A resolver's thread may still wait for an answer: it is not waited for.
    runtime.shutdown_background();
    ended
}

/// Help and version are answers, everything else is a wrong command line.
fn usage(error: &clap::Error) -> Exit {
    let is_answer = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    // Where the stream is closed, nobody is there to be told.
    let _ = error.print();
    if is_answer {
        Exit::Done
    } else {
        Exit::Configuration
    }
}
