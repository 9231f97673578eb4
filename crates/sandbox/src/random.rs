use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;

use crate::Error;

/// Serial numbers, tokens, keys and request ids: unpredictable, never twice.
///
/// Seeded once from the system, so that nothing after start-up can fail for
/// want of random numbers.
#[derive(Debug)]
pub(crate) struct Random {
    key: hmac::Key,
    counter: AtomicU64,
}

impl Random {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| Error::Random)?;
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &seed),
            counter: AtomicU64::new(0),
        })
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for block in bytes.chunks_mut(32) {
            let count = self.counter.fetch_add(1, Ordering::Relaxed);
            let tag = hmac::sign(&self.key, &count.to_be_bytes());
            block.copy_from_slice(&tag.as_ref()[..block.len()]);
        }
        bytes
    }

    /// `N` characters of `alphabet`, which has at most 256.
    pub(crate) fn text<const N: usize>(&self, alphabet: &[u8]) -> String {
        let pick = |byte: u8| char::from(alphabet[usize::from(byte) % alphabet.len()]);
        self.bytes::<N>().into_iter().map(pick).collect()
    }

    /// The same identifier for the same name, another one in another sandbox.
    pub(crate) fn uuid_of_name(&self, name: &str) -> String {
        let tag = hmac::sign(&self.key, format!("name:{name}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&tag.as_ref()[..16]);
        uuid_of(bytes)
    }

    /// An identifier in the form of a UUID.
    pub(crate) fn uuid(&self) -> String {
        uuid_of(self.bytes())
    }
}

/// Upper-case letters and the digits that base 32 has: access key ids.
pub(crate) const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits: tokens, accessors, secret access keys.
pub(crate) const ALPHANUMERIC: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What base 64 is written with: passwords of registries.
pub(crate) const BASE64: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes in the form of a UUID.
pub(crate) fn uuid_of(bytes: [u8; 16]) -> String {
    let hex = hex::encode(bytes);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_gives_the_same_twice() {
        let random = Random::new().unwrap();
        let other = Random::new().unwrap();
        assert_ne!(random.bytes::<40>(), random.bytes::<40>());
        assert_ne!(random.bytes::<40>()[..8], random.bytes::<40>()[32..]);
        assert_ne!(random.uuid(), other.uuid());
    }

    #[test]
    fn keeps_to_the_alphabet_and_the_form() {
        let random = Random::new().unwrap();
        let text = random.text::<64>(BASE32);
        assert_eq!(text.len(), 64);
        assert!(text.bytes().all(|byte| BASE32.contains(&byte)), "{text}");
        assert_eq!(uuid_of([0xab; 16]), "abababab-abab-abab-abab-abababababab");
    }
}
