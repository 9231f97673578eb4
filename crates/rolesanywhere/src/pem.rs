use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::{PemObject as _, SectionKind};
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::{Zeroize as _, Zeroizing};

/// What a PEM text holds, in the text's order.
#[derive(Default)]
pub(crate) struct PemItems {
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    pub(crate) private_keys: Vec<PrivateKeyDer<'static>>,
    pub(crate) encrypted_keys: Vec<EncryptedKey>,
}

/// A private key behind a passphrase.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum EncryptedKey {
    /// An `EncryptedPrivateKeyInfo` in DER.
    Pkcs8(Vec<u8>),
    /// OpenSSL's own form of before PKCS#8.
    OldForm,
}

/// The text is not PEM, or a section of it cannot be decoded.
#[derive(Debug)]
pub(crate) struct MalformedPem;

impl PemItems {
    /// Text between sections and sections of other kinds are passed over, as
    /// OpenSSL does.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, MalformedPem> {
        let (text, encrypted_keys) = without_encrypted_keys(text)?;
        let mut items = Self::default();
        items.encrypted_keys = encrypted_keys;
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(&text) {
            let (kind, der) = section.map_err(|_| MalformedPem)?;
            items.add(kind, der);
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

/// Cuts keys behind a passphrase out, and returns them apart: PKCS#8
/// (`ENCRYPTED PRIVATE KEY`), or OpenSSL's older form, whose header lines no
/// base64 decoder takes.
fn without_encrypted_keys(
    text: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, Vec<EncryptedKey>), MalformedPem> {
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut found = Vec::new();
    // Where the section that we are in begins in what is kept.
    let mut section: Option<usize> = None;
    let mut form: Option<Form> = None;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"-----BEGIN ") {
            section = Some(kept.len());
            let is_pkcs8 = line.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----");
            form = is_pkcs8.then_some(Form::Pkcs8);
        }
        if section.is_some() && line.starts_with(b"Proc-Type: 4,ENCRYPTED") {
            form = Some(Form::Old);
        }
        kept.extend_from_slice(line);
        if line.starts_with(b"-----END ")
            && let (Some(start), Some(form)) = (section.take(), form.take())
        {
            found.push(form.key(&kept[start..])?);
            kept.truncate(start);
        }
    }
    Ok((kept, found))
}

enum Form {
    Pkcs8,
    Old,
}

impl Form {
    /// The key in a section with its first and last line.
    fn key(self, section: &[u8]) -> Result<EncryptedKey, MalformedPem> {
        if matches!(self, Self::Old) {
            return Ok(EncryptedKey::OldForm);
        }
        let lines = section.split(|byte| *byte == b'\n');
        let base64: Vec<u8> = lines
            .filter(|line| !line.starts_with(b"-----"))
            .flatten()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        let der = STANDARD.decode(base64).map_err(|_| MalformedPem)?;
        Ok(EncryptedKey::Pkcs8(der))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_an_encrypted_key_is_read() {
        let certificate = include_str!("../testdata/pki/ecp256.pem");
        let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let new = include_str!("../testdata/pki/ecp256.enc.key");
        for encrypted in [old, new] {
            let text = format!("{certificate}{encrypted}{certificate}");
            let items = PemItems::parse(text.as_bytes()).unwrap();
            assert_eq!((items.certificates.len(), items.private_keys.len()), (2, 0));
            assert_eq!(items.encrypted_keys.len(), 1);
        }
        let comment = format!("Proc-Type: 4,ENCRYPTED is no key\n{certificate}");
        let items = PemItems::parse(comment.as_bytes()).unwrap();
        assert_eq!(items.encrypted_keys, []);
    }
}
