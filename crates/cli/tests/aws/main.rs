//! What AWS answers, and whether it is what we take it to be.
//!
//! The cases are run against the sandbox with all other tests. `cargo xtask test --aws` runs
//! the same ones in an account, in which it makes what they need, and keeps what came out.
#![cfg(all(feature = "ecr", feature = "sandbox"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "minutes pass, and a stack may be left")]

mod account;
#[path = "../it/background.rs"]
mod background;
mod case;
mod certificates;
mod outcome;
mod place;
mod registries;
mod stand_in;
