use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key, Tag, sign};

use crate::file::CertificateSet;

/// Where salts and initialization vectors come from: not from chance, but from
/// what is encrypted.
///
/// The same contents then give the same file, and an unchanged one is not
/// written again: its readers see no change, and no other state says whether
/// there was one. A salt must be another one for each thing that is encrypted,
/// and tell nothing: these are HMACs under the private key, over everything
/// that goes into the file and the password itself. Without the key nobody can
/// try passwords against them, and two equal files are only made of two equal
/// sets.
pub(super) struct Salts(Key);

/// A salt for a password and an initialization vector for what it encrypts.
pub(super) struct Salt {
    pub(super) salt: [u8; 16],
    pub(super) vector: [u8; 16],
}

impl Salts {
    pub(super) fn new(password: &str, friendly_name: &[u8], set: &CertificateSet) -> Self {
        let key = Key::new(HMAC_SHA256, set.private_key.secret_pkcs8_der());
        let mut context = Context::with_key(&key);
        let fixed: [&[u8]; 3] = [password.as_bytes(), friendly_name, &set.end_entity];
        let intermediates = set.intermediates.iter().map(AsRef::as_ref);
        for part in fixed.into_iter().chain(intermediates) {
            // With their lengths, no two lists of parts look alike.
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        Self(Key::new(HMAC_SHA256, context.sign().as_ref()))
    }

    /// The pair for one purpose.
    pub(super) fn of(&self, purpose: &str) -> Salt {
        let tag: Tag = sign(&self.0, purpose.as_bytes());
        let mut pair = Salt {
            salt: [0; 16],
            vector: [0; 16],
        };
        let (salt, vector) = tag.as_ref().split_at(16);
        pair.salt.copy_from_slice(salt);
        pair.vector.copy_from_slice(vector);
        pair
    }
}
