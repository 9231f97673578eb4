use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use self::pace::Pace;

mod pace;

/// How much is asked of a cluster at once. Its clones share it: so several
/// controllers together ask no more than one.
#[derive(Clone, Debug)]
pub struct Limits {
    pace: Arc<Pace>,
    hands: Arc<Semaphore>,
    concurrency: usize,
}

impl Limits {
    /// So many writes in a second (0: as many as go), so many of them at once
    /// (one at the least).
    pub fn new(writes_per_second: u32, concurrency: usize) -> Self {
        let concurrency = concurrency.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            pace: Arc::new(Pace::new(writes_per_second)),
            hands: Arc::new(Semaphore::new(concurrency)),
            concurrency,
        }
    }

    /// How much there is room for at once.
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Waits for one's turn to write, which lasts for as long as this is held.
    pub async fn turn(&self) -> Turn<'_> {
        let hand = self.hands.acquire().await.ok();
        self.pace.turn().await;
        Turn(hand)
    }
}

impl Default for Limits {
    /// 20 in a second, 16 at once.
    fn default() -> Self {
        Self::new(20, 16)
    }
}

/// A turn to write.
#[derive(Debug)]
pub struct Turn<'a>(
    // The semaphore is never closed.
    #[expect(dead_code, reason = "it is held for as long as the turn lasts")]
    Option<SemaphorePermit<'a>>,
);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn those_that_share_them_have_no_more_together() {
        let limits = Limits::new(0, 2);
        let others = limits.clone();
        let _first = limits.turn().await;
        let second = others.turn().await;
        let moment = Duration::from_millis(1);
        assert!(timeout(moment, limits.turn()).await.is_err());
        drop(second);
        assert!(timeout(moment, limits.turn()).await.is_ok());
    }
}
