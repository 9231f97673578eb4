use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use thiserror::Error;
use tokio::io::AsyncReadExt as _;
#[cfg(feature = "ecr")]
use tokio::io::AsyncWriteExt as _;
use zeroize::Zeroizing;

use super::{Program, Running, ending};

/// How much a program may print, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Of bytes.
    pub(crate) limit: usize,
    pub(crate) timeout: Duration,
}

/// Why there is no output of a program.
#[derive(Debug, Error)]
pub(crate) enum NoOutput {
    #[error("it cannot be run: {0}")]
    NotStarted(io::Error),
    #[error("its output cannot be read: {0}")]
    Unread(io::Error),
    #[error("it prints more than {limit} bytes")]
    TooMuch { limit: usize },
    #[error("it took longer than {} s", .timeout.as_secs())]
    TooLong { timeout: Duration },
    #[error("it {}", ending(*.0))]
    Failed(ExitStatus),
}

impl Program {
    /// What it prints, if it succeeds. All that it has started ends with it.
    pub(crate) async fn printed(
        &self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        bounds: Bounds,
    ) -> Result<Zeroizing<Vec<u8>>, NoOutput> {
        let running = self.start(environment, Stdio::piped());
        let mut running = running.map_err(NoOutput::NotStarted)?;
        match bounds.within(running.output(bounds.limit)).await? {
            (output, status) if status.success() => Ok(output),
            (_, status) => Err(NoOutput::Failed(status)),
        }
    }

    /// What it prints when it is told `input`, and how it ended. What it has
    /// left in the background stays.
    #[cfg(feature = "ecr")]
    pub(crate) async fn answered(
        &self,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        input: &[u8],
        bounds: Bounds,
    ) -> Result<(Zeroizing<Vec<u8>>, ExitStatus), NoOutput> {
        let running = self.start_reading(environment, Stdio::piped(), Stdio::piped());
        let mut running = running.map_err(NoOutput::NotStarted)?;
        let stdin = running.child.stdin.take();
        let told = async {
            if let Some(mut stdin) = stdin {
                // One that does not read says why it has ended.
                let _ = stdin.write_all(input).await;
            }
        };
        let ended = async { tokio::join!(told, running.output(bounds.limit)).1 };
        let ended = bounds.within(ended).await?;
        running.let_go();
        Ok(ended)
    }
}

impl Bounds {
    async fn within(
        self,
        ended: impl Future<Output = io::Result<(Zeroizing<Vec<u8>>, ExitStatus)>>,
    ) -> Result<(Zeroizing<Vec<u8>>, ExitStatus), NoOutput> {
        let Self { limit, timeout } = self;
        let ended = tokio::time::timeout(timeout, ended).await;
        let ended = ended.map_err(|_| NoOutput::TooLong { timeout })?;
        match ended.map_err(NoOutput::Unread)? {
            (output, _) if output.len() > limit => Err(NoOutput::TooMuch { limit }),
            ended => Ok(ended),
        }
    }
}

impl Running {
    /// What it prints, and how it ended. Of more than `limit` bytes, there is
    /// one more than that, and no waiting for the end.
    async fn output(&mut self, limit: usize) -> io::Result<(Zeroizing<Vec<u8>>, ExitStatus)> {
        // Never grown: a vector that grows leaves its old memory behind.
        let mut output = Zeroizing::new(Vec::with_capacity(limit + 1));
        let status = self.read(&mut output, limit).await?;
        Ok((output, status))
    }

    async fn read(&mut self, output: &mut Vec<u8>, limit: usize) -> io::Result<ExitStatus> {
        let Some(stdout) = self.child.stdout.take() else {
            return self.child.wait().await;
        };
        let mut stdout = stdout.take(limit as u64 + 1);
        let read = stdout.read_to_end(output);
        tokio::pin!(read);
        tokio::select! {
            read = &mut read => match read? {
                length if length > limit => Ok(ExitStatus::default()),
                _ => self.child.wait().await,
            },
            // What it has left in the background may hold its output open.
            status = self.child.wait() => {
                let _ = tokio::time::timeout(LAST_WORDS, &mut read).await;
                status
            }
        }
    }
}

/// How long what a program has printed may take to arrive after its end.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        limit: 4,
        timeout: Duration::from_secs(60),
    };

    fn shell(script: &str) -> Program {
        Program(["sh", "-c", script].map(str::to_owned).into())
    }

    fn environment() -> [(OsString, OsString); 1] {
        [("PATH".into(), "/usr/bin:/bin".into())]
    }

    async fn printed(program: &Program, bounds: Bounds) -> Result<String, String> {
        let printed = program.printed(environment(), bounds).await;
        let printed = printed.map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }

    #[tokio::test]
    async fn what_is_printed_is_bounded() {
        for (script, expected) in [
            ("printf 1234", Ok("1234")),
            ("true", Ok("")),
            ("printf 12345", Err("it prints more than 4 bytes")),
            ("yes; exit 1", Err("it prints more than 4 bytes")),
            ("printf 1; exit 7", Err("it ended with exit code 7")),
            ("kill -9 $$", Err("it was ended by a signal")),
            // What holds the output open is not waited for.
            ("printf 1; sleep 600 & exit 0", Ok("1")),
        ] {
            let printed = printed(&shell(script), BOUNDS).await;
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(printed, expected, "{script}");
        }
        let short = Bounds {
            timeout: Duration::ZERO,
            ..BOUNDS
        };
        let error = printed(&shell("sleep 600"), short).await;
        assert_eq!(error, Err("it took longer than 0 s".to_owned()));
        let absent = Program(vec!["/nowhere".to_owned()]);
        let error = printed(&absent, BOUNDS).await.unwrap_err();
        assert!(error.starts_with("it cannot be run: "), "{error}");
    }

    #[cfg(feature = "ecr")]
    #[tokio::test]
    async fn what_is_told_is_answered_within_the_same_bounds() {
        let long = "x".repeat(1024 * 1024);
        for (script, input, expected) in [
            ("cat", "1234", Ok(("1234", true))),
            ("cat; exit 1", "1", Ok(("1", false))),
            ("cat", &long, Err("it prints more than 4 bytes")),
            // One that does not read.
            ("printf no; exit 1", &long, Ok(("no", false))),
        ] {
            let program = shell(script);
            let answered = program.answered(environment(), input.as_bytes(), BOUNDS);
            let answered = answered.await.map_err(|error| error.to_string());
            let answered = answered.map(|(output, status)| {
                let output = String::from_utf8(output.to_vec()).unwrap();
                (output, status.success())
            });
            let expected = expected.map(|(output, is_done)| (output.to_owned(), is_done));
            assert_eq!(answered, expected.map_err(str::to_owned), "{script}");
        }
    }
}
