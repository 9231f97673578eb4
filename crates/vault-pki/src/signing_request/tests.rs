use aws_lc_rs::digest;
use der::DecodePem as _;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::{Pkcs1v15Sign, RsaPublicKey};

use super::*;
use crate::KeyType;

fn names() -> Names {
    Names {
        common_name: Some("a, b + c = #d".to_owned()),
        dns: vec!["a.example.test".to_owned(), "*.b.example.test".to_owned()],
        ip: vec!["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()],
        uri: vec!["spiffe://example.test/ns/a,b".to_owned()],
        email: vec!["root@example.test".to_owned()],
    }
}

fn request(key_type: KeyType, names: &Names) -> CertReq {
    let key = KeyPair::generate(key_type).unwrap();
    CertReq::from_pem(signing_request(&key, names).unwrap()).unwrap()
}

fn alternatives(request: &CertReq) -> (bool, Vec<String>) {
    let [attribute] = request.info.attributes.as_slice() else {
        panic!("not one attribute");
    };
    let extensions = attribute.values.get(0).unwrap();
    let extensions: Vec<Extension> = extensions.decode_as().unwrap();
    let names = Extended::from_der(extensions[0].extn_value.as_bytes()).unwrap();
    let names = names.0.iter().map(|name| match name {
        GeneralName::IpAddress(bytes) => format!("{} bytes", bytes.as_bytes().len()),
        GeneralName::DnsName(text)
        | GeneralName::Rfc822Name(text)
        | GeneralName::UniformResourceIdentifier(text) => text.to_string(),
        other => panic!("{other:?}"),
    });
    (extensions[0].critical, names.collect())
}

#[test]
fn every_name_is_in_the_request() {
    let request = request(KeyType::Auto, &names());
    let subject = request.info.subject.common_name().unwrap().unwrap();
    assert_eq!(subject.value(), "a, b + c = #d");
    let expected = [
        "a.example.test",
        "*.b.example.test",
        "4 bytes",
        "16 bytes",
        "spiffe://example.test/ns/a,b",
        "root@example.test",
    ];
    assert_eq!(
        alternatives(&request),
        (false, expected.map(str::to_owned).to_vec())
    );
}

#[test]
fn without_a_subject_the_other_names_are_critical() {
    let names = Names {
        common_name: None,
        ..names()
    };
    let request = request(KeyType::Auto, &names);
    assert!(request.info.subject.is_empty());
    assert!(alternatives(&request).0);
}

#[test]
fn without_other_names_there_is_no_attribute() {
    let request = request(KeyType::Auto, &Names::common_name("app"));
    assert!(request.info.attributes.is_empty());
}

#[test]
fn an_rsa_request_verifies_with_another_library() {
    let request = request(KeyType::Rsa2048, &names());
    let key = request.info.public_key.subject_public_key.raw_bytes();
    let key = RsaPublicKey::from_pkcs1_der(key).unwrap();
    let digest = digest::digest(&digest::SHA256, &request.info.to_der().unwrap());
    let scheme = Pkcs1v15Sign {
        hash_len: Some(32),
        prefix: SHA256_DIGEST_INFO.into(),
    };
    key.verify(scheme, digest.as_ref(), request.signature.raw_bytes())
        .unwrap();
}

/// RFC 8017, section 9.2, note 1.
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

#[test]
fn an_elliptic_request_verifies_with_its_own_key() {
    use aws_lc_rs::signature as algorithms;
    for (key_type, algorithm) in [
        (KeyType::EcP256, &algorithms::ECDSA_P256_SHA256_ASN1),
        (KeyType::EcP384, &algorithms::ECDSA_P384_SHA384_ASN1),
    ] {
        let request = request(key_type, &names());
        let key = request.info.public_key.subject_public_key.raw_bytes();
        algorithms::UnparsedPublicKey::new(algorithm, key)
            .verify(
                &request.info.to_der().unwrap(),
                request.signature.raw_bytes(),
            )
            .unwrap();
    }
}
