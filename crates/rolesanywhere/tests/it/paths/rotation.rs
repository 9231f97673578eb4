//! CAs that change their keys, and CAs that vouch for each other.

use super::*;

/// A CA that changes its key: the names stay.
#[test]
fn a_rotated_issuer_is_found_by_its_key() {
    let [root, old, new, app] = ["Root", "Middle", "Middle", "app"].map(Party::new);
    let case = |certificate: Certificate| Case {
        app: &app,
        certificate,
        intermediates: vec![old.ca(&root, |_| {}), new.ca(&root, |_| {})],
        anchors: vec![root.root()],
    };
    agree("by the old key", "Ok", &case(app.end_entity(&old)));
    agree("by the new key", "Ok", &case(app.end_entity(&new)));
    let only_old = Case {
        intermediates: vec![old.ca(&root, |_| {})],
        ..case(app.end_entity(&new))
    };
    agree("the new one is not sent", "OtherKey", &only_old);
    let both_anchors = Case {
        intermediates: Vec::new(),
        anchors: vec![old.ca(&root, |_| {}), new.ca(&root, |_| {})],
        ..case(app.end_entity(&new))
    };
    agree("both are anchors", "Ok", &both_anchors);
}

#[test]
fn cross_certificates_lead_on() {
    let [old, new, other, app] = ["Root", "Root", "Other", "app"].map(Party::new);
    let case = |intermediates: Vec<Certificate>, anchors: Vec<Certificate>| Case {
        app: &app,
        certificate: app.end_entity(&new),
        intermediates,
        anchors,
    };
    // The old key vouches for the new one, under the same name.
    let rollover = || new.ca(&old, |_| {});
    agree(
        "self-issued",
        "Ok",
        &case(vec![rollover()], vec![old.root()]),
    );
    let strict = old.ca(&old, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    agree(
        "it does not count",
        "Ok",
        &case(vec![rollover()], vec![strict]),
    );
    agree(
        "the new root is sent",
        "OtherKey",
        &case(vec![new.root()], vec![old.root()]),
    );
    // Another CA vouches for it; a circle ends.
    let cross = || {
        vec![
            new.ca(&other, |_| {}),
            other.ca(&new, |_| {}),
            other.ca(&old, |_| {}),
        ]
    };
    agree("by another", "Ok", &case(cross(), vec![other.root()]));
    agree("by another on", "Ok", &case(cross(), vec![old.root()]));
    agree(
        "a circle",
        "IssuerMissing",
        &case(cross(), vec![Party::new("x").root()]),
    );
    // One way is closed, another is open.
    let expired = new.ca(&other, |params| {
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    });
    let ways = vec![expired, new.ca(&other, |_| {})];
    agree("one of two", "Ok", &case(ways, vec![other.root()]));
}

/// Five intermediates that vouch for each other in a circle, and for no anchor:
/// each is taken once on a way, so that the search ends soon.
#[test]
fn a_knot_of_cross_certificates_is_no_path() {
    let [one, two, app] = ["Loop", "Loop", "app"].map(Party::new);
    let serial = |number: u64| {
        move |params: &mut CertificateParams| {
            params.serial_number = Some(number.into());
        }
    };
    let case = |anchor: Certificate| Case {
        app: &app,
        certificate: app.end_entity(&one),
        intermediates: vec![
            one.ca(&two, serial(1)),
            two.ca(&one, serial(2)),
            one.ca(&two, serial(3)),
            two.ca(&one, serial(4)),
            one.ca(&two, serial(5)),
        ],
        anchors: vec![anchor],
    };
    agree("no way out", "OtherKey", &case(Party::new("Loop").root()));
    agree("a way out", "Ok", &case(two.root()));
}
