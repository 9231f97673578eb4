//! The image that `cargo xtask image` has built, as a node would run it: unpacked, with a
//! root that is read only, as its own user, and nothing beside it.
//!
//! Needs root, for mounts; the sandbox is that of `target/debug/iamra`.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests, which say aloud what they could not do"
)]

mod layout;
mod main_job;
mod node;
mod sandbox;
mod seed;
