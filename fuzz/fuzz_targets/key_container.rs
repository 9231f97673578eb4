#![no_main]
//! Keys behind a passphrase and PKCS#12 files: whatever they hold, they are an
//! error or a key, and cost no minutes.

use libfuzzer_sys::fuzz_target;
use rolesanywhere::{Pkcs12, PrivateKey};

fuzz_target!(|data: &[u8]| {
    let passphrase = "password".into();
    drop(PrivateKey::from_pem_with(data, Some(&passphrase)));
    drop(Pkcs12::open(data, Some(&passphrase)));
});
