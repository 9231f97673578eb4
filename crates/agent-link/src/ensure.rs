use crate::{Ensured, Error, LinkSettings};

/// Sees to it that the link is there and up, with each address and a route of
/// it in the main table.
///
/// What is there stays as it is, whoever made it: with everything in place
/// nothing is changed, and no capability is needed; otherwise `CAP_NET_ADMIN`.
/// An IPv6 address that the node cannot have is no error but
/// [`Unavailable`](crate::AddressState::Unavailable). After an error, what was
/// made is taken away again.
///
/// The link is a dummy or, where the kernel has no dummies, a bridge without
/// ports, which does the same.
pub fn ensure(settings: &LinkSettings) -> Result<Ensured, Error> {
    #[cfg(target_os = "linux")]
    return linux::ensure(settings, &mut crate::kernel::Kernel::open()?);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = settings;
        Err(Error::OtherSystem)
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::remove;

#[cfg(target_os = "linux")]
mod linux {
    use std::{net::IpAddr, thread, time::Duration};

    use crate::{
        AddressState, Ensured, EnsuredAddress, Error, LinkName, LinkSettings, LinkState,
        Unavailable,
        ensured::Made,
        kernel::{Errno, Kernel, Link, Route},
    };

    pub(super) fn ensure(settings: &LinkSettings, kernel: &mut Kernel) -> Result<Ensured, Error> {
        let name = &settings.name;
        let there = existing(kernel, name)?;
        // Looked at first, so that nothing is made where it cannot work.
        for address in &settings.addresses {
            let link = there.as_ref().map(|there| there.index);
            has_route(kernel, *address, link, name)?;
        }
        let mut ensured = match there {
            Some(there) => there,
            None => make(kernel, name)?,
        };
        let settled = settle(kernel, &settings.addresses, &mut ensured)
            .and_then(|()| wait_for_ipv6(kernel, &ensured));
        if let Err(error) = settled {
            // The first error is the one that counts.
            let _ = remove(&ensured, kernel);
            return Err(error);
        }
        Ok(ensured)
    }

    /// Takes away what was made, all that can be; the first error counts.
    pub(crate) fn remove(ensured: &Ensured, kernel: &mut Kernel) -> Result<(), Error> {
        let Ensured { name, index, .. } = ensured;
        if ensured.link == LinkState::Made {
            // Somebody else's by now if it is another, or under another name.
            let is_ours = kernel
                .link_at(*index)?
                .is_some_and(|link| link.name == name.as_str());
            return if is_ours {
                kernel.delete_link(*index, name)
            } else {
                Ok(())
            };
        }
        let mut outcomes = Vec::new();
        for EnsuredAddress { address, made, .. } in &ensured.addresses {
            if made.route {
                outcomes.push(kernel.delete_route(*address, *index));
            }
            if made.address {
                outcomes.push(kernel.delete_address(*address, *index));
            }
        }
        outcomes.into_iter().collect()
    }

    /// The link that has the name, if it is one of those that we would make.
    fn existing(kernel: &mut Kernel, name: &LinkName) -> Result<Option<Ensured>, Error> {
        let Some(link) = kernel.link_named(name)? else {
            return Ok(None);
        };
        let known = KINDS
            .into_iter()
            .find(|kind| link.kind.as_deref() == Some(*kind));
        match known {
            Some(kind) => Ok(Some(start(name, &link, kind, LinkState::There))),
            None => Err(Error::NameTaken {
                name: name.clone(),
                kind: link.kind,
            }),
        }
    }

    fn make(kernel: &mut Kernel, name: &LinkName) -> Result<Ensured, Error> {
        for kind in KINDS {
            let state = match kernel.make_link(name, kind)? {
                None => LinkState::Made,
                // Somebody else was quicker.
                Some(Errno::EXIST) => LinkState::There,
                Some(_) => continue,
            };
            if let Some(ensured) = existing(kernel, name)? {
                return Ok(Ensured {
                    link: state,
                    ..ensured
                });
            }
        }
        Err(Error::NoKindOfLink { name: name.clone() })
    }

    fn start(name: &LinkName, link: &Link, kind: &'static str, state: LinkState) -> Ensured {
        Ensured {
            name: name.clone(),
            index: link.index,
            kind,
            link: state,
            addresses: Vec::new(),
        }
    }

    /// Brings the link up and gives it the addresses. Whatever happens,
    /// `ensured` has what was made.
    fn settle(
        kernel: &mut Kernel,
        addresses: &[IpAddr],
        ensured: &mut Ensured,
    ) -> Result<(), Error> {
        let index = ensured.index;
        if !kernel.link_at(index)?.is_some_and(|link| link.is_up) {
            kernel.bring_up(index, &ensured.name)?;
            if ensured.link == LinkState::There {
                ensured.link = LinkState::BroughtUp;
            }
        }
        for address in addresses {
            let state = give_address(kernel, *address, index)?;
            let made = Made {
                address: state == AddressState::Made,
                route: false,
            };
            // Before the route, which may be refused.
            ensured.addresses.push(EnsuredAddress {
                address: *address,
                state,
                made,
            });
            if !matches!(state, AddressState::Unavailable(_))
                && give_route(kernel, *address, index, &ensured.name)?
                && let Some(last) = ensured.addresses.last_mut()
            {
                last.made.route = true;
                last.state = AddressState::Made;
            }
        }
        Ok(())
    }

    fn give_address(
        kernel: &mut Kernel,
        address: IpAddr,
        link: u32,
    ) -> Result<AddressState, Error> {
        let is_there = kernel
            .addresses()?
            .iter()
            .any(|held| held.link == link && held.address == address);
        if is_there {
            return Ok(AddressState::There);
        }
        Ok(match kernel.add_address(address, link)? {
            None => AddressState::Made,
            Some(Errno::EXIST) => AddressState::There,
            Some(Errno::ACCESS) => AddressState::Unavailable(Unavailable::Ipv6Disabled),
            Some(_) => AddressState::Unavailable(Unavailable::NoIpv6),
        })
    }

    /// Whether a route was made.
    fn give_route(
        kernel: &mut Kernel,
        address: IpAddr,
        link: u32,
        name: &LinkName,
    ) -> Result<bool, Error> {
        // The kernel makes IPv6's by itself, together with the address.
        if has_route(kernel, address, Some(link), name)? {
            return Ok(false);
        }
        if kernel.add_route(address, link)?.is_none() {
            return Ok(true);
        }
        // Somebody else was quicker; what counts is where it leads.
        has_route(kernel, address, Some(link), name)?;
        Ok(false)
    }

    /// Whether the address has a route to our link; to another only is an error.
    fn has_route(
        kernel: &mut Kernel,
        address: IpAddr,
        ours: Option<u32>,
        name: &LinkName,
    ) -> Result<bool, Error> {
        let routes = kernel.routes(address)?;
        if ours.is_some() && routes.contains(&Route { link: ours }) {
            return Ok(true);
        }
        let Some(elsewhere) = routes.first() else {
            return Ok(false);
        };
        let link = elsewhere.link.map(|index| kernel.link_at(index));
        Err(Error::RouteElsewhere {
            address,
            link: link.transpose()?.flatten().map(|link| link.name),
            name: name.clone(),
        })
    }

    /// Linux says that an IPv6 address is there before it takes it for its
    /// own: whoever connects in between waits for a second or more.
    fn wait_for_ipv6(kernel: &mut Kernel, ensured: &Ensured) -> Result<(), Error> {
        for EnsuredAddress { address, state, .. } in &ensured.addresses {
            if address.is_ipv4() || matches!(state, AddressState::Unavailable(_)) {
                continue;
            }
            for _ in 0..LOOKS {
                if kernel.is_local(*address)? {
                    break;
                }
                thread::sleep(BETWEEN_LOOKS);
            }
        }
        Ok(())
    }

    /// What a link of ours is made of, the first that the kernel has.
    const KINDS: [&str; 2] = ["dummy", "bridge"];
    /// Half a second; after that it is a matter of the node's policy of routes.
    const LOOKS: u32 = 100;
    const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
}
