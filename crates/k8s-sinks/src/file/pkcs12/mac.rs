use aws_lc_rs::{
    digest::{Context, SHA256, digest},
    hmac::{HMAC_SHA256, Key, Tag, sign},
};
use zeroize::Zeroizing;

use super::encryption::ITERATIONS;

/// Authenticates the contents under the password: a wrong one is told from a
/// damaged file before anything is decrypted.
pub(super) fn mac(password: &str, salt: &[u8], contents: &[u8]) -> Tag {
    let key = derive(password, salt, ITERATIONS);
    sign(&Key::new(HMAC_SHA256, &*key), contents)
}

/// RFC 7292, appendix B.2, for a MAC key of the length of one hash: step 6 is
/// then one round, whose end (C) prepares a next one that there is not.
fn derive(password: &str, salt: &[u8], rounds: u32) -> Zeroizing<[u8; 32]> {
    // Two bytes a character, the most significant one first, and a final zero.
    let mut password: Zeroizing<Vec<u8>> =
        Zeroizing::new(password.encode_utf16().flat_map(u16::to_be_bytes).collect());
    password.extend_from_slice(&[0, 0]);
    let mut context = Context::new(&SHA256);
    context.update(&[MAC_KEY; BLOCK]);
    context.update(&filled(salt));
    context.update(&filled(&password));
    let mut hash = context.finish();
    for _ in 1..rounds {
        hash = digest(&SHA256, hash.as_ref());
    }
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(hash.as_ref());
    key
}

/// Repeats the bytes until they fill whole blocks.
fn filled(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = bytes.len().div_ceil(BLOCK) * BLOCK;
    Zeroizing::new(bytes.iter().copied().cycle().take(length).collect())
}

/// The block of SHA-256, in bytes.
const BLOCK: usize = 64;
/// What the derived bytes are for (B.3).
const MAC_KEY: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected key is that of a second implementation, in Python after the
    /// RFC; OpenSSL and Java check whole files in the integration tests.
    #[test]
    fn the_key_is_derived_as_the_rfc_says() {
        let key = derive("smeg", &[0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f], 3);
        let hex: Vec<String> = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex.concat(),
            "7e9ac472ca5cd7caa9256a171cae16bb0ade4deab4c52e40a8110b138ecbed7e"
        );
    }
}
