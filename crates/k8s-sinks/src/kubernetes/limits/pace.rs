use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// No more than so many things in a second, one after the other.
#[derive(Debug)]
pub(super) struct Pace {
    /// Between two of them.
    period: Duration,
    /// Made at the first turn: a timer belongs to the runtime it is made in.
    turns: Mutex<Option<Interval>>,
}

impl Pace {
    /// At most `per_second`; 0 is as many as go.
    pub(super) fn new(per_second: u32) -> Self {
        let period = Duration::from_secs(1).checked_div(per_second);
        Self {
            period: period.unwrap_or_default(),
            turns: Mutex::new(None),
        }
    }

    /// Waits for one's turn. Who waits is asked in the order of coming.
    pub(super) async fn turn(&self) {
        if self.period.is_zero() {
            return;
        }
        let mut turns = self.turns.lock().await;
        let turns = turns.get_or_insert_with(|| {
            let mut turns = interval(self.period);
            // Those that were not taken are no store to draw on.
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            turns
        });
        turns.tick().await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

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
