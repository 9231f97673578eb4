//! What long-running commands share: the signals that they heed, the hooks
//! that they run, what they tell a service manager, and their metrics.

mod hook;
mod monitor;
pub(crate) mod service_manager;
mod signals;

pub(crate) use hook::Hooks;
#[cfg(any(feature = "ecr", feature = "vault"))]
pub(crate) use hook::OUR_OWN;
pub(crate) use monitor::{Monitor, Monitored, metrics_address};
pub(crate) use signals::{Request, Signals};
