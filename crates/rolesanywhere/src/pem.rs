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
        let (text, has_encrypted_key) = without_encrypted_keys(text);
        let mut items = Self::default();
        items.has_encrypted_key = has_encrypted_key;
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

/// Cuts out keys behind a passphrase, and says whether there were any: PKCS#8
/// (`ENCRYPTED PRIVATE KEY`), or OpenSSL's older form, whose header lines no
/// base64 decoder takes.
fn without_encrypted_keys(text: &[u8]) -> (Zeroizing<Vec<u8>>, bool) {
    let mut kept = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut found = false;
    // Where the section that we are in begins in what is kept.
    let mut section: Option<usize> = None;
    let mut is_encrypted = false;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"-----BEGIN ") {
            section = Some(kept.len());
            is_encrypted = line.starts_with(b"-----BEGIN ENCRYPTED PRIVATE KEY-----");
        }
        is_encrypted |= section.is_some() && line.starts_with(b"Proc-Type: 4,ENCRYPTED");
        kept.extend_from_slice(line);
        if line.starts_with(b"-----END ") {
            if let Some(start) = section.take().filter(|_| is_encrypted) {
                found = true;
                kept.truncate(start);
            }
            is_encrypted = false;
        }
    }
    (kept, found)
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
            assert!(items.has_encrypted_key);
        }
        let comment = format!("Proc-Type: 4,ENCRYPTED is no key\n{certificate}");
        assert!(
            !PemItems::parse(comment.as_bytes())
                .unwrap()
                .has_encrypted_key
        );
    }
}
