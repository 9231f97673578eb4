use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::k8s::manifests::carried::Carried;

fn install(has_brokers: bool, has_webhook: bool, verifies_by_keys: bool) -> PodsInstall {
    PodsInstall {
        namespace: "pods".to_owned(),
        image: "iamra:test".to_owned(),
        has_brokers,
        has_webhook,
        verifies_by_keys,
        audience: "pods.eks.amazonaws.com".to_owned(),
        carried: Carried::default(),
        associations: None,
        egress: BTreeSet::new(),
    }
}

/// What every service account may do, each rule on a line.
fn allowed(install: &PodsInstall) -> BTreeMap<String, BTreeSet<String>> {
    let documents = documents(install);
    let objects: Vec<Value> = documents.into_iter().map(|it| it.object).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut allowed = BTreeMap::new();
    for account in objects.iter().filter(|it| it["kind"] == "ServiceAccount") {
        let name = text(&account["metadata"]["name"]);
        let bound = objects.iter().filter(|it| {
            let kind = text(&it["kind"]);
            kind.ends_with("Binding") && it["subjects"][0]["name"] == *name
        });
        let mut lines = BTreeSet::new();
        for binding in bound {
            assert_eq!(binding["subjects"][0]["namespace"], "pods");
            let namespace = &binding["metadata"]["namespace"];
            let role = objects.iter().find(|it| {
                it["kind"] == binding["roleRef"]["kind"]
                    && it["metadata"]["name"] == binding["roleRef"]["name"]
                    && it["metadata"]["namespace"] == *namespace
            });
            let rules = role.unwrap()["rules"].as_array().unwrap();
            lines.extend(rules.iter().map(|rule| format!("{namespace} {rule}")));
        }
        allowed.insert(name, lines);
    }
    allowed
}

fn expected(of: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
    let of = of.iter();
    of.map(|(name, rules)| ((*name).to_owned(), lines(rules)))
        .collect()
}

const ACCOUNTS: &str = r#"null {"apiGroups":[""],"resources":["serviceaccounts"],"verbs":["get"]}"#;
const REVIEWS: &str = r#"null {"apiGroups":["authentication.k8s.io"],"resources":["tokenreviews"],"verbs":["create"]}"#;
const SLICES: &str = r#""pods" {"apiGroups":["discovery.k8s.io"],"resources":["endpointslices"],"verbs":["list","watch"]}"#;
const PUBLIC_KEYS: &str = r#"null {"nonResourceURLs":["/openid/v1/jwks"],"verbs":["get"]}"#;
const OWN_WEBHOOK: &str = r#"null {"apiGroups":["admissionregistration.k8s.io"],"resourceNames":["iamra-webhook"],"resources":["mutatingwebhookconfigurations"],"verbs":["get","patch"]}"#;

#[test]
fn each_account_may_do_what_its_command_does_and_no_more() {
    assert_eq!(
        allowed(&install(false, false, false)),
        expected(&[("iamra-agent", &[ACCOUNTS, REVIEWS])])
    );
    assert_eq!(
        allowed(&install(true, true, false)),
        expected(&[
            ("iamra-agent", &[ACCOUNTS, REVIEWS, SLICES]),
            ("iamra-broker", &[ACCOUNTS, REVIEWS, SLICES]),
            ("iamra-webhook", &[ACCOUNTS, OWN_WEBHOOK]),
        ])
    );
}

/// Who goes by the keys has nothing reviewed.
#[test]
fn keys_are_read_in_place_of_reviews() {
    assert_eq!(
        allowed(&install(true, true, true)),
        expected(&[
            ("iamra-agent", &[ACCOUNTS, PUBLIC_KEYS, SLICES]),
            ("iamra-broker", &[ACCOUNTS, PUBLIC_KEYS, SLICES]),
            ("iamra-webhook", &[ACCOUNTS, OWN_WEBHOOK]),
        ])
    );
}
