//! Pods, what they are patched with, and what becomes of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod applying;
mod cases;
mod properties;
