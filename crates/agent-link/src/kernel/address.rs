use std::net::IpAddr;

use super::{
    Errno, Kernel,
    message::{CREATE, EXCLUSIVE, Message, Request, family},
};
use crate::Error;

/// An address, and the index of the link that has it.
pub(crate) struct HeldAddress {
    pub(crate) address: IpAddr,
    pub(crate) link: u32,
}

impl Kernel {
    /// Every address of this machine.
    pub(crate) fn addresses(&mut self) -> Result<Vec<HeldAddress>, Error> {
        let request = Request::list(GET_ADDRESS, &[0; 8]);
        self.collect(&request, "list addresses", read)
    }

    /// Gives a link an address. `EXIST`: it has it; `ACCESS`, `OPNOTSUPP` and
    /// `AFNOSUPPORT`: not here.
    pub(crate) fn add_address(
        &mut self,
        address: IpAddr,
        link: u32,
    ) -> Result<Option<Errno>, Error> {
        let request = request(NEW_ADDRESS, CREATE | EXCLUSIVE, address, link);
        let mut tolerated = vec![Errno::EXIST];
        if address.is_ipv6() {
            tolerated.extend([Errno::ACCESS, Errno::OPNOTSUPP, Errno::AFNOSUPPORT]);
        }
        self.change(&request, &format!("add address {address}"), &tolerated)
    }

    /// Takes an address from a link, if it is still there.
    pub(crate) fn delete_address(&mut self, address: IpAddr, link: u32) -> Result<(), Error> {
        let request = request(DELETE_ADDRESS, 0, address, link);
        let action = format!("remove address {address}");
        let gone = [Errno::ADDRNOTAVAIL, Errno::NODEV];
        self.change(&request, &action, &gone).map(drop)
    }
}

fn read(message: &Message<'_>) -> Option<HeldAddress> {
    let (fixed, attributes) = message.open::<8>(NEW_ADDRESS)?;
    let [_, _, _, _, i0, i1, i2, i3] = *fixed;
    Some(HeldAddress {
        // On a link with a peer, `ADDRESS` is the peer's.
        address: attributes
            .address(LOCAL)
            .or_else(|| attributes.address(ADDRESS))?,
        link: u32::from_ne_bytes([i0, i1, i2, i3]),
    })
}

/// `struct ifaddrmsg` and the address.
fn request(kind: u16, flags: u16, address: IpAddr, link: u32) -> Request {
    let (family, bits, bytes) = family(address);
    let mut fixed = [family, bits, 0, 0, 0, 0, 0, 0];
    if address.is_ipv6() {
        fixed[2] = NO_DUPLICATE_DETECTION;
    }
    fixed[4..].copy_from_slice(&link.to_ne_bytes());
    Request::change(kind, flags, &fixed)
        .with(LOCAL, &bytes)
        .with(ADDRESS, &bytes)
}

// `RTM_…ADDR`.
const NEW_ADDRESS: u16 = 20;
const DELETE_ADDRESS: u16 = 21;
const GET_ADDRESS: u16 = 22;
// `IFA_…`.
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
/// `IFA_F_NODAD`: nobody else is on the link, and an address that is still
/// being looked for cannot be bound.
const NO_DUPLICATE_DETECTION: u8 = 0x02;
