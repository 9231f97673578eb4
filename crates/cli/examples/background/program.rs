//! A program that runs beside the demonstration, and what it says.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;

/// Ends with us, whatever happens.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
    /// How much of the log was shown.
    shown: usize,
}

impl Program {
    /// Starts it; what it logs goes to that file.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Result<Self> {
        let child = command
            .stderr(File::create(&log)?)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self {
            child,
            log,
            shown: 0,
        })
    }

    /// Shows what is logged until a line with `text`, each line as `told`.
    pub(crate) fn show_until(
        &mut self,
        text: &str,
        told: impl Fn(&str) -> Option<String>,
    ) -> Result {
        for _ in 0..1500 {
            let ended = self.child.try_wait()?;
            let log = std::fs::read_to_string(&self.log)?;
            let news = log.get(self.shown..).unwrap_or_default();
            if let Some(place) = news.find(text)
                && let Some(line) = news[place..].find('\n')
            {
                let end = place + line + 1;
                for line in news[..end].lines().filter_map(&told) {
                    println!("   {line}");
                }
                self.shown += end;
                return Ok(());
            }
            if let Some(status) = ended {
                return Err(format!("it ended, {status}, before {text:?}:\n{news}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(format!("it never said {text:?}").into())
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result {
        let id = Pid::from_raw(self.child.id().try_into()?).ok_or("no process")?;
        Ok(kill_process(id, signal)?)
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn end(mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        for _ in 0..1500 {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("it does not end".into())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
