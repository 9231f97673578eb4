//! Against a server that answers as Vault does, or as its proxies do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authority;
mod certificates;
mod leaks;
mod logins;
mod redirects;
mod retries;
mod sandbox;
mod server;
mod sessions;
