use std::future::Future;
use std::time::Duration;

use crate::{Backoff, Clock, Fault};

/// Sends one request until it succeeds, its fault is not transient, or its
/// attempts or its time are used up.
///
/// The operation gets the number of the attempt, counted from 0, so that it can
/// be dated and signed anew. Each attempt must carry its own timeout; this
/// driver only decides whether there is another one.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// How many attempts there are at most; one at the least.
    pub attempts: u32,
    /// How long to wait between two of them.
    pub backoff: Backoff,
    /// No new attempt starts later than this after the first. A longer wait
    /// that the other side asks for (`Retry-After`) is not begun.
    pub within: Duration,
}

impl Retry {
    /// Runs `operation`, and returns its first success or its last error.
    pub async fn run<T, E, F>(
        &self,
        clock: &dyn Clock,
        mut operation: impl FnMut(u32) -> F,
    ) -> Result<T, E>
    where
        E: Fault,
        F: Future<Output = Result<T, E>>,
    {
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        loop {
            let started = clock.now();
            let error = match operation(attempt).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            attempt += 1;
            let delay = self
                .backoff
                .delay(attempt - 1, fastrand::f64(), error.retry_after());
            // A clock that jumped back counts as no time: attempts still bound the loop.
            let took = clock.now().duration_since(started).unwrap_or_default();
            waited = waited.saturating_add(took).saturating_add(delay);
            if !error.fault().is_transient() || attempt >= self.attempts || waited > self.within {
                return Err(error);
            }
            clock.sleep(delay).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::SystemTime;

    use super::*;
    use crate::{FaultKind, SystemClock};

    #[derive(Debug, PartialEq)]
    struct Failure(FaultKind, Option<Duration>);

    impl Fault for Failure {
        fn fault(&self) -> FaultKind {
            self.0
        }
        fn retry_after(&self) -> Option<Duration> {
            self.1
        }
    }

    const RETRY: Retry = Retry {
        attempts: 3,
        backoff: Backoff {
            base: Duration::from_millis(1),
            cap: Duration::from_mins(1),
        },
        within: Duration::from_secs(10),
    };

    /// Runs an operation that fails `failures` times; returns the result and the calls made.
    async fn run(failures: u32, failure: fn() -> Failure) -> (Result<u32, Failure>, u32) {
        let calls = Cell::new(0);
        let result = RETRY
            .run(&SystemClock, |attempt| {
                calls.set(calls.get() + 1);
                async move {
                    if attempt < failures {
                        Err(failure())
                    } else {
                        Ok(attempt)
                    }
                }
            })
            .await;
        (result, calls.get())
    }

    #[tokio::test(start_paused = true)]
    async fn transient_faults_are_tried_again_until_the_attempts_are_used_up() {
        let transient = || Failure(FaultKind::Unavailable, None);
        assert_eq!(run(0, transient).await, (Ok(0), 1));
        assert_eq!(run(2, transient).await, (Ok(2), 3));
        assert_eq!(run(3, transient).await, (Err(transient()), 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_tried_again() {
        let denied = || Failure(FaultKind::Denied, None);
        assert_eq!(run(1, denied).await, (Err(denied()), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_beyond_the_deadline_is_not_begun() {
        let throttled = || Failure(FaultKind::Unavailable, Some(Duration::from_secs(11)));
        assert_eq!(run(1, throttled).await, (Err(throttled()), 1));
        let for_ever = || Failure(FaultKind::Unavailable, Some(Duration::MAX));
        assert_eq!(run(1, for_ever).await, (Err(for_ever()), 1));
    }

    /// The cap is below both what is asked for and the deadline: were it
    /// applied, the second attempt would come too early.
    #[tokio::test(start_paused = true)]
    async fn nobody_comes_back_earlier_than_asked() {
        for (asked, within, expected) in [(8, 10, 2), (8, 7, 1)] {
            let retry = Retry {
                backoff: Backoff {
                    base: Duration::from_millis(1),
                    cap: Duration::from_secs(5),
                },
                within: Duration::from_secs(within),
                ..RETRY
            };
            let began = tokio::time::Instant::now();
            let last = Cell::new(Duration::ZERO);
            let calls = Cell::new(0);
            let _: Result<(), _> = retry
                .run(&SystemClock, |attempt| {
                    calls.set(calls.get() + 1);
                    last.set(began.elapsed());
                    let asked = Duration::from_secs(asked);
                    async move {
                        match attempt {
                            0 => Err(Failure(FaultKind::Unavailable, Some(asked))),
                            _ => Ok(()),
                        }
                    }
                })
                .await;
            assert_eq!(calls.get(), expected, "within {within} s");
            let wanted = Duration::from_secs(asked) * (expected - 1);
            assert!(last.get() >= wanted, "came back after {:?}", last.get());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_runs_backwards_does_not_retry_for_ever() {
        let clock = crate::ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1000));
        let retry = Retry {
            backoff: Backoff {
                base: Duration::ZERO,
                cap: Duration::ZERO,
            },
            ..RETRY
        };
        let calls = Cell::new(0);
        let result: Result<(), _> = retry
            .run(&clock, |_| {
                calls.set(calls.get() + 1);
                clock.set(clock.now() - Duration::from_secs(10));
                async { Err(Failure(FaultKind::Unavailable, None)) }
            })
            .await;
        assert!(result.is_err());
        assert_eq!(calls.get(), 3);
    }
}
