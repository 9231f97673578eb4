use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// No more than so many things in a second, one after the other.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Between two of them.
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most `per_second`; 0 is as many as go.
    pub(crate) fn new(per_second: u32) -> Self {
        let interval = Duration::from_secs(1).checked_div(per_second);
        Self {
            interval: interval.unwrap_or_default(),
            next: Mutex::new(None),
        }
    }

    /// Waits for one's turn. Who waits is asked in the order of coming.
    pub(crate) async fn turn(&self) {
        if self.interval.is_zero() {
            return;
        }
        let mut next = self.next.lock().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        *next = Some(Instant::now() + self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_their_pace() {
        for (per_second, turns, expected) in [(20, 21, 1000), (1, 3, 2000), (0, 1000, 0)] {
            let began = Instant::now();
            let pace = Pace::new(per_second);
            for _ in 0..turns {
                pace.turn().await;
            }
            assert_eq!(began.elapsed().as_millis(), expected, "{per_second}");
        }
    }
}
