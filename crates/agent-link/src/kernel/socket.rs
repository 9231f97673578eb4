use std::{os::fd::OwnedFd, time::Duration};

use rustix::{
    io::{Errno, retry_on_intr},
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect,
        netlink::SocketAddrNetlink,
        recv, send, socket_with,
        sockopt::{Timeout, set_socket_timeout},
    },
};

use super::message::{Body, Message, Messages, Request};

/// A netlink socket that asks one question at a time.
pub(super) struct Socket {
    descriptor: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Failure {
    /// The kernel said no.
    Refused(Errno),
    /// The kernel said nothing.
    Silent,
    /// What the kernel said is cut off or no netlink.
    Garbled,
}

impl Socket {
    pub(super) fn open() -> Result<Self, Errno> {
        // No protocol is `NETLINK_ROUTE`.
        let descriptor = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            None,
        )?;
        for side in [Timeout::Recv, Timeout::Send] {
            set_socket_timeout(&descriptor, side, Some(LONGEST_WAIT))?;
        }
        // The kernel chooses our port; its own is 0, and once connected to it
        // nobody else can send us anything.
        bind(&descriptor, &SocketAddrNetlink::new(0, 0))?;
        connect(&descriptor, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self {
            descriptor,
            sequence: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Sends the request, gives what belongs to its answer to `read`, and
    /// returns after the end of the answer: `false` if it is a list that
    /// changed while it was given.
    pub(super) fn ask(
        &mut self,
        request: &Request,
        read: &mut dyn FnMut(&Message<'_>),
    ) -> Result<bool, Failure> {
        self.sequence += 1;
        let bytes = request.to_bytes(self.sequence);
        let sent = retry_on_intr(|| send(&self.descriptor, &bytes, SendFlags::empty()))?;
        if sent != bytes.len() {
            return Err(Failure::Garbled);
        }
        let mut answer = Answer {
            sequence: self.sequence,
            is_consistent: true,
        };
        while !answer.take(self.receive()?, read)? {}
        Ok(answer.is_consistent)
    }

    fn receive(&mut self) -> Result<&[u8], Failure> {
        let Self {
            descriptor, buffer, ..
        } = self;
        // With `TRUNC` the length is that of the whole datagram.
        let (_, length) =
            retry_on_intr(|| recv(&*descriptor, buffer.as_mut_slice(), RecvFlags::TRUNC))?;
        buffer.get(..length).ok_or(Failure::Garbled)
    }
}

/// How far the answer to one request has come.
struct Answer {
    sequence: u32,
    is_consistent: bool,
}

impl Answer {
    /// Takes one datagram; whether it has the end of the answer.
    fn take(
        &mut self,
        datagram: &[u8],
        read: &mut dyn FnMut(&Message<'_>),
    ) -> Result<bool, Failure> {
        for message in Messages::new(datagram) {
            let message = message.ok_or(Failure::Garbled)?;
            // A late answer to a question that we no longer wait for.
            if message.sequence != self.sequence {
                continue;
            }
            self.is_consistent &= !message.was_interrupted;
            match message.body() {
                Body::End(0) => return Ok(true),
                Body::End(code) => {
                    return Err(Failure::Refused(Errno::from_raw_os_error(-code)));
                }
                Body::Garbled => return Err(Failure::Garbled),
                Body::Data => read(&message),
                Body::Nothing => {}
            }
        }
        Ok(false)
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        if errno == Errno::AGAIN {
            Self::Silent
        } else {
            Self::Refused(errno)
        }
    }
}

/// The kernel answers at once; a node that swaps may take a while.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// The kernel fills at most this much of a datagram with a list.
const BUFFER: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_other_questions_are_passed_over() {
        let mut datagram = message(1, 2, &(-1_i32).to_ne_bytes());
        datagram.extend(message(2, 2, &0_i32.to_ne_bytes()));
        let mut answer = waiting_for(2);
        assert_eq!(answer.take(&datagram, &mut |_| ()), Ok(true));
        let mut answer = waiting_for(3);
        assert_eq!(answer.take(&datagram, &mut |_| ()), Ok(false));
    }

    #[test]
    fn a_list_ends_with_done_and_may_end_with_an_error() {
        let mut seen = 0;
        let mut datagram = message(1, 16, &[0; 16]);
        datagram.extend(message(1, 16, &[0; 16]));
        let mut answer = waiting_for(1);
        assert_eq!(answer.take(&datagram, &mut |_| seen += 1), Ok(false));
        let done = message(1, 3, &0_i32.to_ne_bytes());
        assert_eq!(answer.take(&done, &mut |_| seen += 1), Ok(true));
        assert_eq!(seen, 2);
        let refused = message(1, 3, &(-95_i32).to_ne_bytes());
        assert_eq!(
            answer.take(&refused, &mut |_| ()),
            Err(Failure::Refused(Errno::OPNOTSUPP))
        );
    }

    #[test]
    fn what_is_cut_off_is_not_believed() {
        let whole = message(1, 2, &0_i32.to_ne_bytes());
        for length in 1..whole.len() {
            let mut answer = waiting_for(1);
            assert_eq!(
                answer.take(&whole[..length], &mut |_| ()),
                Err(Failure::Garbled),
                "{length} bytes"
            );
        }
        let short = message(1, 2, &[0, 0]);
        assert_eq!(
            waiting_for(1).take(&short, &mut |_| ()),
            Err(Failure::Garbled)
        );
    }

    #[test]
    fn a_torn_list_is_noticed() {
        let mut torn = message(1, 16, &[0; 16]);
        torn[6] |= 0x10;
        let mut answer = waiting_for(1);
        assert_eq!(answer.take(&torn, &mut |_| ()), Ok(false));
        assert!(!answer.is_consistent);
    }

    #[test]
    fn the_kernel_answers_a_question_of_ours() {
        let mut socket = Socket::open().unwrap();
        let mut links = 0;
        // RTM_GETLINK; every machine has the loopback.
        let request = Request::list(18, &[0; 16]);
        assert!(socket.ask(&request, &mut |_| links += 1).is_ok());
        assert!(links > 0);
        let request = Request::change(18, 0, &[0; 16]);
        let refusal = socket.ask(&request, &mut |_| ());
        assert_eq!(refusal, Err(Failure::Refused(Errno::INVAL)));
    }

    fn waiting_for(sequence: u32) -> Answer {
        Answer {
            sequence,
            is_consistent: true,
        }
    }

    fn message(sequence: u32, kind: u16, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + payload.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(0_u16.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend(payload);
        bytes
    }
}
