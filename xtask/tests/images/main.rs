//! `cargo xtask image` and `cargo xtask mirror` at registries: a stand-in, and, where they
//! are here, Debian's docker-registry, skopeo and umoci.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests say what they skip, and panic"
)]

mod attest;
mod clean_tree;
mod cuts;
mod docker_registry;
mod forms;
mod full;
mod logins;
mod mirror;
mod proxy;
mod push;
mod refusals;
mod stand_in;
mod strangers;
mod tool;
