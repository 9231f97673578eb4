//! The binary, and what it wrote, with programs that others made.
//!
//! Every test is ignored: `cargo xtask test --peers` runs them with the peers
//! on the `PATH`. A peer that is not there is said aloud, and is no failure.
#![cfg(all(unix, feature = "vault"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws_sdk;
#[path = "../it/background.rs"]
mod background;
#[path = "../it/daemon.rs"]
#[expect(dead_code, reason = "the sandbox's own tests use more of it")]
mod daemon;
mod doors;
#[cfg(feature = "ecr")]
mod ecr;
#[cfg(feature = "pods")]
mod eks_agent;
#[cfg(feature = "kubernetes")]
mod helm;
#[cfg(feature = "pods")]
#[path = "../it/http.rs"]
#[expect(dead_code, reason = "the sandbox's own tests use more of it")]
mod http;
#[cfg(feature = "kubernetes")]
mod kube;
#[path = "../it/laboratory.rs"]
#[expect(dead_code, reason = "the sandbox's own tests use more of it")]
mod laboratory;
mod moto;
mod openbao;
mod openssl;
#[cfg(feature = "ecr")]
#[path = "../it/passage.rs"]
mod passage;
mod peer;
mod roles;
mod roles_anywhere_session;
#[path = "../it/run.rs"]
#[expect(dead_code, reason = "the sandbox's own tests use more of it")]
mod run;
mod sdk;
mod setup_aws;
mod signing_helper;
