//! The kernel's links, addresses and routes, over netlink
//! ([rtnetlink(7)](https://man7.org/linux/man-pages/man7/rtnetlink.7.html)).
//!
//! The messages are written by hand: the seven that are needed take a tenth of
//! a crate that knows them all.

mod address;
mod link;
mod message;
mod route;
mod socket;

pub(crate) use link::Link;
pub(crate) use route::Route;
pub(crate) use rustix::io::Errno;

use crate::Error;
use message::{Message, Request};
use socket::{Failure, Socket};

/// A conversation with the kernel.
pub(crate) struct Kernel {
    socket: Socket,
}

impl Kernel {
    pub(crate) fn open() -> Result<Self, Error> {
        let socket = Socket::open()
            .map_err(|errno| failed("open a netlink socket", Failure::Refused(errno)))?;
        Ok(Self { socket })
    }

    /// Sends a change. An answer that is tolerated comes back as a value, so
    /// that the caller says what it means.
    fn change(
        &mut self,
        request: &Request,
        action: &str,
        tolerated: &[Errno],
    ) -> Result<Option<Errno>, Error> {
        match self.socket.ask(request, &mut |_| ()) {
            Ok(_) => Ok(None),
            Err(Failure::Refused(errno)) if tolerated.contains(&errno) => Ok(Some(errno)),
            Err(failure) => Err(failed(action, failure)),
        }
    }

    /// Sends a question, and reads each message of the answer.
    fn collect<T>(
        &mut self,
        request: &Request,
        action: &str,
        read: impl Fn(&Message<'_>) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut attempts = 1;
        loop {
            let mut found = Vec::new();
            let is_consistent = self
                .socket
                .ask(request, &mut |message| found.extend(read(message)))
                .map_err(|failure| failed(action, failure))?;
            // On a node where pods come and go each list may be torn; one that
            // lacks a line is mended by the kernel's `EEXIST` later on.
            if is_consistent || attempts == LIST_ATTEMPTS {
                return Ok(found);
            }
            attempts += 1;
        }
    }
}

fn failed(action: &str, failure: Failure) -> Error {
    let action = action.to_owned();
    match failure {
        Failure::Refused(Errno::PERM) => Error::NotPermitted { action },
        Failure::Refused(errno) => Error::Kernel {
            action,
            source: errno.into(),
        },
        Failure::Silent => Error::NoAnswer {
            action,
            waited: socket::LONGEST_WAIT,
        },
        Failure::Garbled => Error::Kernel {
            action,
            source: std::io::ErrorKind::InvalidData.into(),
        },
    }
}

/// How often a list is asked for that changed while it was given.
const LIST_ATTEMPTS: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_eperm_asks_for_the_capability() {
        assert!(matches!(
            failed("make it", Failure::Refused(Errno::PERM)),
            Error::NotPermitted { action } if action == "make it"
        ));
        assert!(matches!(
            failed("make it", Failure::Refused(Errno::ACCESS)),
            Error::Kernel { source, .. } if source.raw_os_error() == Some(13)
        ));
    }
}
