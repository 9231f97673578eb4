//! The encryption of PKCS#12's own (RFC 7292, appendix C), and PBES2.

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, InnerIvInit as _, KeyInit};
use der::Sequence;
use der::asn1::OctetString;
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use super::InvalidPkcs12;
use super::derivation::{Derivation, Purpose};
use super::mac::bounded;
use super::password::Password;
use crate::private_key::pbes2;

/// `pkcs-12PbeParams`.
#[derive(Sequence)]
struct Parameters {
    salt: OctetString,
    iterations: u32,
}

/// Decrypts what `algorithm` has encrypted.
pub(super) fn decrypt(
    algorithm: &AlgorithmIdentifierOwned,
    password: &Password,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, InvalidPkcs12> {
    let oid = algorithm.oid.to_string();
    let open: Cipher;
    let key_length;
    match oid.strip_prefix("1.2.840.113549.1.12.1.") {
        Some("3") => (open, key_length) = (cbc::<des::TdesEde3>, 24),
        Some("4") => (open, key_length) = (cbc::<des::TdesEde2>, 16),
        Some("5") => (open, key_length) = (cbc::<rc2::Rc2>, 16),
        Some("6") => (open, key_length) = (cbc::<rc2::Rc2>, 5),
        _ => return Ok(pbes2::decrypt(algorithm, &password.utf8, ciphertext)?),
    }
    let parameters = algorithm.parameters.as_ref();
    let parameters: Parameters = parameters
        .and_then(|parameters| parameters.decode_as().ok())
        .ok_or(InvalidPkcs12::Damaged)?;
    bounded(parameters.iterations)?;
    let derivation = Derivation {
        hash: &SHA1_FOR_LEGACY_USE_ONLY,
        password: &password.utf16,
        salt: parameters.salt.as_bytes(),
        iterations: parameters.iterations,
    };
    if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(BLOCK) {
        return Err(InvalidPkcs12::Damaged);
    }
    let key = derivation.bytes(Purpose::Key, key_length);
    let vector = derivation.bytes(Purpose::Vector, BLOCK);
    open(&key, &vector, Zeroizing::new(ciphertext.to_vec())).ok_or(InvalidPkcs12::WrongPassphrase)
}

/// Key, vector and ciphertext give the plain text.
type Cipher = fn(&[u8], &[u8], Zeroizing<Vec<u8>>) -> Option<Zeroizing<Vec<u8>>>;

fn cbc<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    vector: &[u8],
    mut buffer: Zeroizing<Vec<u8>>,
) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = C::new_from_slice(key).ok()?;
    let mode = cbc::Decryptor::inner_iv_slice_init(cipher, vector).ok()?;
    let length = mode.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(length);
    pbes2::is_sequence(&buffer).then_some(buffer)
}

/// Of DES and of RC2.
const BLOCK: usize = 8;
