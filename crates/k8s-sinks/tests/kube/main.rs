//! What the sinks do in a real Kubernetes API.
//!
//! Every test is ignored: `cargo xtask test --peers` runs them where there is a
//! kube-apiserver. Where there is none, that is said aloud, and is no failure.
#![cfg(all(unix, feature = "kubernetes"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account_facts;
mod controller;
mod election;
mod endpoint_slices;
mod events;
mod kept;
mod leftovers;
#[path = "../faults/one_value.rs"]
mod one_value;
mod outages;
mod own_secrets;
mod pod_facts;
mod proxy;
mod reviews;
mod secrets;
mod service_accounts;
mod signing_keys;
mod somebody;
mod stage;
#[expect(dead_code, reason = "the binary's tests use more of it")]
mod testbed;
mod token_requests;
mod token_reviews;
mod webhook_configurations;
