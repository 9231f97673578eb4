//! The binary, against the sandbox.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "vault")]
mod cert;
mod config;
mod creds;
#[cfg(feature = "vault")]
mod disk;
#[cfg(feature = "vault")]
mod doctor;
mod faults;
mod help;
mod inputs;
mod kill;
mod laboratory;
#[cfg(feature = "vault")]
mod leaks;
mod run;
mod sandbox;
#[cfg(feature = "vault")]
mod seed;
#[cfg(feature = "vault")]
mod vault;
