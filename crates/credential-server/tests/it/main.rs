//! Real sockets: what SDKs ask, and what attackers send.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod bounds;
mod client;
mod container;
mod crowd;
mod fixture;
mod imds;
mod listeners;
mod pod_identity;
mod refusals;
mod sdk;
mod shapes;
