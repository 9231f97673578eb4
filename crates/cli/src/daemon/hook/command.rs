use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use super::failed;
use crate::failure::Failure;
use crate::program::{Program, ending};

/// Runs a command to its end, or kills it when its time is over.
pub(super) async fn run(
    program: &Program,
    environment: Vec<(OsString, OsString)>,
    timeout: Duration,
) -> Result<(), Failure> {
    let name = program.name();
    let running = program.start(environment, like_stderr());
    let mut running =
        running.map_err(|error| failed(format!("--exec: cannot run {name}: {error}")))?;
    match tokio::time::timeout(timeout, running.child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(format!("--exec: {name} {}", ending(status)))),
        Ok(Err(error)) => Err(failed(format!("--exec: {name}: {error}"))),
        Err(_) => Err(failed(format!(
            "--exec: {name} was killed: it took longer than {} s",
            timeout.as_secs()
        ))),
    }
}

/// stdout is data, and what a hook says is none.
fn like_stderr() -> Stdio {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd as _;
        if let Ok(stderr) = std::io::stderr().as_fd().try_clone_to_owned() {
            return stderr.into();
        }
    }
    Stdio::null()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::resolved::{Origin, Sourced};

    async fn run_line(line: &str, timeout: Duration) -> Result<(), String> {
        let setting = Sourced {
            value: line.to_owned(),
            origin: Origin::Flag("exec"),
        };
        let program = Program::parse(&setting).map_err(|failure| failure.message())?;
        let environment = vec![("PATH".into(), "/usr/bin:/bin".into())];
        let result = run(&program, environment, timeout).await;
        result.map_err(|failure| failure.message())
    }

    #[tokio::test]
    async fn the_exit_code_counts() {
        let minute = Duration::from_secs(60);
        for (line, expected) in [
            ("true", Ok(())),
            ("sh -c 'exit 3'", Err("--exec: sh ended with exit code 3")),
            (
                "sh -c 'kill -9 $$'",
                Err("--exec: sh was ended by a signal"),
            ),
            (
                "/nowhere/program",
                Err("--exec: cannot run /nowhere/program: No such file or directory (os error 2)"),
            ),
        ] {
            let found = run_line(line, minute).await;
            assert_eq!(found, expected.map_err(str::to_owned), "{line}");
        }
        let found = run_line("sleep 600", Duration::from_secs(1)).await;
        let expected = "--exec: sleep was killed: it took longer than 1 s";
        assert_eq!(found, Err(expected.to_owned()));
    }
}
