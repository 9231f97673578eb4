//! The sandbox from outside: captured and tampered requests, recorded answers,
//! the whole way from login to identity.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod assume_role;
mod captures;
mod ecr;
mod faults;
mod imds;
mod journey;
mod kubernetes;
mod listeners;
mod logins;
mod pki;
mod pods;
mod recordings;
mod registry;
mod running;
mod signer;
mod skopeo;
mod sts;
mod tampering;
mod tokens;
mod tunnel;
mod user;
mod vault;
mod web_identity;
