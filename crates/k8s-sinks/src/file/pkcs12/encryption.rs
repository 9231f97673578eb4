use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    iv::FixedLength,
    pbkdf2::{PBKDF2_HMAC_SHA256, derive},
};
use pkcs5::{EncryptionScheme, pbes2::Parameters};
use zeroize::Zeroizing;

use super::salts::Salt;

/// Rounds of key derivation: what the JDK writes since version 16. More would
/// cost every delivery and every start of a reader, and guards only a password
/// that can be guessed: whoever has the file mostly has the password's, too.
pub(super) const ITERATIONS: u32 = 10_000;

/// Encrypts by PBES2 (RFC 8018): says how, and gives the encrypted bytes.
pub(super) fn encrypt(
    password: &str,
    salt: &Salt,
    plain: &[u8],
) -> der::Result<(EncryptionScheme, Vec<u8>)> {
    let failed = || der::Error::from(der::ErrorKind::Failed);
    let parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt.salt, salt.vector)
            .map_err(|_| failed())?;
    let rounds = NonZeroU32::new(ITERATIONS).unwrap_or(NonZeroU32::MIN);
    let mut key = Zeroizing::new([0; 32]);
    let secret = password.as_bytes();
    derive(PBKDF2_HMAC_SHA256, rounds, &salt.salt, secret, &mut *key);
    let key = UnboundCipherKey::new(&AES_256, &*key).map_err(|_| failed())?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| failed())?;
    // Room for the padding: a buffer that moves leaves the secret behind.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
    buffer.extend_from_slice(plain);
    let vector = EncryptionContext::Iv128(FixedLength::from(salt.vector));
    key.less_safe_encrypt(&mut *buffer, vector)
        .map_err(|_| failed())?;
    Ok((parameters.into(), std::mem::take(&mut *buffer)))
}
