use std::fmt::Display;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::{Backoff, Clock, Fault};

/// What an attempt may take at least: a service that is slow is not given up on
/// because the deadline is short.
const LEAST_SHARE: Duration = Duration::from_secs(10);

/// Sends one request until it succeeds, its fault is not transient, or its
/// attempts or its time are used up.
///
/// The operation gets the number of the attempt, counted from 0, so that it can
/// be dated and signed anew. With [`run`](Self::run), each attempt must carry its
/// own timeout; [`run_in_time`](Self::run_in_time) ends those that hang.
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

    /// Runs `operation` like [`run`](Self::run), with `within` as the deadline
    /// of everything together, by tokio's timer.
    ///
    /// An attempt gets an equal share of it, and ten seconds at least: one that
    /// hangs leaves time for another, where there is enough for two. `late` makes
    /// the error of an attempt that has used its share up, and of the end of the
    /// whole, from how long that was and from what the last attempt before it
    /// ended with.
    pub async fn run_in_time<T, E, F>(
        &self,
        clock: &dyn Clock,
        late: impl Fn(Duration, Option<String>) -> E,
        mut operation: impl FnMut(u32) -> F,
    ) -> Result<T, E>
    where
        E: Fault + Display,
        F: Future<Output = Result<T, E>>,
    {
        let last = Mutex::new(None);
        let (last, late) = (&last, &late);
        let share = (self.within / self.attempts.max(1)).max(LEAST_SHARE);
        let attempts = self.run(clock, |attempt| {
            let attempt = operation(attempt);
            async move {
                let ended = if share < self.within {
                    let ended = tokio::time::timeout(share, attempt).await;
                    ended.unwrap_or_else(|_| Err(late(share, None)))
                } else {
                    attempt.await
                };
                if let Err(error) = &ended {
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                }
                ended
            }
        });
        let ended = tokio::time::timeout(self.within, attempts).await;
        ended.unwrap_or_else(|_| {
            let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
            Err(late(self.within, last))
        })
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

    impl Display for Failure {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{:?}", self.0)
        }
    }

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

    /// An operation whose attempts hang, but for those in `fail`; returns how
    /// many there were, how long it took, and what `late` was told at the end.
    async fn hang(within: u64, fail: &[u32]) -> (u32, Duration, (Duration, Option<String>)) {
        let retry = Retry {
            within: Duration::from_secs(within),
            ..RETRY
        };
        let told = Mutex::new(None);
        let calls = Cell::new(0);
        let began = tokio::time::Instant::now();
        let late = |after, last| {
            *told.lock().unwrap() = Some((after, last));
            Failure(FaultKind::Unavailable, None)
        };
        let result: Result<(), _> = retry
            .run_in_time(&SystemClock, late, |attempt| {
                calls.set(calls.get() + 1);
                async move {
                    if !fail.contains(&attempt) {
                        std::future::pending::<()>().await;
                    }
                    Err(Failure(FaultKind::Unavailable, None))
                }
            })
            .await;
        assert!(result.is_err());
        let told = told.lock().unwrap().take().unwrap();
        (calls.get(), began.elapsed(), told)
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_hangs_leaves_time_for_another() {
        let second = Duration::from_secs;
        // Each has its third, the last one less what was waited between.
        let (calls, took, _) = hang(60, &[]).await;
        assert_eq!((calls, took.as_secs()), (3, 60));
        // Ten seconds at least: the last one does not get them any more.
        let (calls, took, told) = hang(15, &[]).await;
        assert_eq!((calls, told.0), (2, second(15)));
        assert_eq!(told.1.as_deref(), Some("Unavailable"));
        assert_eq!(took.as_secs(), 15);
        // Too little for two: the one attempt has all of it.
        let (calls, took, told) = hang(8, &[]).await;
        assert_eq!((calls, told, took.as_secs()), (1, (second(8), None), 8));
        // What failed before is told at the end.
        let (calls, _, told) = hang(8, &[0]).await;
        assert_eq!(
            (calls, told),
            (2, (second(8), Some("Unavailable".to_owned())))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_ends_in_time_ends_as_it_would_without() {
        let late = |_, _| Failure(FaultKind::Failed, None);
        let answer = RETRY.run_in_time(&SystemClock, late, async |attempt| match attempt {
            0 => Err(Failure(FaultKind::Unavailable, None)),
            attempt => Ok(attempt),
        });
        assert_eq!(answer.await, Ok(1));
        let refused = RETRY.run_in_time(&SystemClock, late, async |_| {
            Err::<(), _>(Failure(FaultKind::Denied, None))
        });
        assert_eq!(refused.await, Err(Failure(FaultKind::Denied, None)));
    }
}
