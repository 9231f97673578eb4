//! The `iamra` command line: arguments, variables and config file become
//! settings; settings become a pipeline; its end is a process's output, a file
//! or an exit code.
//!
//! This is the only place where the library crates meet. [`command`] and
//! [`settings`] are public for the reference that is generated from them.
//!
//! ```
//! let names: Vec<_> = iamra::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
//! assert!(names.contains(&"creds".to_owned()));
//! ```

#[cfg(feature = "ecr")]
mod ambient;
mod audit;
mod aws;
mod aws_signing_helper;
#[cfg(feature = "vault")]
mod certificate;
#[cfg(any(feature = "serve", feature = "sandbox", not(unix)))]
mod child;
mod commands;
mod config_file;
mod context;
mod daemon;
#[cfg(feature = "ecr")]
mod ecr;
mod environment;
mod exit;
mod explanation;
mod failure;
mod files;
mod identity;
#[cfg(feature = "kubernetes")]
mod k8s;
mod logging;
#[cfg(feature = "kubernetes")]
mod migration;
#[cfg(feature = "ecr")]
mod multicall;
mod output;
mod panic;
#[cfg(feature = "pods")]
mod pods;
mod profile_sink;
mod program;
mod refreshed;
mod resolved;
mod said;
#[cfg(feature = "serve")]
mod serve;
mod session;
mod setting;
pub mod settings;
mod shared;
#[cfg(test)]
mod simulated_clock;
mod start;
mod stdin;
mod tally;
#[cfg(feature = "vault")]
mod vault;

pub use audit::EVENTS;
pub use commands::command;
pub use environment::Environment;
pub use exit::Exit;
pub use explanation::{Cause, Explanation, all as explanations};
pub use failure::Failure;
pub use setting::{Group, Setting, Value};
pub use start::main;
