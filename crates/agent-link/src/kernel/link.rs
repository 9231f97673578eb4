use super::{
    Errno, Kernel,
    message::{CREATE, EXCLUSIVE, Message, Request, push_attribute},
};
use crate::{Error, LinkName};

/// A link as the kernel has it.
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    /// What it was made as, such as `dummy`; none is a device.
    pub(crate) kind: Option<String>,
    pub(crate) is_up: bool,
}

impl Kernel {
    pub(crate) fn link_named(&mut self, name: &LinkName) -> Result<Option<Link>, Error> {
        let request = Request::change(GET_LINK, 0, &fixed(0, 0)).with(NAME, &terminated(name));
        self.find_link(&request, &format!("look for link {name}"))
    }

    pub(crate) fn link_at(&mut self, index: u32) -> Result<Option<Link>, Error> {
        let request = Request::change(GET_LINK, 0, &fixed(index, 0));
        self.find_link(&request, &format!("look for link {index}"))
    }

    fn find_link(&mut self, request: &Request, action: &str) -> Result<Option<Link>, Error> {
        match self.collect(request, action, read) {
            Ok(mut links) => Ok(links.pop()),
            Err(Error::Kernel { source, .. })
                if source.raw_os_error() == Some(Errno::NODEV.raw_os_error()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a link that is down. `EXIST`: somebody else did; `OPNOTSUPP`: the
    /// kernel does not know the kind.
    pub(crate) fn make_link(
        &mut self,
        name: &LinkName,
        kind: &str,
    ) -> Result<Option<Errno>, Error> {
        let mut information = Vec::new();
        push_attribute(&mut information, KIND, kind.as_bytes());
        let request = Request::change(NEW_LINK, CREATE | EXCLUSIVE, &fixed(0, 0))
            .with(NAME, &terminated(name))
            .with(INFORMATION, &information);
        let action = format!("make link {name}");
        self.change(&request, &action, &[Errno::EXIST, Errno::OPNOTSUPP])
    }

    pub(crate) fn bring_up(&mut self, index: u32, name: &LinkName) -> Result<(), Error> {
        let request = Request::change(NEW_LINK, 0, &fixed(index, UP));
        self.change(&request, &format!("bring up link {name}"), &[])
            .map(drop)
    }

    /// Deletes a link, if it is still there.
    pub(crate) fn delete_link(&mut self, index: u32, name: &LinkName) -> Result<(), Error> {
        let request = Request::change(DELETE_LINK, 0, &fixed(index, 0));
        let action = format!("remove link {name}");
        self.change(&request, &action, &[Errno::NODEV]).map(drop)
    }
}

fn read(message: &Message<'_>) -> Option<Link> {
    let (fixed, attributes) = message.open::<16>(NEW_LINK)?;
    let [_, _, _, _, i0, i1, i2, i3, f0, f1, f2, f3, ..] = *fixed;
    Some(Link {
        index: u32::from_ne_bytes([i0, i1, i2, i3]),
        name: attributes.text(NAME)?,
        kind: attributes
            .within(INFORMATION)
            .and_then(|information| information.text(KIND)),
        is_up: u32::from_ne_bytes([f0, f1, f2, f3]) & UP != 0,
    })
}

/// `struct ifinfomsg`, with the flags that are to be set.
fn fixed(index: u32, flags: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[4..8].copy_from_slice(&index.to_ne_bytes());
    bytes[8..12].copy_from_slice(&flags.to_ne_bytes());
    bytes[12..].copy_from_slice(&flags.to_ne_bytes());
    bytes
}

fn terminated(name: &LinkName) -> Vec<u8> {
    format!("{name}\0").into_bytes()
}

// `RTM_…LINK`.
const NEW_LINK: u16 = 16;
const DELETE_LINK: u16 = 17;
const GET_LINK: u16 = 18;
/// `IFLA_IFNAME`.
const NAME: u16 = 3;
/// `IFLA_LINKINFO`, and `IFLA_INFO_KIND` in it.
const INFORMATION: u16 = 18;
const KIND: u16 = 1;
/// `IFF_UP`.
const UP: u32 = 1;
