use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256, RsaKeySize,
};
use x509_parser::der_parser::parse_der;
use zeroize::Zeroizing;

use crate::vault::VaultError;

/// A key that the server made for a client.
pub(super) struct IssuedKey {
    pub(super) pair: KeyPair,
    /// `rsa`, `ec` or `ed25519`.
    pub(super) kind: String,
    bits: u32,
}

/// A private key in DER under the label that its PEM has.
struct Encoded {
    label: &'static str,
    der: Zeroizing<Vec<u8>>,
}

impl IssuedKey {
    /// Makes a key; 0 bits are the default of the type.
    pub(super) fn generate(kind: &str, bits: u32) -> Result<Self, VaultError> {
        let failed = |_| VaultError::internal("key generation failed");
        let rsa = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size);
        let pair = match (kind, bits) {
            ("rsa", 0 | 2048) => rsa(RsaKeySize::_2048),
            ("rsa", 3072) => rsa(RsaKeySize::_3072),
            ("rsa", 4096) => rsa(RsaKeySize::_4096),
            ("ec", 0 | 256) => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            ("ec", 384) => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            ("ec", 521) => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
            ("ed25519", _) => KeyPair::generate_for(&PKCS_ED25519),
            _ => {
                return Err(VaultError::bad_request(format!(
                    "unsupported bit length for {kind} key: {bits}"
                )));
            }
        };
        Ok(Self {
            pair: pair.map_err(failed)?,
            kind: kind.to_owned(),
            bits,
        })
    }

    /// PEM without a newline at its end.
    pub(super) fn pem(&self, pkcs8: bool) -> Result<Zeroizing<String>, VaultError> {
        let Encoded { label, der } = self.encode(pkcs8)?;
        let text = Zeroizing::new(STANDARD.encode(&*der));
        let mut pem = Zeroizing::new(["-----BEGIN ", label, "-----\n"].concat());
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        for part in ["-----END ", label, "-----"] {
            pem.push_str(part);
        }
        Ok(pem)
    }

    /// Base64 of the DER.
    pub(super) fn base64(&self, pkcs8: bool) -> Result<Zeroizing<String>, VaultError> {
        let encoded = self.encode(pkcs8)?;
        Ok(Zeroizing::new(STANDARD.encode(&*encoded.der)))
    }

    /// PKCS #8, or the older form that the type has: PKCS #1 or SEC 1.
    fn encode(&self, pkcs8: bool) -> Result<Encoded, VaultError> {
        let failed = || VaultError::internal("cannot encode the private key");
        let whole = Zeroizing::new(self.pair.serialize_der());
        let (label, der) = match self.kind.as_str() {
            "rsa" if !pkcs8 => ("RSA PRIVATE KEY", pkcs1(&whole).ok_or_else(failed)?),
            "ec" if !pkcs8 => (
                "EC PRIVATE KEY",
                sec1(&whole, self.bits).ok_or_else(failed)?,
            ),
            _ => ("PRIVATE KEY", whole),
        };
        Ok(Encoded { label, der })
    }
}

/// The octet string in PKCS #8 (RFC 5958), which for RSA is PKCS #1.
fn pkcs1(pkcs8: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (_, object) = parse_der(pkcs8).ok()?;
    let inner = object.as_sequence().ok()?.get(2)?.as_slice().ok()?;
    Some(Zeroizing::new(inner.to_vec()))
}

/// RFC 5915 with the curve's name inside, which PKCS #8 leaves out.
fn sec1(pkcs8: &[u8], bits: u32) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = match bits {
        384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        _ => &ECDSA_P256_SHA256_ASN1_SIGNING,
    };
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).ok()?;
    let der = pair.private_key().as_der().ok()?;
    Some(Zeroizing::new(der.as_ref().to_vec()))
}
