//! What the file sinks write, and what the readers of it make of it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail like tests"
)]

mod as_asked;
mod certificates;
mod conformance;
mod editor;
mod errors;
mod oracle;
mod pkcs12;
mod properties;
mod readers;
mod sinks;
mod upstream;
