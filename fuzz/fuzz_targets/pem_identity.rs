//! A file with certificates and a key is read or refused; what is read can sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rolesanywhere::{Identity, MAX_INTERMEDIATES, PemSources};

fuzz_target!(|combined: &[u8]| {
    let identity = Identity::from_pem(PemSources {
        certificate: combined,
        private_key: None,
        intermediates: None,
    });
    if let Ok(identity) = identity {
        assert!(identity.intermediates().len() <= MAX_INTERMEDIATES);
        assert!(identity.signer().sign(b"text").is_ok());
    }
});
