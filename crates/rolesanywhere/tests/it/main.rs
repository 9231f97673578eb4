//! Sessions against the sandbox, which verifies every request.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod key_sources;
mod laboratory;
mod paths;
mod registrations;
mod roles;
mod sessions;
#[cfg(all(unix, feature = "pkcs11"))]
mod softhsm;
mod web_identity;
