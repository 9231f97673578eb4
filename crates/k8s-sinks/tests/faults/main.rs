//! What a cluster does wrong, played by a server that has a script: a real one
//! cannot be made to.

#![cfg(feature = "kubernetes")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod endpoint_slices;
mod hasty_clock;
mod one_value;
mod script;
mod signing_keys;
mod stage;
mod token_reviews;
mod watches;
mod webhook_configurations;
mod writes;
