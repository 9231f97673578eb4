//! The sandbox from outside: captured and tampered requests, recorded answers,
//! the whole way from login to identity.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assume_role;
mod captures;
mod faults;
mod journey;
mod listeners;
mod logins;
mod pki;
mod recordings;
mod running;
mod signer;
mod sts;
mod tampering;
mod tokens;
mod vault;
