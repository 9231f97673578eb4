//! A destination against real sockets and real TLS.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod folder;
mod limits;
mod log;
mod peer;
mod refusals;
mod trust;
