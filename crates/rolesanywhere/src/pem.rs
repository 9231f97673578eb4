use rustls_pki_types::pem::{PemObject as _, SectionKind};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::Zeroize as _;

/// What a PEM text holds, in the text's order.
#[derive(Default)]
pub(crate) struct PemItems {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) private_keys: Vec<PrivateKeyDer<'static>>,
    /// There is a private key behind a passphrase.
    pub(crate) has_encrypted_key: bool,
}

/// The text is not PEM, or a section of it cannot be decoded.
#[derive(Debug)]
pub(crate) struct MalformedPem;

impl PemItems {
    /// Text between sections and sections of other kinds are passed over, as
    /// OpenSSL does.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, MalformedPem> {
        let mut items = Self::default();
        items.has_encrypted_key = has_encrypted_key(text);
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
            match section {
                Ok((kind, der)) => items.add(kind, der),
                // The base64 of the old encryption has header lines before it.
                Err(_) if items.has_encrypted_key => break,
                Err(_) => return Err(MalformedPem),
            }
        }
        Ok(items)
    }

    fn add(&mut self, kind: SectionKind, mut der: Vec<u8>) {
        match kind {
            SectionKind::Certificate => self.certificates.push(der.into()),
            SectionKind::PrivateKey => self.private_keys.push(PrivatePkcs8KeyDer::from(der).into()),
            SectionKind::RsaPrivateKey => {
                self.private_keys.push(PrivatePkcs1KeyDer::from(der).into());
            }
            SectionKind::EcPrivateKey => {
                self.private_keys.push(PrivateSec1KeyDer::from(der).into());
            }
            _ => der.zeroize(),
        }
    }
}

impl Drop for PemItems {
    fn drop(&mut self) {
        self.private_keys
            .iter_mut()
            .for_each(zeroize::Zeroize::zeroize);
    }
}

/// PKCS#8 (`ENCRYPTED PRIVATE KEY`), or OpenSSL's older form (a header).
fn has_encrypted_key(text: &[u8]) -> bool {
    let holds = |needle: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    holds(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(b"Proc-Type: 4,ENCRYPTED")
}
