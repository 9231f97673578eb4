//! The form of netlink messages, and of the attributes in them
//! ([netlink(7)](https://man7.org/linux/man-pages/man7/netlink.7.html)).
//! Numbers are in the machine's byte order.

use std::net::IpAddr;

/// A message to the kernel.
pub(super) struct Request {
    kind: u16,
    flags: u16,
    payload: Vec<u8>,
}

impl Request {
    /// A question with a list as its answer. The payload is the fixed part of
    /// the message.
    pub(super) fn list(kind: u16, payload: &[u8]) -> Self {
        Self::new(kind, REQUEST | DUMP, payload)
    }

    /// A change, or a question about one thing. The kernel says when it is done.
    pub(super) fn change(kind: u16, flags: u16, payload: &[u8]) -> Self {
        Self::new(kind, REQUEST | ACK | flags, payload)
    }

    fn new(kind: u16, flags: u16, payload: &[u8]) -> Self {
        Self {
            kind,
            flags,
            payload: payload.to_vec(),
        }
    }

    /// Adds an attribute.
    #[must_use]
    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        push_attribute(&mut self.payload, kind, value);
        self
    }

    pub(super) fn to_bytes(&self, sequence: u32) -> Vec<u8> {
        let length = HEADER + self.payload.len();
        let mut bytes = Vec::with_capacity(length);
        #[expect(clippy::cast_possible_truncation, reason = "a few dozen bytes")]
        bytes.extend((length as u32).to_ne_bytes());
        bytes.extend(self.kind.to_ne_bytes());
        bytes.extend(self.flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        // Our port, which the kernel knows.
        bytes.extend(0_u32.to_ne_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// Appends an attribute, padded to four bytes.
pub(super) fn push_attribute(bytes: &mut Vec<u8>, kind: u16, value: &[u8]) {
    #[expect(clippy::cast_possible_truncation, reason = "names and addresses")]
    bytes.extend(((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(aligned(bytes.len()), 0);
}

/// A message of the kernel.
pub(super) struct Message<'a> {
    kind: u16,
    pub(super) sequence: u32,
    /// The list changed while it was given, and may lack lines.
    pub(super) was_interrupted: bool,
    payload: &'a [u8],
}

/// What a message is for.
pub(super) enum Body {
    /// The end of the answer: 0, or the error's number below it.
    End(i32),
    /// A part of the answer.
    Data,
    Nothing,
    Garbled,
}

impl<'a> Message<'a> {
    pub(super) fn body(&self) -> Body {
        match self.kind {
            NOTHING => Body::Nothing,
            ERROR | DONE => self
                .payload
                .first_chunk()
                .map_or(Body::Garbled, |code| Body::End(i32::from_ne_bytes(*code))),
            OVERRUN => Body::Garbled,
            _ => Body::Data,
        }
    }

    /// The fixed part and the attributes, if the message is of this kind.
    pub(super) fn open<const FIXED: usize>(
        &self,
        kind: u16,
    ) -> Option<(&'a [u8; FIXED], Attributes<'a>)> {
        let (fixed, rest) = self.payload.split_first_chunk()?;
        (self.kind == kind).then_some((fixed, Attributes(rest)))
    }
}

/// The messages of one datagram; `None` where it is cut off.
pub(super) struct Messages<'a>(&'a [u8]);

impl<'a> Messages<'a> {
    pub(super) fn new(datagram: &'a [u8]) -> Self {
        Self(datagram)
    }

    fn split(&mut self) -> Option<Message<'a>> {
        let (header, _) = self.0.split_first_chunk::<HEADER>()?;
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
        let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).ok()?;
        let payload = self.0.get(HEADER..length)?;
        self.0 = self.0.get(aligned(length)..).unwrap_or_default();
        Some(Message {
            kind: u16::from_ne_bytes([k0, k1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            was_interrupted: u16::from_ne_bytes([f0, f1]) & INTERRUPTED != 0,
            payload,
        })
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Option<Message<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let message = self.split();
        if message.is_none() {
            self.0 = &[];
        }
        Some(message)
    }
}

/// The attributes of a message, or of an attribute that has some.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// The value of the first attribute of this kind.
    pub(super) fn find(self, kind: u16) -> Option<&'a [u8]> {
        let mut rest = self.0;
        loop {
            let (header, _) = rest.split_first_chunk::<ATTRIBUTE_HEADER>()?;
            let [l0, l1, k0, k1] = *header;
            let length = usize::from(u16::from_ne_bytes([l0, l1]));
            let value = rest.get(ATTRIBUTE_HEADER..length)?;
            if u16::from_ne_bytes([k0, k1]) & KIND_OF_ATTRIBUTE == kind {
                return Some(value);
            }
            rest = rest.get(aligned(length)..)?;
        }
    }

    /// The attributes within the first attribute of this kind.
    pub(super) fn within(self, kind: u16) -> Option<Self> {
        self.find(kind).map(Self)
    }

    pub(super) fn number(self, kind: u16) -> Option<u32> {
        let bytes = self.find(kind)?.first_chunk()?;
        Some(u32::from_ne_bytes(*bytes))
    }

    pub(super) fn text(self, kind: u16) -> Option<String> {
        let bytes = self.find(kind)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        let text = &bytes[..end.unwrap_or(bytes.len())];
        Some(String::from_utf8_lossy(text).into_owned())
    }

    pub(super) fn address(self, kind: u16) -> Option<IpAddr> {
        let bytes = self.find(kind)?;
        <[u8; 4]>::try_from(bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
            .ok()
    }
}

/// The number of an address's family, its length in bits, and its bytes.
pub(super) fn family(address: IpAddr) -> (u8, u8, Vec<u8>) {
    match address {
        IpAddr::V4(address) => (AF_INET, 32, address.octets().to_vec()),
        IpAddr::V6(address) => (AF_INET6, 128, address.octets().to_vec()),
    }
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const HEADER: usize = 16;
const ATTRIBUTE_HEADER: usize = 4;
/// Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
const KIND_OF_ATTRIBUTE: u16 = 0x3fff;

// The kinds of message that all of netlink has, `NLMSG_…`.
const NOTHING: u16 = 1;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const OVERRUN: u16 = 4;

// Flags, `NLM_F_…`.
const REQUEST: u16 = 0x1;
const ACK: u16 = 0x4;
const INTERRUPTED: u16 = 0x10;
const DUMP: u16 = 0x300;
/// Refuse what is there already.
pub(super) const EXCLUSIVE: u16 = 0x200;
/// Make what is not there.
pub(super) const CREATE: u16 = 0x400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let request = Request::change(16, CREATE, &[7; 16])
            .with(3, b"pod-id-link0\0")
            .with(1, &[169, 254, 170, 23])
            .with(4, &5_u32.to_ne_bytes());
        let bytes = request.to_bytes(42);
        let message = Messages::new(&bytes).next().unwrap().unwrap();
        assert_eq!(message.sequence, 42);
        let (fixed, attributes) = message.open::<16>(16).unwrap();
        assert_eq!(fixed, &[7; 16]);
        assert_eq!(attributes.text(3).unwrap(), "pod-id-link0");
        let address = attributes.address(1).unwrap();
        assert_eq!(address.to_string(), "169.254.170.23");
        assert_eq!(attributes.number(4), Some(5));
        assert!(attributes.find(9).is_none());
        assert!(message.open::<16>(17).is_none());
    }

    #[test]
    fn an_attribute_that_is_cut_off_or_without_end_is_none() {
        for bytes in [
            &[][..],
            &[5, 0, 1][..],
            // Longer than what is there; shorter than its own header; nothing.
            &[9, 0, 1, 0, 0, 0, 0, 0][..],
            &[3, 0, 1, 0][..],
            &[0, 0, 1, 0][..],
            &[0, 0, 2, 0, 5, 0, 1, 0, 9][..],
        ] {
            assert!(Attributes(bytes).find(1).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn an_address_has_four_bytes_or_sixteen() {
        for (length, is_address) in [(0, false), (4, true), (5, false), (16, true), (20, false)] {
            let mut bytes = Vec::new();
            push_attribute(&mut bytes, 1, &vec![1; length]);
            assert_eq!(Attributes(&bytes).address(1).is_some(), is_address);
        }
    }

    #[test]
    fn a_message_without_length_ends_the_datagram() {
        assert_eq!(Messages::new(&[0; 64]).count(), 1);
        assert!(Messages::new(&[0; 64]).flatten().next().is_none());
    }
}
