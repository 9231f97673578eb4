use aws_lc_rs::encoding::AsRawBytes as _;
use aws_lc_rs::signature::KeyPair as _;
use der::asn1::{AnyRef, ObjectIdentifier, OctetString, OctetStringRef};
use der::{Encode as _, Sequence, Tag};
use rustls_pki_types::PrivatePkcs8KeyDer;
use spki::AlgorithmIdentifierOwned;

use super::*;

#[derive(Sequence)]
struct PrivateKeyInfo {
    version: u8,
    algorithm: AlgorithmIdentifierOwned,
    key: OctetString,
}

/// PKCS#8 around what `key` is.
fn pkcs8(oid: &str, key: &[u8]) -> Option<PqdsaKeyPair> {
    let info = PrivateKeyInfo {
        version: 0,
        algorithm: AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new(oid).unwrap(),
            parameters: None,
        },
        key: OctetString::new(key).unwrap(),
    };
    super::key(&PrivatePkcs8KeyDer::from(info.to_der().unwrap()).into())
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    OctetStringRef::new(bytes).unwrap().to_der().unwrap()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    let content = parts.concat();
    AnyRef::new(Tag::Sequence, &content)
        .unwrap()
        .to_der()
        .unwrap()
}

#[test]
fn every_form_is_the_same_key() {
    for (oid, algorithm) in [
        ("2.16.840.1.101.3.4.3.17", &ML_DSA_44_SIGNING),
        ("2.16.840.1.101.3.4.3.18", &ML_DSA_65_SIGNING),
        ("2.16.840.1.101.3.4.3.19", &ML_DSA_87_SIGNING),
    ] {
        let seed = [0x11; 32];
        let pair = PqdsaKeyPair::from_seed(algorithm, &seed).unwrap();
        let expanded = pair.private_key().as_raw_bytes().unwrap();
        let expanded = octets(expanded.as_ref());
        let tagged = [&[0x80, 0x20], &seed[..]].concat();
        let other = octets(&[0x12; 32]);
        for form in [
            tagged.clone(),
            seed.to_vec(),
            octets(&seed),
            expanded.clone(),
            sequence(&[octets(&seed)]),
            sequence(&[octets(&seed), expanded.clone()]),
        ] {
            let read = pkcs8(oid, &form).unwrap();
            assert_eq!(read.public_key().as_ref(), pair.public_key().as_ref());
        }
        for wrong in [
            tagged[..33].to_vec(),
            [&tagged[..], &[0]].concat(),
            octets(&seed[1..]),
            expanded[..1000].to_vec(),
            sequence(&[other, expanded.clone()]),
            sequence(&[]),
            vec![],
        ] {
            assert!(pkcs8(oid, &wrong).is_none(), "{} bytes", wrong.len());
        }
    }
    assert!(pkcs8("2.16.840.1.101.3.4.3.20", &[0x11; 32]).is_none());
}
