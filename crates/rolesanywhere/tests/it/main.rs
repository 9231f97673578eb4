//! Sessions against the sandbox, which verifies every request.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod laboratory;
mod paths;
mod roles;
mod sessions;
