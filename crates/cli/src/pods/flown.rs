use std::sync::{Arc, Mutex, PoisonError};

use refresh::{AtHand, Kept, KeptError, Source, Status};
use tokio::sync::watch;

/// A value that a task of its own obtains, and no caller does: SDKs hang up
/// after a second or two, and what they came for is wanted all the same.
///
/// Nothing is obtained that nobody has asked for. While one is being replaced,
/// the last good one is handed out at once.
pub(super) struct Flown<S: Source> {
    kept: Arc<Kept<S>>,
    /// The task that is under way; its end closes the channel.
    flight: Mutex<Option<watch::Receiver<()>>>,
}

impl<S: Source + 'static> Flown<S> {
    pub(super) fn new(kept: Kept<S>) -> Self {
        Self {
            kept: Arc::new(kept),
            flight: Mutex::default(),
        }
    }

    /// The value, without a wait where there is a good one.
    pub(super) async fn get(&self) -> Result<S::Value, KeptError<S::Error>> {
        loop {
            match self.kept.at_hand() {
                AtHand::Good(value) => return Ok(value),
                AtHand::Due(value) => {
                    self.fly();
                    return Ok(value);
                }
                AtHand::Failed(error) => return Err(error),
                _ => {}
            }
            let mut landed = self.fly();
            // Nothing is ever sent: it ends with an error, when the task has ended.
            let _ = landed.changed().await;
        }
    }

    /// What there is now; nothing is obtained.
    pub(super) fn at_hand(&self) -> AtHand<S::Value, KeptError<S::Error>> {
        self.kept.at_hand()
    }

    /// Takes a value that came another way, if it lasts longer than what there is.
    pub(super) fn put(&self, value: S::Value) {
        self.kept.put(value);
    }

    /// Where it comes from.
    pub(super) fn source(&self) -> &S {
        self.kept.source()
    }

    /// How things stand with it.
    pub(super) fn status(&self) -> Status<S::Error> {
        self.kept.status()
    }

    /// The flight that is under way, or a new one.
    fn fly(&self) -> watch::Receiver<()> {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landed) = flight
            .as_ref()
            .filter(|landed| landed.has_changed().is_ok())
        {
            return landed.clone();
        }
        let (under_way, landed) = watch::channel(());
        *flight = Some(landed.clone());
        let kept = Arc::clone(&self.kept);
        tokio::spawn(async move {
            // What came of it is in `kept`.
            let _ = kept.get().await;
            drop(under_way);
        });
        landed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::{Duration, SystemTime};

    use refresh::{Clock as _, Expires, Fault, FaultKind, Lifetime, ManualClock, Schedule};
    use tokio::sync::Semaphore;

    use super::*;

    #[derive(Clone)]
    struct Hour(usize, Lifetime);

    impl Expires for Hour {
        fn lifetime(&self) -> Lifetime {
            self.1
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("away")]
    struct Away;

    impl Fault for Away {
        fn fault(&self) -> FaultKind {
            FaultKind::Unavailable
        }
    }

    struct Slow {
        clock: ManualClock,
        gate: Arc<Semaphore>,
        asked: Arc<AtomicUsize>,
        is_away: bool,
    }

    impl Source for Slow {
        type Value = Hour;
        type Error = Away;

        async fn obtain(&self) -> Result<Hour, Away> {
            let number = self.asked.fetch_add(1, SeqCst) + 1;
            self.gate.acquire().await.unwrap().forget();
            if self.is_away {
                return Err(Away);
            }
            let now = self.clock.now();
            Ok(Hour(
                number,
                Lifetime::new(now, now + Duration::from_secs(3600)),
            ))
        }
    }

    struct Scene {
        clock: ManualClock,
        gate: Arc<Semaphore>,
        asked: Arc<AtomicUsize>,
        flown: Flown<Slow>,
    }

    fn scene(is_away: bool) -> Scene {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
        let gate = Arc::new(Semaphore::new(0));
        let asked = Arc::<AtomicUsize>::default();
        let slow = Slow {
            clock: clock.clone(),
            gate: Arc::clone(&gate),
            asked: Arc::clone(&asked),
            is_away,
        };
        let kept = Kept::new(slow, Schedule::SESSION, Arc::new(clock.clone()));
        Scene {
            clock,
            gate,
            asked,
            flown: Flown::new(kept),
        }
    }

    async fn gives_up(flown: &Flown<Slow>) {
        let patience = Duration::from_millis(20);
        assert!(tokio::time::timeout(patience, flown.get()).await.is_err());
    }

    #[tokio::test]
    async fn callers_that_give_up_have_not_asked_for_nothing() {
        let scene = scene(false);
        for _ in 0..3 {
            gives_up(&scene.flown).await;
        }
        scene.gate.add_permits(1);
        let value = scene.flown.get().await.unwrap();
        assert_eq!((value.0, scene.asked.load(SeqCst)), (1, 1));
    }

    #[tokio::test]
    async fn the_last_good_one_is_there_while_another_is_on_its_way() {
        let scene = scene(false);
        scene.gate.add_permits(1);
        assert_eq!(scene.flown.get().await.unwrap().0, 1);
        scene.clock.advance(Duration::from_secs(3000));
        // Nothing waits, though the gate is closed.
        assert_eq!(scene.flown.get().await.unwrap().0, 1);
        assert_eq!(scene.flown.get().await.unwrap().0, 1);
        scene.gate.add_permits(1);
        while scene.flown.get().await.unwrap().0 == 1 {
            tokio::task::yield_now().await;
        }
        assert_eq!(scene.asked.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn all_who_wait_are_told_of_the_failure() {
        let scene = scene(true);
        scene.gate.add_permits(1);
        let (one, other) = tokio::join!(scene.flown.get(), scene.flown.get());
        assert!(one.is_err() && other.is_err());
        assert_eq!(scene.asked.load(SeqCst), 1);
    }
}
