//! A destination against real sockets and real TLS.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limits;
mod peer;
mod trust;
