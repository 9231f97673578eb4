//! The binary, against the sandbox.
#![cfg(all(feature = "vault", feature = "sandbox"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod cert;
mod config;
mod creds;
#[cfg(unix)]
mod daemon;
mod disk;
mod doctor;
mod events;
mod faults;
mod help;
mod inputs;
mod kill;
mod laboratory;
mod leaks;
mod logins;
mod run;
mod sandbox;
mod seed;
#[cfg(all(unix, feature = "serve"))]
mod seed_002;
mod setup;
mod stub;
mod vault;
#[cfg(unix)]
mod watch;
