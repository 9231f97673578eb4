//! What stands on disk after `private-file` was asked to write.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like tests"
)]

mod concurrency;
mod errors;
mod hostile;
mod in_place;
mod killed;
mod mounts;
mod other_user;
mod read;
mod replace;
mod set;
mod site;
