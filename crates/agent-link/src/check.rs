use std::net::IpAddr;

use crate::Error;

/// Where an address is on this machine.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// On a link that is up: it can be listened at.
    Up {
        /// The name of the link.
        link: String,
    },
    /// On a link that is down: it cannot be reached.
    Down {
        /// The name of the link.
        link: String,
    },
    /// On no link.
    Nowhere,
}

/// Looks where each of the addresses is, in their order. Changes nothing, and
/// needs no capability.
///
/// For nodes where somebody else sees to the link. Binding a socket would not
/// tell: with `ip_nonlocal_bind` Linux lets any address be bound.
pub fn check(addresses: &[IpAddr]) -> Result<Vec<Place>, Error> {
    #[cfg(target_os = "linux")]
    return linux::check(addresses, &mut crate::kernel::Kernel::open()?);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = addresses;
        Err(Error::OtherSystem)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::IpAddr;

    use super::Place;
    use crate::{Error, kernel::Kernel};

    pub(super) fn check(addresses: &[IpAddr], kernel: &mut Kernel) -> Result<Vec<Place>, Error> {
        let held = kernel.addresses()?;
        let mut places = Vec::new();
        for address in addresses {
            let mut place = Place::Nowhere;
            for holder in held.iter().filter(|held| held.address == *address) {
                // Gone between the two questions: then it is not there.
                let Some(link) = kernel.link_at(holder.link)? else {
                    continue;
                };
                if link.is_up {
                    place = Place::Up { link: link.name };
                    break;
                }
                place = Place::Down { link: link.name };
            }
            places.push(place);
        }
        Ok(places)
    }
}
