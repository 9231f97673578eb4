//! Chains that lead to the trust anchor, and chains that do not.

use std::time::Duration;

use iamra_sandbox::{IssuerFlaw, Refusal};
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyUsagePurpose};

use super::World;
use crate::signer::{Issuing, now, valid};

const DAY: Duration = Duration::from_secs(86_400);

type Change = fn(&mut CertificateParams);

/// An extension that nobody knows.
fn critical() -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    extension.set_criticality(true);
    extension
}

fn untrusted(nearest: Option<IssuerFlaw>) -> Refusal {
    Refusal::Untrusted { nearest }
}

#[test]
fn order_and_company_do_not_matter() {
    let world = World::new();
    let upper = world.root.below("upper", |_| {});
    let lower = upper.below("lower", |_| {});
    let client = lower.issue(|_| {});
    for (what, chain) in [
        ("in order", vec![&lower, &upper]),
        ("reversed", vec![&upper, &lower]),
        ("with the root", vec![&lower, &upper, &world.root]),
        ("with one twice", vec![&lower, &lower, &upper]),
    ] {
        let request = client.sign(&client.draft(&chain));
        assert_eq!(world.refusal(&request), None, "{what}");
    }
}

#[test]
fn broken_paths_are_refused() {
    let world = World::new();
    let lone = world.client.sign(&world.client.draft(&[]));
    assert_eq!(world.refusal(&lone), Some(untrusted(None)));

    let stranger = Issuing::root(|_| {}).below("test intermediate", |_| {});
    let client = stranger.issue(|_| {});
    let request = client.sign(&client.draft(&[&stranger]));
    assert_eq!(
        world.refusal(&request),
        Some(untrusted(Some(IssuerFlaw::Signature))),
        "another authority of the same name"
    );
}

#[test]
fn unfit_intermediates_are_refused() {
    let world = World::new();
    let table: [(Change, IssuerFlaw); 5] = [
        (
            |p| valid(p, now() - 2 * DAY, now() - DAY),
            IssuerFlaw::Validity,
        ),
        (|p| p.is_ca = IsCa::ExplicitNoCa, IssuerFlaw::NotAnAuthority),
        (|p| p.is_ca = IsCa::NoCa, IssuerFlaw::NotAnAuthority),
        (
            |p| p.key_usages = vec![KeyUsagePurpose::DigitalSignature],
            IssuerFlaw::KeyUsage,
        ),
        (
            |p| p.custom_extensions.push(critical()),
            IssuerFlaw::CriticalExtension,
        ),
    ];
    for (change, flaw) in table {
        let unfit = world.root.below("unfit", change);
        let client = unfit.issue(|_| {});
        let request = client.sign(&client.draft(&[&unfit]));
        assert_eq!(world.refusal(&request), Some(untrusted(Some(flaw))));
    }
}

#[test]
fn a_critical_extension_that_nobody_knows_is_refused() {
    let mut world = World::new();
    let refused = Some(untrusted(Some(IssuerFlaw::CriticalExtension)));
    let client = world
        .intermediate
        .issue(|p| p.custom_extensions.push(critical()));
    let request = client.sign(&client.draft(&[&world.intermediate]));
    assert_eq!(world.refusal(&request), refused, "the end entity's");

    let root = Issuing::root(|params| params.custom_extensions.push(critical()));
    let client = root.issue(|_| {});
    world.state.trust_anchors[0].certificates = vec![root.1.der().clone()];
    let request = client.sign(&client.draft(&[]));
    assert_eq!(world.refusal(&request), refused, "the anchor's");
}

#[test]
fn a_path_may_not_be_longer_than_an_authority_allows() {
    let world = World::new();
    let upper = world.root.below("upper", |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let lower = upper.below("lower", |_| {});
    let client = lower.issue(|_| {});
    let request = client.sign(&client.draft(&[&lower, &upper]));
    assert_eq!(
        world.refusal(&request),
        Some(untrusted(Some(IssuerFlaw::PathLength)))
    );
}

#[test]
fn at_most_five_certificates() {
    let world = World::new();
    let chain = [&world.intermediate; 6];
    let five = world.client.sign(&world.client.draft(&chain[..5]));
    assert_eq!(world.refusal(&five), None);
    let six = world.client.sign(&world.client.draft(&chain));
    assert_eq!(
        world.refusal(&six),
        Some(Refusal::ChainTooLong { count: 6 })
    );
}

#[test]
fn an_expired_anchor_is_no_anchor() {
    let mut world = World::new();
    let root = Issuing::root(|params| valid(params, now() - 2 * DAY, now() - DAY));
    let client = root.issue(|_| {});
    world.state.trust_anchors[0].certificates = vec![root.1.der().clone()];
    let request = client.sign(&client.draft(&[]));
    assert_eq!(
        world.refusal(&request),
        Some(untrusted(Some(IssuerFlaw::Validity)))
    );
}

#[test]
fn malformed_chains_are_refused() {
    let world = World::new();
    for separator in [", ", ";", ",,"] {
        let mut draft = world.draft();
        let chain = &mut draft.headers[4].1;
        *chain = format!("{chain}{separator}{chain}");
        let request = world.client.sign(&draft);
        assert_eq!(
            world.refusal(&request),
            Some(Refusal::ChainMalformed),
            "{separator:?}"
        );
    }
}
