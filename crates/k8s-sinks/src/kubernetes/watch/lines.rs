use bytes::{Buf as _, Bytes, BytesMut};

use super::super::Error;
use super::super::cluster::Call;

/// The lines of a stream that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pending: BytesMut,
    /// Up to here there is no end of a line.
    searched: usize,
}

impl Lines {
    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.pending.extend_from_slice(piece);
    }

    /// The next line that is there to its end, without that.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        loop {
            let rest = &self.pending[self.searched..];
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
                self.searched = self.pending.len();
                return None;
            };
            let line = self.pending.split_to(self.searched + end).freeze();
            self.pending.advance(1);
            self.searched = 0;
            if !line.is_empty() {
                return Some(line);
            }
        }
    }

    /// Whether what is pending can still become a line.
    pub(super) fn check(&self, call: &Call) -> Result<(), Error> {
        if self.pending.len() <= LONGEST {
            return Ok(());
        }
        Err(Error::Unusable {
            what: call.right.to_string(),
            reason: format!("an event of more than {LONGEST} bytes"),
        })
    }
}

/// The metadata of an object, or a whole service account, is smaller by far.
const LONGEST: usize = 2 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_come_in_pieces() {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in ["{\"a\"", ":1}", "\n\n{\"b\":2}\n{", "}\n"] {
            lines.push(piece.as_bytes());
            while let Some(line) = lines.next() {
                found.push(String::from_utf8(line.to_vec()).unwrap());
            }
        }
        assert_eq!(found, ["{\"a\":1}", "{\"b\":2}", "{}"]);
    }
}
