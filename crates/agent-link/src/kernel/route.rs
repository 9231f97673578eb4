use std::net::IpAddr;

use super::{
    Errno, Kernel,
    message::{CREATE, EXCLUSIVE, Message, Request, family},
};
use crate::Error;

/// A route of one address in the main table.
#[derive(Eq, PartialEq)]
pub(crate) struct Route {
    /// The index of the link that it leads to; none where it discards, or
    /// leads to several.
    pub(crate) link: Option<u32>,
}

impl Kernel {
    /// The routes that the main table has for just this address.
    pub(crate) fn routes(&mut self, address: IpAddr) -> Result<Vec<Route>, Error> {
        let (family, ..) = family(address);
        let request = Request::list(GET_ROUTE, &[family, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.collect(&request, "list routes", |message| read(message, address))
    }

    /// Whether what is sent to the address stays on this machine.
    pub(crate) fn is_local(&mut self, address: IpAddr) -> Result<bool, Error> {
        let (family, bits, bytes) = family(address);
        let fixed = [family, bits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let request = Request::change(GET_ROUTE, 0, &fixed).with(DESTINATION, &bytes);
        let action = format!("look for the route of {address}");
        let kind = |message: &Message<'_>| message.open::<12>(NEW_ROUTE).map(|(fixed, _)| fixed[7]);
        match self.collect(&request, &action, kind) {
            Ok(kinds) => Ok(kinds.contains(&LOCAL)),
            // No route at all is an error to the kernel.
            Err(Error::Kernel { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Adds a route of the address to the link. `EXIST`: there is one.
    pub(crate) fn add_route(&mut self, address: IpAddr, link: u32) -> Result<Option<Errno>, Error> {
        let request = request(NEW_ROUTE, CREATE | EXCLUSIVE, address, link);
        let action = format!("add a route of {address}");
        self.change(&request, &action, &[Errno::EXIST])
    }

    /// Deletes the route of the address to the link, if it is still there.
    pub(crate) fn delete_route(&mut self, address: IpAddr, link: u32) -> Result<(), Error> {
        let request = request(DELETE_ROUTE, 0, address, link);
        let action = format!("remove the route of {address}");
        let gone = [Errno::SRCH, Errno::NODEV];
        self.change(&request, &action, &gone).map(drop)
    }
}

fn read(message: &Message<'_>, address: IpAddr) -> Option<Route> {
    let (fixed, attributes) = message.open::<12>(NEW_ROUTE)?;
    // A kernel without the family answers with the routes of all others.
    let [_, bits, _, _, table, ..] = *fixed;
    // Tables have more numbers than fit the byte.
    let table = attributes.number(TABLE).unwrap_or_else(|| table.into());
    let is_its = table == u32::from(MAIN)
        && bits == family(address).1
        && attributes.address(DESTINATION) == Some(address);
    is_its.then(|| Route {
        link: attributes.number(OUTPUT_LINK),
    })
}

/// `struct rtmsg` and where the route leads, as `ip route add` writes it.
fn request(kind: u16, flags: u16, address: IpAddr, link: u32) -> Request {
    let (family, bits, bytes) = family(address);
    let fixed = [
        family, bits, 0, 0, MAIN, BY_HAND, ON_LINK, UNICAST, 0, 0, 0, 0,
    ];
    Request::change(kind, flags, &fixed)
        .with(DESTINATION, &bytes)
        .with(OUTPUT_LINK, &link.to_ne_bytes())
}

// `RTM_…ROUTE`.
const NEW_ROUTE: u16 = 24;
const DELETE_ROUTE: u16 = 25;
const GET_ROUTE: u16 = 26;
// `RTA_…`.
const DESTINATION: u16 = 1;
const OUTPUT_LINK: u16 = 4;
const TABLE: u16 = 15;
/// `RT_TABLE_MAIN`.
const MAIN: u8 = 254;
/// `RTPROT_BOOT`.
const BY_HAND: u8 = 3;
/// `RT_SCOPE_LINK`: there is no gateway.
const ON_LINK: u8 = 253;
// `RTN_…`.
const UNICAST: u8 = 1;
const LOCAL: u8 = 2;
