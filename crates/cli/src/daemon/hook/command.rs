use std::ffi::OsString;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::failed;
use crate::failure::Failure;

/// Runs a command to its end, or kills it when its time is over, or when this
/// is dropped: with all that it has started, where the system can do that.
pub(super) async fn run(
    words: &[String],
    environment: Vec<(OsString, OsString)>,
    timeout: Duration,
) -> Result<(), Failure> {
    let program = &words[0];
    let mut command = Command::new(program);
    command
        .args(&words[1..])
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(like_stderr())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| failed(format!("--exec: cannot run {program}: {error}")))?;
    let _group = Group::of(&child);
    match tokio::time::timeout(timeout, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(failed(format!("--exec: {program} {}", ending(status)))),
        Ok(Err(error)) => Err(failed(format!("--exec: {program}: {error}"))),
        Err(_) => Err(failed(format!(
            "--exec: {program} was killed: it took longer than {} s",
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

fn ending(status: ExitStatus) -> String {
    status.code().map_or_else(
        || "was ended by a signal".to_owned(),
        |code| format!("ended with exit code {code}"),
    )
}

/// The command and what it has started; killed when this is dropped. A
/// command that has put something into the background for good starts a
/// session for it, as daemons do.
struct Group(#[cfg(unix)] Option<rustix::process::Pid>);

impl Group {
    fn of(
        #[cfg_attr(not(unix), expect(unused_variables, reason = "no groups"))] child: &Child,
    ) -> Self {
        #[cfg(unix)]
        {
            let id = child.id().and_then(|id| i32::try_from(id).ok());
            Self(id.and_then(rustix::process::Pid::from_raw))
        }
        #[cfg(not(unix))]
        Self()
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Nobody is left, as a rule.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn sh(script: &str, timeout: Duration) -> Result<(), String> {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        let environment = vec![("PATH".into(), "/usr/bin:/bin".into())];
        let result = run(&words, environment, timeout).await;
        result.map_err(|failure| failure.message())
    }

    #[tokio::test]
    async fn the_exit_code_counts() {
        let minute = Duration::from_secs(60);
        assert_eq!(sh("exit 0", minute).await, Ok(()));
        assert_eq!(
            sh("exit 3", minute).await,
            Err("--exec: /bin/sh ended with exit code 3".to_owned())
        );
        assert_eq!(
            sh("kill -9 $$", minute).await,
            Err("--exec: /bin/sh was ended by a signal".to_owned())
        );
        let words = vec!["/nonexistent/program".to_owned()];
        let failure = run(&words, Vec::new(), minute).await.unwrap_err();
        assert!(
            failure
                .message()
                .starts_with("--exec: cannot run /nonexistent/program")
        );
    }

    #[tokio::test]
    async fn what_takes_too_long_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let error = sh(&script, Duration::from_secs(1)).await.unwrap_err();
        assert!(error.contains("was killed"), "{error}");
        let pid = std::fs::read_to_string(file).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        for _ in 0..100 {
            // A zombie is still somebody; init takes it in a moment.
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            if !state.is_ok_and(|state| !state.contains(") Z ")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{pid:?} lives on");
    }
}
