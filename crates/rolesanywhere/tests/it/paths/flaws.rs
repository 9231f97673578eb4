//! What a path may be, and what breaks it.

use super::*;

#[test]
fn a_path_of_each_kind_of_key_holds() {
    for (root, middle) in [
        (&rcgen::PKCS_RSA_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384),
        (&rcgen::PKCS_RSA_SHA512, &rcgen::PKCS_RSA_SHA384),
        (
            &rcgen::PKCS_ECDSA_P521_SHA512,
            &rcgen::PKCS_ECDSA_P256_SHA256,
        ),
    ] {
        let (root, middle) = (Party::with("Root", root), Party::with("Middle", middle));
        let app = Party::new("app");
        let case = |anchor: Certificate| Case {
            app: &app,
            certificate: app.end_entity(&middle),
            intermediates: vec![middle.ca(&root, |_| {})],
            anchors: vec![anchor],
        };
        agree("the root is the anchor", "Ok", &case(root.root()));
        agree("the intermediate is", "Ok", &case(middle.ca(&root, |_| {})));
        agree(
            "another of that name is",
            "OtherKey",
            &case(Party::new("Root").root()),
        );
        agree(
            "another is",
            "IssuerMissing",
            &case(Party::new("Other").root()),
        );
    }
}

#[test]
fn what_breaks_a_path_is_said() {
    let [root, middle, app] = ["Root", "Middle", "app"].map(Party::new);
    let case = |change: fn(&mut CertificateParams)| Case {
        app: &app,
        certificate: app.end_entity(&middle),
        intermediates: vec![middle.ca(&root, change)],
        anchors: vec![root.root()],
    };
    agree("nothing", "Ok", &case(|_| {}));
    for (expected, change) in [
        (
            "IssuerNotCa",
            (|params| params.is_ca = IsCa::ExplicitNoCa) as fn(&mut CertificateParams),
        ),
        ("IssuerNotCa", |params| params.is_ca = IsCa::NoCa),
        ("IssuerMayNotSign", |params| {
            params.key_usages = vec![KeyUsagePurpose::CrlSign];
        }),
        ("IssuerNotValid", |params| {
            params.not_after = rcgen::date_time_ymd(2026, 1, 1);
        }),
        ("IssuerNotValid", |params| {
            params.not_before = rcgen::date_time_ymd(2027, 1, 1);
        }),
    ] {
        agree("an intermediate", expected, &case(change));
        let anchor = Case {
            intermediates: Vec::new(),
            certificate: app.end_entity(&root),
            anchors: vec![root.ca(&root, change)],
            ..case(|_| {})
        };
        agree("an anchor", expected, &anchor);
    }
    let missing = Case {
        intermediates: Vec::new(),
        ..case(|_| {})
    };
    agree("without the intermediate", "IssuerMissing", &missing);
}

#[test]
fn a_path_begins_with_a_certificate_that_is_valid() {
    let [root, app] = ["Root", "app"].map(Party::new);
    for (expected, change) in [
        ("Ok", (|_| {}) as fn(&mut CertificateParams)),
        ("NotValid", |params| {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }),
        ("NotValid", |params| {
            params.not_before = rcgen::date_time_ymd(2027, 1, 1);
        }),
    ] {
        let case = Case {
            app: &app,
            certificate: app.changed_end_entity(&root, change),
            intermediates: Vec::new(),
            anchors: vec![root.root()],
        };
        agree("the end entity", expected, &case);
        // The finding says it once, as one about the certificate.
        let errors = case.findings().into_iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        assert_eq!(errors.count(), usize::from(expected != "Ok"));
    }
}

#[test]
fn the_length_of_the_path_counts() {
    let [root, policy, middle, app] = ["Root", "Policy", "Middle", "app"].map(Party::new);
    for (allowed, expected) in [(0, "PathTooLong"), (1, "PathTooLong"), (2, "Ok")] {
        let limit = |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(allowed));
        };
        let case = Case {
            app: &app,
            certificate: app.end_entity(&middle),
            // In any order.
            intermediates: vec![policy.ca(&root, |_| {}), middle.ca(&policy, |_| {})],
            anchors: vec![root.ca(&root, limit)],
        };
        agree("two intermediates", expected, &case);
    }
    for allowed in [0, 1] {
        let limit = |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(allowed));
        };
        let case = Case {
            app: &app,
            certificate: app.end_entity(&middle),
            intermediates: vec![middle.ca(&policy, |_| {}), policy.ca(&root, limit)],
            anchors: vec![root.root()],
        };
        let expected = if allowed == 0 { "PathTooLong" } else { "Ok" };
        agree("an intermediate that allows few", expected, &case);
    }
}

#[test]
fn more_than_five_intermediates_are_too_many() {
    let parties = ["A", "B", "C", "D", "E", "F", "G"].map(Party::new);
    let app = Party::new("app");
    let chain = |count: usize| {
        let pairs = parties.windows(2).take(count);
        pairs
            .map(|pair| pair[0].ca(&pair[1], |_| {}))
            .collect::<Vec<_>>()
    };
    let case = |count: usize| Case {
        app: &app,
        certificate: app.end_entity(&parties[0]),
        intermediates: chain(count),
        anchors: vec![parties[count].root()],
    };
    agree("five", "Ok", &case(5));
    assert_eq!(name(&case(6).checked()), "TooManyIntermediates");
}

#[test]
fn a_weak_signature_is_one_wherever_it_stands() {
    let pem = include_bytes!("../../../testdata/fitness/sha1.pem");
    let sources = rolesanywhere::PemSources {
        certificate: pem,
        private_key: None,
        intermediates: None,
    };
    let (certificate, _) = sources.certificates().unwrap();
    // Its own name is the issuer's, or a namesake's: the hash decides.
    let anchor = TrustAnchor::from_pem(pem).unwrap();
    let checked = anchor.check_path(&certificate, &[], now());
    assert_eq!(name(&checked), "WeakSignature", "{checked:?}");
}
