//! The binary, against the sandbox.
#![cfg(all(feature = "vault", feature = "sandbox"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod cert;
mod chain;
mod config;
mod creds;
#[cfg(unix)]
mod daemon;
mod disk;
mod doctor;
mod env;
mod events;
mod faults;
mod help;
#[cfg(unix)]
mod helper_bugs;
mod inputs;
mod kill;
mod laboratory;
mod leaks;
mod logins;
mod run;
mod sandbox;
mod seed;
mod setup;
#[cfg(unix)]
mod signing_helper;
mod stub;
mod vault;
#[cfg(unix)]
mod watch;
