//! Against a server that answers as Vault does, or as its proxies do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app_role;
mod authority;
mod certificates;
mod clock_jumps;
mod daemon;
mod github_actions;
mod inline;
mod issuers;
mod leaks;
mod leases;
mod logins;
mod other_logins;
mod policies;
mod redirects;
mod retries;
mod revocation;
mod sandbox;
mod sandbox_tokens;
mod server;
mod sessions;
mod token_life;
