//! Links in network namespaces of their own, and the kernel that is there.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod half_made;
mod made;
mod namespace;
mod refused;
mod removed;
