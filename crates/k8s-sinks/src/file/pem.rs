use der::pem::{LineEnding, encode, encoded_len};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::Error;

/// Certificates as PEM, each block ended by one newline.
///
/// [RFC 7468](https://www.rfc-editor.org/rfc/rfc7468#section-5)
pub fn certificates_pem<'a>(
    certificates: impl IntoIterator<Item = &'a CertificateDer<'static>>,
) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    for certificate in certificates {
        text.extend_from_slice(&block("CERTIFICATE", certificate)?);
    }
    Ok(text)
}

/// A private key as PEM, in memory that is wiped.
pub(crate) fn private_key(key: &PrivateKeyDer<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    block(label, key.secret_der())
}

fn block(label: &'static str, der: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |_| Error::NotEncodable { label };
    let length = encoded_len(label, LineEnding::LF, der).map_err(failed)?;
    let mut text = Zeroizing::new(vec![0; length]);
    let written = encode(label, LineEnding::LF, der, &mut text)
        .map_err(failed)?
        .len();
    text.truncate(written);
    Ok(text)
}
