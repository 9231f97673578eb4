//! The certificates that an anchor is registered with.

use super::*;

#[test]
fn the_anchor_itself_is_looked_at() {
    let root = Party::new("Root");
    let lines = |anchors: Vec<Certificate>| -> Vec<String> {
        let app = Party::new("app");
        let certificate = app.end_entity(&root);
        let case = Case {
            app: &app,
            certificate,
            intermediates: Vec::new(),
            anchors,
        };
        let flaws = case.anchor().flaws(now());
        flaws
            .iter()
            .map(|finding| {
                assert_eq!(finding.severity, Severity::Warning);
                finding.unfitness.to_string()
            })
            .collect()
    };
    assert_eq!(lines(vec![root.root(), root.root()]), [""; 0]);
    assert_eq!(
        lines(vec![root.root(), root.root(), root.root()]),
        ["the trust anchor has 3 certificates, and AWS takes 2"]
    );
    assert_eq!(
        lines(vec![root.end_entity(&root)]),
        ["the trust anchor CN=Root is no CA (CA:TRUE is missing)"]
    );
    let no_usage = root.ca(&root, |params| {
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
    });
    assert_eq!(
        lines(vec![no_usage]),
        ["the trust anchor CN=Root has no keyCertSign in its key usage"]
    );
    let expired = root.ca(&root, |params| {
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    });
    assert_eq!(
        lines(vec![expired]),
        [
            "the trust anchor CN=Root is valid from 1975-01-01T00:00:00Z to 2026-01-01T00:00:00Z only"
        ]
    );
}

#[test]
fn a_bundle_without_certificates_is_none() {
    for text in [&b""[..], b"no PEM at all\n"] {
        let error = TrustAnchor::from_pem(text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the text of the trust anchor holds no certificate"
        );
    }
    TrustAnchor::from_pem(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap_err();
}
