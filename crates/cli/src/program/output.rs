use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use super::Running;

impl Running {
    /// What it prints, and how it ended. Of more than `limit` bytes, there is
    /// one more than that, and no waiting for the end.
    pub(crate) async fn output(
        &mut self,
        limit: usize,
    ) -> io::Result<(Zeroizing<Vec<u8>>, ExitStatus)> {
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
