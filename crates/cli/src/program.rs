use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::process::{Child, Command};

use crate::failure::Failure;
use crate::resolved::Sourced;

#[cfg(any(feature = "ecr", feature = "vault"))]
mod output;

#[cfg(any(feature = "ecr", feature = "vault"))]
pub(crate) use output::{Bounds, NoOutput};

/// A program of the user's, with its arguments: no shell comes between.
#[derive(Clone)]
pub(crate) struct Program(Vec<String>);

impl Program {
    /// Splits a setting into words as a shell does.
    pub(crate) fn parse(setting: &Sourced<String>) -> Result<Self, Failure> {
        let words = shlex::split(&setting.value);
        let words = words.filter(|words| words.first().is_some_and(|word| !word.is_empty()));
        words.map(Self).ok_or_else(|| {
            let reason = "it is no command: a quote is not closed, or there is no word";
            setting.origin.invalid(reason)
        })
    }

    /// The program `name` with one argument.
    #[cfg(feature = "ecr")]
    pub(crate) fn with_argument(name: String, argument: &str) -> Self {
        Self(vec![name, argument.to_owned()])
    }

    /// The program `name` with these arguments.
    #[cfg(feature = "kubernetes")]
    pub(crate) fn with_arguments(name: String, arguments: impl Iterator<Item = String>) -> Self {
        Self(std::iter::once(name).chain(arguments).collect())
    }

    /// The program; its arguments may be secrets.
    pub(crate) fn name(&self) -> &str {
        &self.0[0]
    }

    /// Starts it with this environment and nothing else of ours.
    pub(crate) fn start(
        &self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        stdout: Stdio,
    ) -> io::Result<Running> {
        self.start_reading(environment, Stdio::null(), stdout)
    }

    /// The same for one that reads what we write.
    pub(crate) fn start_reading(
        &self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        stdin: Stdio,
        stdout: Stdio,
    ) -> io::Result<Running> {
        let mut command = Command::new(self.name());
        command
            .args(&self.0[1..])
            .env_clear()
            .envs(environment)
            .stdin(stdin)
            .stdout(stdout)
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map(Running::new)
    }
}

/// Shows the program: its arguments may be secrets.
impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Program").field(&self.name()).finish()
    }
}

/// A program that runs. When this is dropped it is killed, with all that it has
/// started, where the system can do that. Whoever puts something into the
/// background for good gives it a session of its own, as daemons do.
pub(crate) struct Running {
    pub(crate) child: Child,
    #[cfg(unix)]
    group: Option<rustix::process::Pid>,
}

impl Running {
    fn new(child: Child) -> Self {
        #[cfg(unix)]
        let group = {
            let id = child.id().and_then(|id| i32::try_from(id).ok());
            id.and_then(rustix::process::Pid::from_raw)
        };
        Self {
            child,
            #[cfg(unix)]
            group,
        }
    }

    /// Leaves what it has started alone.
    #[cfg(feature = "ecr")]
    pub(crate) fn let_go(mut self) {
        #[cfg(unix)]
        {
            self.group = None;
        }
        #[cfg(not(unix))]
        let _ = &mut self;
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // Nobody is left, as a rule.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// How a program ended, for people.
pub(crate) fn ending(status: ExitStatus) -> String {
    status.code().map_or_else(
        || "was ended by a signal".to_owned(),
        |code| format!("ended with exit code {code}"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::resolved::Origin;

    fn parse(text: &str) -> Result<Program, String> {
        let setting = Sourced {
            value: text.to_owned(),
            origin: Origin::Flag("exec"),
        };
        Program::parse(&setting).map_err(|failure| failure.message())
    }

    #[test]
    fn words_are_a_shells_and_debug_shows_the_first() {
        let program = parse("sh -c 'echo \"$TOKEN\"'").unwrap();
        assert_eq!(program.0, ["sh", "-c", "echo \"$TOKEN\""]);
        assert_eq!(format!("{program:?}"), "Program(\"sh\")");
        for text in ["", " ", "'' a", "a 'b"] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with("--exec: it is no command"), "{error}");
        }
    }

    #[tokio::test]
    async fn what_it_has_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sh -c 'sleep 600 & echo $! > {}; wait'", file.display());
        let environment = [("PATH".into(), "/usr/bin:/bin".into())];
        let program = parse(&script).unwrap();
        let running = program.start(environment, Stdio::null()).unwrap();
        let mut pid = String::new();
        while !pid.ends_with('\n') {
            tokio::time::sleep(Duration::from_millis(5)).await;
            pid = std::fs::read_to_string(&file).unwrap_or_default();
        }
        drop(running);
        let stat = format!("/proc/{}/stat", pid.trim());
        for _ in 0..200 {
            // A zombie is still somebody; init takes it in a moment.
            let state = std::fs::read_to_string(&stat);
            if state.is_err() || state.is_ok_and(|state| state.contains(") Z ")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{pid} lives on");
    }
}
