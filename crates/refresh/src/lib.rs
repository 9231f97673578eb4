//! One expiring value kept fresh.
//!
//! A certificate, a session or a token is obtained, used until a good while
//! before its end, and replaced; when the replacement fails, the last good one
//! goes on being served until it expires. This crate holds the parts of that
//! which do not depend on what the value is: the [`Clock`] that a loop reads,
//! the pure [`Schedule`] arithmetic, waits that survive a suspend
//! ([`wait_until`]), full-jitter [`Backoff`], the [`Retry`] driver, and [`Kept`],
//! the single-flight holder, which a daemon drives by awaiting
//! [`Kept::keep_fresh`].
//!
//! It does no IO, starts no task, and nothing in it reads a clock but the one
//! it is given.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use refresh::{Lifetime, Schedule};
//!
//! let issued = SystemTime::UNIX_EPOCH;
//! let lifetime = Lifetime::new(issued, issued + Duration::from_secs(3600));
//! // No jitter: a session of one hour is due after two thirds of it.
//! let due = Schedule::SESSION.refresh_at(lifetime, 0.0);
//! assert_eq!(due, issued + Duration::from_secs(2400));
//! ```

mod backoff;
mod clock;
mod fault;
mod kept;
mod lifetime;
mod pause;
mod retry;
mod schedule;
mod wait;

pub use backoff::Backoff;
pub use clock::{Clock, ManualClock, Sleep, SystemClock};
pub use fault::{Fault, FaultKind};
pub use kept::{AtHand, Expires, Kept, KeptError, Source, Status};
pub use lifetime::Lifetime;
pub use pause::Pause;
pub use retry::Retry;
pub use schedule::{Due, Schedule};
pub use wait::{next_wait, wait_until};
