use std::net::IpAddr;

use crate::LinkName;

/// What [`ensure`](crate::ensure) is to see to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkSettings {
    /// What the link is called, such as `pod-id-link0`.
    pub name: LinkName,
    /// The addresses that it has, each alone: /32 or /128.
    pub addresses: Vec<IpAddr>,
}
