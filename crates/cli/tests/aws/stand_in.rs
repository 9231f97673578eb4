//! The cases against the sandbox: what AWS is expected to do, and the cases themselves, are
//! tried before there is an account.

use std::sync::Arc;

use iamra_sandbox::{Sandbox, Settings};
use refresh::{Clock as _, SystemClock};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::runtime::Builder;

use crate::background::Background;
use crate::case::{self, CASES};
use crate::certificates::Authority;
use crate::place::Place;
use crate::registries;

#[test]
fn every_case_that_the_sandbox_looks_at_is_as_expected() {
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    let serving = runtime();
    let settings = Settings::new(Arc::new(|| SystemClock.now()));
    let sandbox = serving.block_on(Sandbox::bind(settings)).unwrap();
    let now = SystemClock.now();
    let root = Authority::root("iamra evidence", now);
    let other = Authority::root("iamra evidence other", now);
    let place = prepared(&sandbox, &root, &other);
    let _server = Background::serve(serving, sandbox.serve());
    let outcomes = runtime().block_on(async {
        let mut outcomes = Vec::new();
        for case in CASES.iter().filter(|case| case.is_of(&place)) {
            outcomes.push(case.run(&place, &root).await);
        }
        let session = case::session(&place, &root).await.unwrap();
        outcomes.extend(registries::run(&place, &session).await);
        outcomes
    });
    for outcome in &outcomes {
        assert!(outcome.as_expected, "{outcome:#?}");
    }
    assert_eq!(outcomes.len(), 15);
}

/// `CloudFormation` refuses aliases, which every parser of YAML takes.
#[test]
fn the_template_repeats_itself() {
    let template = include_str!("template.yaml");
    let alias = template
        .lines()
        .find(|line| line.contains(": &") || line.contains(": *"));
    assert_eq!(alias, None);
}

/// The sandbox's account with what the template makes.
fn prepared(sandbox: &Sandbox, root: &Authority, other: &Authority) -> Place {
    let certificate = |authority: &Authority| {
        vec![CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()]
    };
    let sibling = |arn: &str, name: &str| {
        let (before, _) = arn.rsplit_once('/').unwrap();
        format!("{before}/{name}")
    };
    let place = Place {
        trust_anchor: sandbox.trust_anchor_arn().to_owned(),
        other_trust_anchor: sibling(
            sandbox.trust_anchor_arn(),
            "11111111-1111-4111-8111-111111111111",
        ),
        profile: sandbox.profile_arn().to_owned(),
        disabled_profile: sibling(
            sandbox.profile_arn(),
            "22222222-2222-4222-8222-222222222222",
        ),
        role: sandbox.role_arn().to_owned(),
        unlisted_role: sibling(sandbox.role_arn(), "unlisted"),
        repository: "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app".to_owned(),
        second_region: "eu-central-1".to_owned(),
        endpoint: Some(sandbox.aws_http_url()),
    };
    sandbox.configure_roles_anywhere(|account| {
        account.trust_anchors[0].certificates = certificate(root);
        let mut second = account.trust_anchors[0].clone();
        second.arn.clone_from(&place.other_trust_anchor);
        second.certificates = certificate(other);
        account.trust_anchors.push(second);
        let mut disabled = account.profiles[0].clone();
        disabled.arn.clone_from(&place.disabled_profile);
        disabled.enabled = false;
        account.profiles[0].accept_role_session_name = false;
        account.profiles.push(disabled);
        let mut unlisted = account.roles[0].clone();
        unlisted.arn.clone_from(&place.unlisted_role);
        account.roles.push(unlisted);
    });
    place
}
