//! The binary, against the sandbox.
#![cfg(all(feature = "vault", feature = "sandbox"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod background;
mod cache;
mod cert;
mod chain;
mod config;
mod creds;
#[cfg(unix)]
mod daemon;
mod disk;
mod doctor;
#[cfg(feature = "ecr")]
mod ecr;
mod env;
mod events;
#[cfg(unix)]
mod exec;
mod explain;
mod faults;
#[cfg(unix)]
mod file_watch;
mod help;
#[cfg(unix)]
mod helper_bugs;
#[cfg(unix)]
mod http;
mod inputs;
#[cfg(feature = "kubernetes")]
mod k8s;
mod key_sources;
mod kill;
mod laboratory;
mod leaks;
mod logins;
#[cfg(feature = "kubernetes")]
mod migrate;
#[cfg(feature = "ecr")]
#[expect(dead_code, reason = "the tests with others' programs use more of it")]
mod passage;
#[cfg(all(target_os = "linux", feature = "pods"))]
mod pods;
mod run;
#[cfg(unix)]
mod run_config;
mod sandbox;
mod seed;
#[cfg(all(unix, feature = "serve"))]
mod seed_002;
#[cfg(unix)]
mod serve;
#[cfg(all(unix, feature = "serve"))]
mod serve_tls;
mod setup;
mod setup_aws;
#[cfg(unix)]
mod setup_aws_script;
#[cfg(feature = "pods")]
mod setup_pods;
#[cfg(unix)]
mod signing_helper;
#[cfg(all(unix, feature = "spiffe"))]
mod spiffe;
mod stub;
mod vault;
#[cfg(unix)]
mod watch;
#[cfg(all(unix, feature = "pods"))]
mod webhook;
