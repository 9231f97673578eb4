use std::{fmt, net::IpAddr};

use crate::{Error, LinkName};

/// What [`ensure`](crate::ensure) found, and what it made.
#[derive(Debug)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "there is none on other systems")
)]
#[must_use = "what was made stays unless it is removed"]
pub struct Ensured {
    pub(crate) name: LinkName,
    pub(crate) index: u32,
    pub(crate) kind: &'static str,
    pub(crate) link: LinkState,
    pub(crate) addresses: Vec<EnsuredAddress>,
}

impl Ensured {
    /// Whether the link was there.
    pub fn link(&self) -> LinkState {
        self.link
    }

    /// What the link is: `dummy`, or `bridge` where the kernel has no dummies.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Each address, in the order of the settings.
    pub fn addresses(&self) -> &[EnsuredAddress] {
        &self.addresses
    }

    /// Takes away what was made: the link with everything on it if we made the
    /// link, otherwise the addresses and routes that we put there.
    ///
    /// What has gone since, or was made anew by somebody else, is no error.
    pub fn remove(self) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        return crate::ensure::remove(&self, &mut crate::kernel::Kernel::open()?);
        #[cfg(not(target_os = "linux"))]
        Err(Error::OtherSystem)
    }
}

/// Whether a link was there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LinkState {
    /// It was made.
    Made,
    /// It was there but down, and was brought up.
    BroughtUp,
    /// It was there and up.
    There,
}

/// An address, and whether it was there.
#[derive(Debug)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "there is none on other systems")
)]
pub struct EnsuredAddress {
    /// The address.
    pub address: IpAddr,
    /// Whether it was there with its route.
    pub state: AddressState,
    pub(crate) made: Made,
}

/// What of an address was made, to be taken away again.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "there is none on other systems")
)]
pub(crate) struct Made {
    pub(crate) address: bool,
    pub(crate) route: bool,
}

/// Whether an address was there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum AddressState {
    /// The address or its route was made.
    Made,
    /// Address and route were there.
    There,
    /// This node cannot have it.
    Unavailable(Unavailable),
}

/// Why a node cannot have an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Unavailable {
    /// IPv6 is switched off for the link (`net.ipv6.conf.*.disable_ipv6`).
    Ipv6Disabled,
    /// The kernel has no IPv6, or was started without (`ipv6.disable=1`).
    NoIpv6,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv6Disabled => "IPv6 is disabled by sysctl",
            Self::NoIpv6 => "this kernel has no IPv6",
        })
    }
}
