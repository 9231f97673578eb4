use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, Aborted};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{Interval, MissedTickBehavior};

use super::activity::{Activity, Pulse, State};
use super::desk::Conversation;
use crate::{Counters, Limits};

/// The open connections: at most so many, none of them silent for too long.
pub(super) struct Connections<'a> {
    conversations: FuturesUnordered<Numbered<'a>>,
    open: HashMap<u64, Open>,
    next: u64,
    most: usize,
    pulse: Arc<Pulse>,
    beat: Interval,
    longest_head: u32,
    longest_idle: u32,
    counters: &'a Counters,
}

struct Open {
    activity: Arc<Activity>,
    end: AbortHandle,
}

impl<'a> Connections<'a> {
    pub(super) fn new(counters: &'a Counters, limits: Limits) -> Self {
        let period = period(&limits);
        let mut beat = tokio::time::interval(period);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            conversations: FuturesUnordered::new(),
            open: HashMap::new(),
            next: 0,
            most: limits.most_connections,
            pulse: Arc::default(),
            beat,
            longest_head: beats(limits.head_timeout, period),
            longest_idle: beats(limits.idle_timeout, period),
            counters,
        }
    }

    /// What a new connection tells what it is doing.
    pub(super) fn begin(&self) -> Arc<Activity> {
        Arc::new(Activity::new(Arc::clone(&self.pulse)))
    }

    /// Takes a connection in. Where there are too many, another one goes; if all
    /// others are being answered, this one.
    pub(super) fn add(&mut self, activity: Arc<Activity>, conversation: Conversation<'a>) {
        self.counters.accepted.fetch_add(1, Relaxed);
        if self.open.len() >= self.most {
            self.make_room();
        }
        if self.open.len() >= self.most {
            self.counters.crowded_out.fetch_add(1, Relaxed);
            return;
        }
        let number = self.next;
        self.next += 1;
        let (end, registration) = AbortHandle::new_pair();
        self.conversations.push(Numbered {
            number,
            conversation: Abortable::new(conversation, registration),
        });
        self.open.insert(number, Open { activity, end });
        self.count();
    }

    /// Drives what is open until something has changed.
    pub(super) async fn tend(&mut self) {
        tokio::select! {
            biased;
            _ = self.beat.tick(), if !self.open.is_empty() => self.sweep(),
            Some((number, _)) = self.conversations.next() => {
                self.open.remove(&number);
                self.count();
            }
            else => std::future::pending().await,
        }
    }

    /// Ends the connection that is least worth keeping, if any is not being
    /// answered.
    pub(super) fn make_room(&mut self) {
        let least = self
            .open
            .iter()
            .filter(|(_, open)| open.activity.state() != State::Request)
            .min_by_key(|(_, open)| open.activity.worth())
            .map(|(number, _)| *number);
        if let Some(number) = least {
            self.end(number);
            self.counters.crowded_out.fetch_add(1, Relaxed);
        }
    }

    fn sweep(&mut self) {
        self.pulse.beat();
        let overdue: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, open)| self.is_overdue(&open.activity))
            .map(|(number, _)| *number)
            .collect();
        for number in overdue {
            self.end(number);
            self.counters.timed_out.fetch_add(1, Relaxed);
        }
    }

    fn is_overdue(&self, activity: &Activity) -> bool {
        match activity.state() {
            State::Head => activity.age() > self.longest_head,
            State::Idle => activity.age() > self.longest_idle,
            // The wait for the broker has its own end.
            State::Request => false,
        }
    }

    fn end(&mut self, number: u64) {
        if let Some(open) = self.open.remove(&number) {
            open.end.abort();
        }
        self.count();
    }

    fn count(&self) {
        let live = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        self.counters.live.store(live, Relaxed);
    }
}

/// A connection that tells which it was when it ends.
struct Numbered<'a> {
    number: u64,
    conversation: Abortable<Conversation<'a>>,
}

impl Future for Numbered<'_> {
    type Output = (u64, Result<(), Aborted>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.conversation).poll(context));
        Poll::Ready((self.number, ended))
    }
}

/// Fine enough for the shorter of the two limits, and never so fine that idle
/// connections cost something.
fn period(limits: &Limits) -> Duration {
    let shorter = limits.head_timeout.min(limits.idle_timeout);
    (shorter / 4).clamp(Duration::from_millis(10), Duration::from_secs(1))
}

fn beats(limit: Duration, period: Duration) -> u32 {
    let beats = limit.as_nanos().div_ceil(period.as_nanos());
    u32::try_from(beats).unwrap_or(u32::MAX)
}
