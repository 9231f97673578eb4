//! How many requests one thread signs in a second, for each kind of key, and
//! what it takes to make an RSA key.
#![expect(clippy::print_stdout, reason = "an example for people")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::Request;
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_ECDSA_P521_SHA512, PKCS_RSA_SHA256,
};
use rolesanywhere::sigv4_x509::{Scope, sign};
use rolesanywhere::{Identity, PemSources};

fn main() -> Result<(), Box<dyn Error>> {
    for (name, algorithm) in [
        ("P-256", &PKCS_ECDSA_P256_SHA256),
        ("P-384", &PKCS_ECDSA_P384_SHA384),
        ("P-521", &PKCS_ECDSA_P521_SHA512),
        ("RSA-2048", &PKCS_RSA_SHA256),
    ] {
        let key = KeyPair::generate_for(algorithm)?;
        println!("{name:<10} {:>8.0} requests/s", rate(&identity(&key)?)?);
    }
    println!("making an RSA-2048 key: {:.0} ms, median", rsa_key()?);
    Ok(())
}

fn identity(key: &KeyPair) -> Result<Identity, Box<dyn Error>> {
    let certificate = CertificateParams::new(["app.example".to_owned()])?.self_signed(key)?;
    Ok(Identity::from_pem(PemSources {
        certificate: certificate.pem().as_bytes(),
        private_key: Some(key.serialize_pem().as_bytes()),
        intermediates: None,
    })?)
}

/// Signs for a second.
fn rate(identity: &Identity) -> Result<f64, Box<dyn Error>> {
    let scope = Scope::new("eu-central-1".parse()?, SystemTime::now());
    let body = Bytes::from_static(br#"{"durationSeconds":3600}"#);
    let started = Instant::now();
    let mut signed = 0_u32;
    while started.elapsed() < Duration::from_secs(1) {
        let url = "https://rolesanywhere.eu-central-1.amazonaws.com/sessions";
        let mut request = Request::post(url).body(body.clone())?;
        sign(&mut request, identity, &scope)?;
        black_box(&request);
        signed += 1;
    }
    Ok(f64::from(signed) / started.elapsed().as_secs_f64())
}

fn rsa_key() -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..15 {
        let started = Instant::now();
        black_box(KeyPair::generate_for(&PKCS_RSA_SHA256)?);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2].as_secs_f64() * 1000.0)
}
