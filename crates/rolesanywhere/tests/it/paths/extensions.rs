//! Extensions that restrict a path, known or not.

use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, NameConstraints, SanType};

use super::*;

type Change = fn(&mut CertificateParams);

/// An extension that nobody knows.
fn unknown(params: &mut CertificateParams, is_critical: bool) {
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(is_critical);
    params.custom_extensions.push(extension);
}

/// A critical extension of RFC 5280, by the last part of its identifier.
fn of_rfc(params: &mut CertificateParams, (last, der): (u64, &[u8])) {
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, last], der.to_vec());
    extension.set_criticality(true);
    params.custom_extensions.push(extension);
}

fn permit(params: &mut CertificateParams, name: &str) {
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(name.to_owned())],
        excluded_subtrees: vec![],
    });
}

/// The end-entity certificate, the intermediate and the anchor, each changed.
fn case(
    [root, middle, app]: &[Party; 3],
    [for_app, for_middle, for_root]: [Change; 3],
) -> Case<'_> {
    Case {
        app,
        certificate: app.changed_end_entity(middle, for_app),
        intermediates: vec![middle.ca(root, for_middle)],
        anchors: vec![root.ca(root, for_root)],
    }
}

#[test]
fn a_critical_extension_that_nobody_knows_breaks_the_path() {
    let parties = ["Root", "Middle", "app"].map(Party::new);
    let (none, critical, other): (Change, Change, Change) =
        (|_| {}, |p| unknown(p, true), |p| unknown(p, false));
    for (what, changes, expected) in [
        ("none", [none, none, none], "Ok"),
        ("that is not critical", [other, other, other], "Ok"),
        (
            "the end entity's",
            [critical, none, none],
            "CriticalExtension",
        ),
        (
            "the intermediate's",
            [none, critical, none],
            "CriticalExtension",
        ),
        ("the anchor's", [none, none, critical], "CriticalExtension"),
    ] {
        agree(what, expected, &case(&parties, changes));
    }
    let flaw = case(&parties, [none, critical, none])
        .checked()
        .unwrap_err();
    assert_eq!(
        flaw.to_string(),
        "CN=Middle has the critical extension 1.2.3.4, which is not known here: who does not know it must refuse the path"
    );
}

#[test]
fn what_is_not_checked_is_said() {
    let parties = ["Root", "Middle", "app"].map(Party::new);
    let name_app: Change =
        |p| p.subject_alt_names = vec![SanType::DnsName("app.test".try_into().unwrap())];
    let none: Change = |_| {};
    let rows: [(Change, &str); 6] = [
        // The name keeps to the first, and not to the second: neither is known.
        (
            |p| permit(p, "test"),
            "the issuer CN=Middle restricts what is below it by name constraints; that is not checked here",
        ),
        (
            |p| permit(p, "other.example"),
            "the issuer CN=Middle restricts what is below it by name constraints; that is not checked here",
        ),
        (
            |p| of_rfc(p, (36, &[0x30, 3, 0x80, 1, 0])),
            "the issuer CN=Middle restricts what is below it by policy constraints; that is not checked here",
        ),
        (
            |p| of_rfc(p, (54, &[2, 1, 0])),
            "the issuer CN=Middle restricts what is below it by inhibitAnyPolicy; that is not checked here",
        ),
        (
            |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            "the extended key usage of the issuer CN=Middle is serverAuth, without clientAuth",
        ),
        (
            |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning],
            "the extended key usage of the issuer CN=Middle is codeSigning, without clientAuth",
        ),
    ];
    for (change, expected) in rows {
        let case = case(&parties, [name_app, change, none]);
        agree(expected, "Ok", &case);
        let warnings = case.checked().unwrap();
        let [warning] = &warnings[..] else {
            panic!("{expected}: {warnings:?}");
        };
        assert_eq!(warning.severity, Severity::Warning);
        assert_eq!(warning.unfitness.to_string(), expected);
    }
    // An anchor restricts as well; what allows clients does not.
    let anchor = case(&parties, [none, none, |p| permit(p, "test")]);
    assert_eq!(anchor.checked().unwrap().len(), 1);
    for usage in [
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Any,
    ] {
        let mut free = case(&parties, [none, none, none]);
        free.intermediates = vec![parties[1].ca(&parties[0], |p| {
            p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, usage];
        })];
        assert_eq!(free.checked().unwrap(), []);
    }
}

/// Without the anchor nothing is verified, but what an issuer is for is known.
#[test]
fn an_issuer_for_servers_is_named_without_the_anchor_too() {
    let parties = ["Root", "Middle", "app"].map(Party::new);
    let none: Change = |_| {};
    let servers: Change = |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let case = case(&parties, [none, servers, none]);
    let findings = Finding::of(&case.certificate, &case.intermediates, now());
    let is_named = |it: &Finding| {
        it.unfitness
            .to_string()
            .contains("issuer CN=Middle is serverAuth")
    };
    assert_eq!(
        findings.iter().filter(|it| is_named(it)).count(),
        1,
        "{findings:?}"
    );
}
