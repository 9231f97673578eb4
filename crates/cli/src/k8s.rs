//! Secrets of a Kubernetes cluster: where they are to be, what they are, and what
//! is in them.

pub(crate) mod access;
mod delivery;
mod dry_run;
mod filled;
mod form;
mod group;
mod group_daemon;
mod guard;
mod kept_tokens;
mod limits;
pub(crate) mod manifests;
mod pass;
mod pull_accounts;
mod reporter;
pub(crate) mod rights;
pub(crate) mod role;
mod scopes;
mod table;
mod token_keeper;
mod token_source;
pub(crate) mod yaml;

pub(crate) use access::Access;
pub(crate) use delivery::{How, Line, deliver};
pub(crate) use dry_run::DryRun;
pub(crate) use filled::{Filled, REGISTRIES};
pub(crate) use group::{Group, SYSTEM_NAMESPACES, config_name};
pub(crate) use group_daemon::{GroupDaemon, Shared};
pub(crate) use guard::Guard;
pub(crate) use limits::limits;
pub(crate) use pass::Pass;
pub(crate) use pull_accounts::named as named_service_accounts;
pub(crate) use reporter::{Counts, durations};
pub(crate) use rights::Purpose;
pub(crate) use scopes::Scopes;
pub(crate) use table::table;
pub(crate) use token_keeper::{current_tokens, token_secret};
