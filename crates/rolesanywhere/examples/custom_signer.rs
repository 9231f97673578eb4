//! A key that another component holds: implement `Signer`, and nothing else
//! changes. Here it is P-256 in the `p256` crate, where a token or a security
//! module would be.

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use rolesanywhere::sigv4_x509::{Scope, sign};
use rolesanywhere::{Identity, PemSources, Signer, SigningAlgorithm, SigningError};

#[derive(Debug)]
struct Token {
    key: SigningKey,
    public_key: Vec<u8>,
}

impl Signer for Token {
    fn algorithm(&self) -> SigningAlgorithm {
        SigningAlgorithm::EcdsaSha256
    }

    fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature: Signature = self
            .key
            .try_sign(message)
            .map_err(|e| SigningError::new(e.to_string()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let sources = PemSources {
        certificate: include_bytes!("../testdata/pki/ecp256.pem"),
        private_key: None,
        intermediates: None,
    };
    let key = SigningKey::from_pkcs8_pem(include_str!("../testdata/pki/ecp256.key"))?;
    let public_key = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
    let (certificate, intermediates) = sources.certificates()?;
    let identity = Identity::new(
        certificate,
        intermediates,
        Arc::new(Token { key, public_key }),
    )?;

    let mut request = http::Request::post("https://rolesanywhere.eu-west-1.amazonaws.com/sessions")
        .header("content-type", "application/json")
        .body(Bytes::from_static(b"{}"))?;
    sign(
        &mut request,
        &identity,
        &Scope::new("eu-west-1".parse()?, SystemTime::UNIX_EPOCH),
    )?;
    println!("{:?}", request.headers()["x-amz-date"]);
    Ok(())
}
