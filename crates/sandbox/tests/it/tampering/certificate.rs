//! Certificates that are unfit for Roles Anywhere.

use std::path::PathBuf;
use std::time::Duration;

use iamra_sandbox::Refusal;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_ED25519,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::World;
use crate::signer::{now, valid};

const DAY: Duration = Duration::from_secs(86_400);

type Change = fn(&mut CertificateParams);

#[test]
fn unfit_certificates_are_refused() {
    let world = World::new();
    let table: [(&str, Change, Refusal); 7] = [
        (
            "expired",
            |p| valid(p, now() - 2 * DAY, now() - DAY),
            Refusal::CertificateExpired,
        ),
        (
            "not yet valid",
            |p| valid(p, now() + DAY, now() + 2 * DAY),
            Refusal::CertificateNotYetValid,
        ),
        (
            "an authority",
            |p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            Refusal::CertificateIsAuthority,
        ),
        (
            "no key usage",
            |p| p.key_usages.clear(),
            Refusal::CertificateKeyUsage,
        ),
        (
            "no digital signature",
            |p| p.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            Refusal::CertificateKeyUsage,
        ),
        (
            "parentheses in a name",
            |p| {
                p.distinguished_name
                    .push(DnType::OrganizationName, "Team (A)");
            },
            Refusal::AttributeUnmappable {
                attribute: "Subject: [ O ]".into(),
            },
        ),
        (
            "a wildcard among the alternative names",
            |p| {
                p.subject_alt_names = vec![rcgen::SanType::DnsName(
                    "*.example.test".try_into().unwrap(),
                )];
            },
            Refusal::AttributeUnmappable {
                attribute: "SAN: [ DNS ]".into(),
            },
        ),
    ];
    for (what, change, refusal) in table {
        let client = world.intermediate.issue(change);
        let request = client.sign(&client.draft(&[&world.intermediate]));
        assert_eq!(world.refusal(&request), Some(refusal), "{what}");
    }
}

#[test]
fn basic_constraints_may_be_missing() {
    let world = World::new();
    let client = world.intermediate.issue(|params| params.is_ca = IsCa::NoCa);
    let request = client.sign(&client.draft(&[&world.intermediate]));
    assert_eq!(world.refusal(&request), None);
}

#[test]
fn an_ed25519_key_is_refused() {
    let world = World::new();
    let mut client = world.intermediate.issue(|_| {});
    client.key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let params = CertificateParams::new(vec!["app.example.test".to_owned()]).unwrap();
    client.certificate = params.self_signed(&client.key).unwrap().der().clone();
    let request = client.sign(&client.draft(&[]));
    assert_eq!(
        world.refusal(&request),
        Some(Refusal::CertificateKeyUnsupported)
    );
}

/// Certificates as old authorities make them, with their keys.
#[test]
fn old_certificates_are_refused() {
    let file = |name: &str| -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "testdata", "unfit", name]
            .iter()
            .collect()
    };
    let mut world = World::new();
    let root = CertificateDer::from_pem_file(file("root.pem")).unwrap();
    world.state.trust_anchors[0].certificates = vec![root];
    for (name, refusal) in [
        ("sha1", Refusal::CertificateSignatureWeak),
        ("v1", Refusal::CertificateVersion),
    ] {
        let key = std::fs::read_to_string(file(&format!("{name}.key"))).unwrap();
        world.client.key = KeyPair::from_pem(&key).unwrap();
        let der = CertificateDer::from_pem_file(file(&format!("{name}.pem")));
        world.client.certificate = der.unwrap();
        let draft = world.client.draft(&[]);
        let request = world.client.sign(&draft);
        assert_eq!(world.refusal(&request), Some(refusal), "{name}");
    }
}
