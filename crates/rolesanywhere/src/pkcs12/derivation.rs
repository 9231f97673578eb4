use aws_lc_rs::digest::{self, Algorithm, digest};
use zeroize::Zeroizing;

/// What derived bytes are for (RFC 7292, appendix B.3).
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Vector = 2,
    Mac = 3,
}

/// How bytes are derived from a passphrase.
pub(super) struct Derivation<'a> {
    pub(super) hash: &'static Algorithm,
    pub(super) password: &'a [u8],
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
}

impl Derivation<'_> {
    /// The key derivation of RFC 7292, appendix B.2.
    pub(super) fn bytes(&self, purpose: Purpose, length: usize) -> Zeroizing<Vec<u8>> {
        let block = self.hash.block_len();
        let diversifier = vec![purpose as u8; block];
        let mut input = filled(self.salt, block);
        input.extend_from_slice(&filled(self.password, block));
        let mut output = Zeroizing::new(Vec::with_capacity(length + digest::MAX_OUTPUT_LEN));
        while output.len() < length {
            let first = Zeroizing::new([&diversifier[..], &input[..]].concat());
            let mut hash = digest(self.hash, &first);
            for _ in 1..self.iterations {
                hash = digest(self.hash, hash.as_ref());
            }
            output.extend_from_slice(hash.as_ref());
            let addend = filled(hash.as_ref(), block);
            for part in input.chunks_mut(block) {
                add(part, &addend[..block]);
            }
        }
        output.truncate(length);
        output
    }
}

/// Repeats the bytes until they fill whole blocks.
fn filled(bytes: &[u8], block: usize) -> Zeroizing<Vec<u8>> {
    let length = bytes.len().div_ceil(block) * block;
    let mut filled = Zeroizing::new(Vec::with_capacity(length));
    filled.extend(bytes.iter().copied().cycle().take(length));
    filled
}

/// `number + addend + 1`, without what runs over.
fn add(number: &mut [u8], addend: &[u8]) {
    let mut carry = 1_u16;
    for (digit, other) in number.iter_mut().zip(addend).rev() {
        carry += u16::from(*digit) + u16::from(*other);
        *digit = carry.to_be_bytes()[1];
        carry >>= 8;
    }
}
