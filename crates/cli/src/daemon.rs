//! What long-running commands share: the signals that they heed, the hooks
//! that they run, what they tell a service manager, and their metrics.

mod hook;
mod monitor;
mod reception;
pub(crate) mod service_manager;
mod signals;

pub(crate) use hook::Hooks;
#[cfg(any(feature = "ecr", feature = "vault"))]
pub(crate) use hook::OUR_OWN;
#[cfg(feature = "pods")]
pub(crate) use monitor::Page;
pub(crate) use monitor::{Monitor, Monitored, metrics_address};
#[cfg(feature = "pods")]
pub(crate) use reception::{Heard, Patience, one_request, receive};
pub(crate) use signals::{Request, Signals};
