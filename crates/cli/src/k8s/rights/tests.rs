use super::*;

fn scope(reach: Reach) -> Scope {
    Scope {
        own_namespace: "iamra".to_owned(),
        config: "default".to_owned(),
        reach,
        secrets: vec!["ecr-pull".to_owned()],
        service_accounts: Vec::new(),
        keeps_token: false,
        leader_election: false,
        looks_up_policy: false,
        purpose: Purpose::Run,
    }
}

fn told(scope: &Scope) -> Vec<String> {
    scope.rules().iter().map(ToString::to_string).collect()
}

#[test]
fn a_namespace_needs_no_right_beyond_it() {
    let reach = Reach::Namespaces(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(
        told(&scope(reach)),
        [
            "get, list, watch, patch secrets \"ecr-pull\" in the namespace a",
            "create secrets in the namespace a",
            "create, patch events.events.k8s.io in the namespace a",
            "get, list, watch, patch secrets \"ecr-pull\" in the namespace b",
            "create secrets in the namespace b",
            "create, patch events.events.k8s.io in the namespace b",
        ]
    );
}

#[test]
fn each_thing_to_do_brings_its_rights() {
    let cluster = || scope(Reach::Cluster);
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    for (scope, without, more) in [
        (
            Scope {
                service_accounts: of(&["default", "ci"]),
                ..cluster()
            },
            cluster(),
            &["get, list, watch, patch serviceaccounts \"default\", \"ci\" in the whole cluster"][..],
        ),
        (
            Scope {
                service_accounts: of(&["default", "ci-*"]),
                ..cluster()
            },
            cluster(),
            &["get, list, watch, patch serviceaccounts in the whole cluster"],
        ),
        (
            Scope {
                keeps_token: true,
                ..cluster()
            },
            cluster(),
            &["get, patch secrets \"iamra-default-token\" in the namespace iamra"],
        ),
        (
            Scope {
                keeps_token: true,
                ..scope(Reach::Namespaces(of(&["a"])))
            },
            scope(Reach::Namespaces(of(&["a"]))),
            &[
                "get, patch secrets \"iamra-default-token\" in the namespace iamra",
                "create secrets in the namespace iamra",
            ],
        ),
        (
            Scope {
                leader_election: true,
                ..cluster()
            },
            cluster(),
            &[
                "create leases.coordination.k8s.io in the namespace iamra",
                "get, update leases.coordination.k8s.io \"iamra-default\" in the namespace iamra",
            ],
        ),
        (
            Scope {
                looks_up_policy: true,
                ..cluster()
            },
            cluster(),
            &[
                "get validatingadmissionpolicies.admissionregistration.k8s.io \
                 \"iamra-default.iamra\" in the whole cluster",
                "get validatingadmissionpolicybindings.admissionregistration.k8s.io \
                 \"iamra-default.iamra\" in the whole cluster",
            ],
        ),
    ] {
        let less = told(&without);
        let mut added = told(&scope);
        added.retain(|rule| !less.contains(rule));
        assert_eq!(added, more);
        assert_eq!(told(&scope).len(), less.len() + more.len());
    }
}

#[test]
fn one_pass_needs_less() {
    let once = |reach| Scope {
        service_accounts: vec!["*".to_owned()],
        purpose: Purpose::Sync,
        ..scope(reach)
    };
    assert_eq!(
        told(&once(Reach::Namespaces(vec!["a".to_owned()]))),
        [
            "get, patch secrets \"ecr-pull\" in the namespace a",
            "create secrets in the namespace a",
            "get, list, patch serviceaccounts in the namespace a",
        ]
    );
    assert_eq!(
        told(&once(Reach::Cluster)),
        [
            "get, list, patch secrets \"ecr-pull\" in the whole cluster",
            "create secrets in the whole cluster",
            "get, list, patch serviceaccounts in the whole cluster",
            "list namespaces in the whole cluster",
        ]
    );
}

#[test]
fn what_is_allowed_anyway_is_not_said_again() {
    let of = |verbs, names: &[&str], place: Option<&str>| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let place = place.map_or(Place::Cluster, |name| Place::Namespace(name.to_owned()));
        named("", "secrets", verbs, &names).at(&place)
    };
    let here = Some("a");
    for (rule, other, expected) in [
        (of(&["create"], &[], here), of(&["create"], &[], here), true),
        (of(&["create"], &[], here), of(&["create"], &[], None), true),
        (
            of(&["create"], &[], None),
            of(&["create"], &[], here),
            false,
        ),
        (of(&["create"], &[], here), of(&["get"], &[], None), false),
        (
            of(&["get"], &["x"], here),
            of(&["get", "list"], &["x", "y"], here),
            true,
        ),
        (of(&["get"], &["x"], here), of(&["get"], &[], None), true),
        (of(&["get"], &[], here), of(&["get"], &["x"], None), false),
        (
            of(&["get"], &["x", "y"], here),
            of(&["get"], &["x"], None),
            false,
        ),
    ] {
        assert_eq!(rule.is_covered_by(&other), expected, "{rule} by {other}");
    }
}

#[test]
fn nothing_is_deleted_and_no_other_secret_read() {
    let scope = Scope {
        service_accounts: vec!["*".to_owned()],
        keeps_token: true,
        leader_election: true,
        looks_up_policy: true,
        ..scope(Reach::Cluster)
    };
    for rule in scope.rules() {
        let harmful = [
            "delete",
            "deletecollection",
            "update",
            "*",
            "bind",
            "escalate",
        ];
        let is_lease = rule.resource == "leases";
        let bad = |verb: &&str| harmful.contains(verb) && !is_lease;
        assert!(!rule.verbs.iter().any(bad), "{rule}");
        let is_secret = rule.resource == "secrets";
        assert!(
            !is_secret || rule.verbs == ["create"] || !rule.names.is_empty(),
            "{rule}"
        );
    }
}

#[test]
fn every_verb_on_every_name_is_asked_for() {
    let mut scope = scope(Reach::Namespaces(vec!["a".to_owned()]));
    scope.secrets.push("other".to_owned());
    let rules = scope.rules();
    let asked: Vec<String> = rules
        .iter()
        .flat_map(Rule::questions)
        .map(|question| question.rule().to_string())
        .collect();
    assert_eq!(asked.len(), 4 * 2 + 1 + 2);
    assert_eq!(asked[0], "get secrets \"ecr-pull\" in the namespace a");
    assert_eq!(asked[8], "create secrets in the namespace a");
    let review = &rules[0].questions()[7].review();
    assert_eq!(
        review["spec"]["resourceAttributes"],
        json!({
            "group": "", "resource": "secrets", "verb": "patch",
            "name": "other", "namespace": "a",
        })
    );
}
