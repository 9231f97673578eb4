//! The link on a node at which an agent answers pods: made, looked at, taken
//! away.
//!
//! Pods reach an agent on the host network at addresses that belong to no
//! network, such as 169.254.170.23 of EKS Pod Identity. [`ensure`] gives the
//! node a virtual link with them and a route to each, and takes what is there
//! already as it is; [`Ensured::remove`] takes away what was made, and only
//! that. [`check`] only looks, and needs no capability.
//!
//! Everything is synchronous: a few messages to the kernel over netlink, whose
//! answers are waited for with a bound. Other systems than Linux get
//! [`Error::OtherSystem`]. The crate reads no environment and no file, and
//! leaves firewalls, forwarding and neighbours alone.
//!
//! ```no_run
//! use agent_link::{AddressState, Error, LinkSettings, ensure};
//!
//! let ensured = ensure(&LinkSettings {
//!     name: "pod-id-link0".parse()?,
//!     addresses: vec!["169.254.170.23".parse().unwrap(), "fd00:ec2::23".parse().unwrap()],
//! });
//! match ensured {
//!     Ok(ensured) => {
//!         for address in ensured.addresses() {
//!             if let AddressState::Unavailable(reason) = &address.state {
//!                 println!("without {}: {reason}", address.address);
//!             }
//!         }
//!         ensured.remove()?;
//!     }
//!     Err(Error::NotPermitted { .. }) => println!("needs CAP_NET_ADMIN, or an init container"),
//!     Err(error) => return Err(error),
//! }
//! # Ok::<(), Error>(())
//! ```

mod check;
mod ensure;
mod ensured;
mod error;
#[cfg(target_os = "linux")]
mod kernel;
mod link_name;
mod settings;

pub use check::{Place, check};
pub use ensure::ensure;
pub use ensured::{AddressState, Ensured, EnsuredAddress, LinkState, Unavailable};
pub use error::Error;
pub use link_name::LinkName;
pub use settings::LinkSettings;
