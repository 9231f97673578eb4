use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{
        AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
        PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    error::Unspecified,
    iv::FixedLength,
    pbkdf2::{PBKDF2_HMAC_SHA256, derive},
};
use pkcs5::{
    EncryptionScheme,
    pbes2::{self, Parameters},
};
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
    let parameters =
        Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt.salt, salt.vector)
            .map_err(|_| failed())?;
    let key = cipher_key(password, &salt.salt).and_then(PaddedBlockEncryptingKey::cbc_pkcs7);
    let key = key.map_err(|_| failed())?;
    // Room for the padding: a buffer that moves leaves the secret behind.
    let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
    buffer.extend_from_slice(plain);
    let vector = EncryptionContext::Iv128(FixedLength::from(salt.vector));
    key.less_safe_encrypt(&mut *buffer, vector)
        .map_err(|_| failed())?;
    Ok((parameters.into(), std::mem::take(&mut *buffer)))
}

/// Decrypts what [`encrypt`] has encrypted. Rounds are its own, whatever the
/// parameters say: nobody makes us derive for hours.
pub(super) fn decrypt(
    password: &str,
    scheme: &EncryptionScheme,
    encrypted: &[u8],
) -> der::Result<Zeroizing<Vec<u8>>> {
    let parameters = scheme.pbes2().ok_or_else(failed)?;
    let salt = parameters.kdf.pbkdf2().ok_or_else(failed)?.salt.as_ref();
    let pbes2::EncryptionScheme::Aes256Cbc { iv } = parameters.encryption else {
        return Err(failed());
    };
    let key = cipher_key(password, salt).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
    let key = key.map_err(|_| failed())?;
    let mut buffer = Zeroizing::new(encrypted.to_vec());
    let vector = DecryptionContext::Iv128(FixedLength::from(iv));
    let length = key
        .decrypt(&mut buffer, vector)
        .map_err(|_| failed())?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

fn cipher_key(password: &str, salt: &[u8]) -> Result<UnboundCipherKey, Unspecified> {
    let rounds = NonZeroU32::new(ITERATIONS).unwrap_or(NonZeroU32::MIN);
    let mut key = Zeroizing::new([0; 32]);
    derive(
        PBKDF2_HMAC_SHA256,
        rounds,
        salt,
        password.as_bytes(),
        &mut *key,
    );
    UnboundCipherKey::new(&AES_256, &*key)
}

fn failed() -> der::Error {
    der::ErrorKind::Failed.into()
}
