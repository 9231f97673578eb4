use std::path::Path;
use std::str::FromStr;

use super::failed;
use crate::context::read_text;
use crate::failure::Failure;

/// A signal that a server understands as "read your files again".
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum SignalName {
    /// What most servers reload at.
    #[default]
    Hangup,
    /// `USR1`.
    User1,
    /// `USR2`.
    User2,
    /// `TERM`, for whoever is started again by a supervisor.
    Terminate,
}

/// A text that is no such signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it must be HUP, USR1, USR2 or TERM")]
pub(crate) struct UnknownSignal;

impl FromStr for SignalName {
    type Err = UnknownSignal;

    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let name = text.to_uppercase();
        match name.strip_prefix("SIG").unwrap_or(&name) {
            "HUP" => Ok(Self::Hangup),
            "USR1" => Ok(Self::User1),
            "USR2" => Ok(Self::User2),
            "TERM" => Ok(Self::Terminate),
            _ => Err(UnknownSignal),
        }
    }
}

/// Sends the signal to the process whose number stands in the file.
pub(super) fn send(signal: SignalName, pid_file: &Path) -> Result<(), Failure> {
    let unreadable = |failure: Failure| failed(format!("--pid-file: {}", failure.message()));
    let text = read_text(pid_file).map_err(unreadable)?;
    let unusable = |why: &str| failed(format!("--pid-file: {} {why}", pid_file.display()));
    match text.trim().parse() {
        // 0 and the negative are groups, and 1 is nobody's server outside a
        // container whose only process it is.
        Ok(id) if u32::try_from(id) == Ok(std::process::id()) => {
            Err(unusable("names this process itself"))
        }
        Ok(id @ 1..) => deliver(signal, id).map_err(|why| unusable(&why)),
        _ => Err(unusable("holds no process number")),
    }
}

#[cfg(unix)]
fn deliver(signal: SignalName, id: i32) -> Result<(), String> {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match signal {
        SignalName::Hangup => Signal::HUP,
        SignalName::User1 => Signal::USR1,
        SignalName::User2 => Signal::USR2,
        SignalName::Terminate => Signal::TERM,
    };
    let Some(process) = Pid::from_raw(id) else {
        return Err("holds no process number".to_owned());
    };
    kill_process(process, signal).map_err(|error| format!("names process {id}: {error}"))
}

#[cfg(not(unix))]
fn deliver(_: SignalName, _: i32) -> Result<(), String> {
    Err("names a process, but there are no signals here".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_the_names_that_kill_knows() {
        for (text, expected) in [
            ("HUP", Ok(SignalName::Hangup)),
            ("sighup", Ok(SignalName::Hangup)),
            ("USR2", Ok(SignalName::User2)),
            ("KILL", Err(UnknownSignal)),
            ("", Err(UnknownSignal)),
        ] {
            assert_eq!(text.parse(), expected, "{text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_names_no_process_is_an_error() {
        use std::io::Write as _;
        for (text, expected) in [
            ("", "is empty"),
            ("0\n", "holds no process number"),
            ("-1\n", "holds no process number"),
            ("a\n", "holds no process number"),
            ("2147483647\n", "names process 2147483647: "),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let failure = send(SignalName::Hangup, file.path()).unwrap_err();
            assert!(failure.message().contains(expected), "{failure}");
        }
    }
}
