//! What the crate reads and writes, from outside.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod docker_config;
mod docker_properties;
mod hosts;
mod kubelet;
mod kubelet_config;
mod sandbox;
mod tags;
