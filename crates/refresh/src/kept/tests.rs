use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::{FaultKind, ManualClock};

mod asked;
mod at_hand;
mod concurrent;
mod driven;
mod impatient;
mod put;
mod simulated;
mod status;

const HOUR: u64 = 3600;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A second of the tests' time line, which begins long after the epoch.
fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(1_700_000_000 + second)
}

/// The value: its number, so that an old one and a new one can be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Session {
    number: u64,
    lifetime: Lifetime,
}

impl Expires for Session {
    fn lifetime(&self) -> Lifetime {
        self.lifetime
    }
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("throttled")]
struct Throttled(Option<Duration>);

impl Fault for Throttled {
    fn fault(&self) -> FaultKind {
        FaultKind::Unavailable
    }
    fn retry_after(&self) -> Option<Duration> {
        self.0
    }
}

/// What the source does when it is asked.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Brings a value that is valid for so many seconds from now.
    Bring(u64),
    /// Brings a value that became valid and expires at these seconds.
    BringOld(u64, u64),
    Fail(Option<Duration>),
}

/// A source that does what the script says, and its last line for ever.
#[derive(Debug)]
struct Script {
    clock: ManualClock,
    lines: Mutex<VecDeque<Does>>,
    obtained: AtomicU64,
    /// How long it takes, on the clock.
    takes: Duration,
}

impl Script {
    fn next(&self) -> Does {
        let mut lines = self.lines.lock().unwrap();
        if lines.len() > 1 {
            lines.pop_front().unwrap()
        } else {
            lines[0]
        }
    }
}

impl Source for Script {
    type Value = Session;
    type Error = Throttled;

    async fn obtain(&self) -> Result<Session, Throttled> {
        let number = self.obtained.fetch_add(1, Ordering::SeqCst) + 1;
        // The value's life begins when the other side answers, not when we look.
        self.clock.sleep(self.takes).await;
        let now = self.clock.now();
        let (start, end) = match self.next() {
            Does::Fail(asked) => return Err(Throttled(asked)),
            Does::Bring(life) => (now, now + seconds(life)),
            Does::BringOld(start, end) => (at(start), at(end)),
        };
        Ok(Session {
            number,
            lifetime: Lifetime::new(start, end),
        })
    }
}

fn kept(clock: &ManualClock, lines: &[Does], takes: Duration) -> Kept<Script> {
    let source = Script {
        clock: clock.clone(),
        lines: Mutex::new(lines.iter().copied().collect()),
        obtained: AtomicU64::new(0),
        takes,
    };
    Kept::new(source, Schedule::SESSION, Arc::new(clock.clone()))
}

/// How often the source of `kept` was asked.
fn asked(kept: &Kept<Script>) -> u64 {
    kept.source.obtained.load(Ordering::SeqCst)
}

/// What [`Kept::get`] is to give: a session's number, or an error.
type Wanted = Result<u64, &'static str>;

async fn number(kept: &Kept<Script>) -> Result<u64, String> {
    match kept.get().await {
        Ok(session) => Ok(session.number),
        Err(error) => Err(error.to_string()),
    }
}

/// A table row: a name, the script, and then for each call of [`Kept::get`]
/// its second, what it gives, and how often the source was asked by then.
type Row = (&'static str, &'static [Does], &'static [(u64, Wanted, u64)]);

const FAIL: Does = Does::Fail(None);
const HOURLY: Does = Does::Bring(HOUR);
const THROTTLED: Wanted = Err("throttled");

const ROWS: &[Row] = &[
    (
        "a fresh value is not obtained again; a due one is",
        &[HOURLY],
        &[(0, Ok(1), 1), (2000, Ok(1), 1), (2500, Ok(2), 2)],
    ),
    (
        "an expired value is replaced, never served",
        &[HOURLY],
        &[(0, Ok(1), 1), (3600, Ok(2), 2), (50_000, Ok(3), 3)],
    ),
    (
        "the last good value outlives failures, but not its end",
        &[HOURLY, FAIL],
        &[
            (0, Ok(1), 1),
            (2500, Ok(1), 2),
            (3599, Ok(1), 3),
            (3600, THROTTLED, 4),
        ],
    ),
    (
        "after a failure the source is left alone for a moment",
        &[FAIL, HOURLY],
        &[(0, THROTTLED, 1), (0, THROTTLED, 1), (11, Ok(2), 2)],
    ),
    (
        "a wait that was asked for is kept",
        &[Does::Fail(Some(Duration::from_mins(10))), HOURLY],
        &[(0, THROTTLED, 1), (599, THROTTLED, 1), (602, Ok(2), 2)],
    ),
    (
        "a wait that was asked for is kept beside a last good value, too",
        &[HOURLY, Does::Fail(Some(Duration::from_mins(15))), HOURLY],
        &[
            (0, Ok(1), 1),
            (2500, Ok(1), 2),
            (3399, Ok(1), 2),
            (3402, Ok(3), 3),
        ],
    ),
    (
        "without a value, nobody can ask for more than an hour",
        &[Does::Fail(Some(Duration::MAX)), HOURLY],
        &[(0, THROTTLED, 1), (3599, THROTTLED, 1), (3602, Ok(2), 2)],
    ),
    (
        "a pause ends where the last good value does",
        &[HOURLY, Does::Fail(Some(Duration::from_secs(290))), HOURLY],
        &[
            (0, Ok(1), 1),
            (3500, Ok(1), 2),
            (3599, Ok(1), 2),
            (3600, Ok(3), 3),
        ],
    ),
    (
        "what arrives expired is an error, and asked for again later",
        &[Does::BringOld(0, 10), HOURLY],
        &[
            (
                40,
                Err("what was obtained had expired 30 s before: compare the clocks"),
                1,
            ),
            (
                40,
                Err("what was obtained had expired 30 s before: compare the clocks"),
                1,
            ),
            (51, Ok(2), 2),
        ],
    ),
    (
        "a source with nothing newer is not asked with every call",
        &[Does::BringOld(0, 3600)],
        &[
            (3000, Ok(1), 1),
            (3000, Ok(1), 1),
            (3002, Ok(2), 2),
            (3002, Ok(2), 2),
        ],
    ),
    (
        "a clock set back behind the value's beginning: served, and replaced",
        &[HOURLY],
        &[(5000, Ok(1), 1), (1000, Ok(2), 2), (1001, Ok(2), 2)],
    ),
    (
        "a clock set back within a pause does not make it last",
        &[FAIL, HOURLY],
        &[(5000, THROTTLED, 1), (1000, Ok(2), 2)],
    ),
    (
        "suspended beyond the end, within a pause",
        &[HOURLY, FAIL, HOURLY],
        &[(0, Ok(1), 1), (3000, Ok(1), 2), (90_000, Ok(3), 3)],
    ),
    (
        "a tiny life is used for a third of it at the least",
        &[Does::Bring(9)],
        &[(0, Ok(1), 1), (2, Ok(1), 1), (3, Ok(2), 2), (5, Ok(2), 2)],
    ),
    (
        "an empty life is never served",
        &[Does::Bring(0)],
        &[
            (
                0,
                Err("what was obtained had expired 0 s before: compare the clocks"),
                1,
            ),
            (
                20,
                Err("what was obtained had expired 0 s before: compare the clocks"),
                2,
            ),
        ],
    ),
];

#[tokio::test]
async fn every_call_gets_what_its_moment_asks_for() {
    for (name, lines, calls) in ROWS {
        let clock = ManualClock::new(at(0));
        let kept = kept(&clock, lines, Duration::ZERO);
        for (second, wanted, times) in *calls {
            clock.set(at(*second));
            let found = number(&kept).await;
            assert_eq!(found, wanted.map_err(str::to_owned), "{name}: at {second}");
            assert_eq!(asked(&kept), *times, "{name}: asked by {second}");
        }
    }
}

#[tokio::test]
async fn a_value_from_before_is_served_without_asking() {
    let clock = ManualClock::new(at(100));
    let lifetime = Lifetime::new(at(0), at(HOUR));
    let earlier = Session {
        number: 70,
        lifetime,
    };
    let kept = kept(&clock, &[FAIL], Duration::ZERO).starting_with(earlier);
    assert_eq!((kept.get().await.unwrap(), asked(&kept)), (earlier, 0));
    clock.set(at(3000));
    assert_eq!((kept.get().await.unwrap(), asked(&kept)), (earlier, 1));
    clock.set(at(HOUR));
    assert_eq!(number(&kept).await, Err("throttled".to_owned()));
}

#[tokio::test]
async fn the_error_is_the_sources_own_with_its_fault() {
    let clock = ManualClock::new(at(0));
    let error = kept(&clock, &[Does::Fail(Some(seconds(3)))], Duration::ZERO)
        .get()
        .await
        .unwrap_err();
    assert_eq!(error.fault(), FaultKind::Unavailable);
    assert_eq!(error.retry_after(), Some(seconds(3)));
    let KeptError::Source(source) = error else {
        panic!("{error:?}");
    };
    assert_eq!(*source, Throttled(Some(seconds(3))));
}

#[tokio::test]
async fn debug_shows_the_lifetime_and_not_the_value() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + seconds(60));
    let kept = kept(&clock, &[Does::Bring(60)], Duration::ZERO);
    kept.get().await.unwrap();
    assert_eq!(
        format!("{kept:?}"),
        "Kept { schedule: Schedule { portion: (2, 3), least_remaining: 300s, \
         least_remaining_percent: 0, latest: 18446744073709551615.999999999s }, lifetime: Some(Lifetime { \
         start: SystemTime { tv_sec: 60, tv_nsec: 0 }, \
         end: SystemTime { tv_sec: 120, tv_nsec: 0 } }), misses: 0, .. }"
    );
}
