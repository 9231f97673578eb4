use tokio::sync::{Semaphore, SemaphorePermit};

/// In what the API server is asked about: so many strangers at once, and so many that
/// are known. The ones are not in the way of the others.
pub(super) struct Turns {
    strangers: Semaphore,
    known: Semaphore,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            strangers: Semaphore::new(MOST_AT_ONCE),
            known: Semaphore::new(MOST_AT_ONCE),
        }
    }

    /// Waits for one's turn, which lasts as long as what is returned.
    pub(super) async fn turn(&self, is_known: bool) -> Option<SemaphorePermit<'_>> {
        let line = if is_known {
            &self.known
        } else {
            &self.strangers
        };
        // Neither is ever closed.
        line.acquire().await.ok()
    }
}

pub(super) const MOST_AT_ONCE: usize = 16;
