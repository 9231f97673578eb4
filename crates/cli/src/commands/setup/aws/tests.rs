//! What the policies of a plan allow, whatever was asked for.

use serde_json::Value;

use super::anchor::Anchor;
use super::plan::{Granted, Plan, Repositories, Rights};
use super::policies;
use super::workload::Workload;

/// Everything that can be asked for.
fn everything() -> Plan {
    let to_all = |text: &str| Granted {
        to: None,
        what: text.parse().unwrap(),
    };
    let to_one = |text: &str| Granted {
        to: Some("a.example.test".to_owned()),
        what: text.parse().unwrap(),
    };
    let elsewhere = "arn:aws-cn:ecr:cn-north-1:210987654321:repository/base";
    Plan {
        place: super::place::Place {
            account: "123456789012".parse().unwrap(),
            region: "cn-north-1".parse().unwrap(),
        },
        anchor: Anchor::New {
            name: "iamra".to_owned(),
            pem: String::new(),
        },
        workloads: ["a.example.test", "b.example.test"]
            .map(|name| Workload::parse(name, "").unwrap())
            .to_vec(),
        shared_profile: None,
        duration: "900".parse().unwrap(),
        rights: Rights {
            pull: vec![to_all(elsewhere), to_one("app")],
            push: vec![to_one("app")],
            list_tags: true,
            read: vec![Granted {
                to: Some("b.example.test".to_owned()),
                what: "data".parse().unwrap(),
            }],
            list_buckets: true,
            read_own_setup: true,
        },
        repositories: Repositories {
            are_made: true,
            pull_principals: vec!["arn:aws-cn:iam::210987654321:root".parse().unwrap()],
        },
    }
}

fn statements(document: &Value) -> &Vec<Value> {
    document["Statement"].as_array().unwrap()
}

/// One text, or several.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap()).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn nothing_is_allowed_that_is_not_needed() {
    let plan = everything();
    let mut documents: Vec<Value> = plan
        .workloads
        .iter()
        .flat_map(|workload| {
            let trust = policies::trust(&plan, workload);
            [trust, policies::permissions(&plan, workload).unwrap()]
        })
        .collect();
    documents.extend(policies::repository(&plan));
    assert_eq!(documents.len(), 5);
    for statement in documents.iter().flat_map(statements) {
        assert_eq!(statement["Effect"], "Allow", "{statement}");
        for left_out in ["NotAction", "NotResource", "NotPrincipal"] {
            assert!(statement.get(left_out).is_none(), "{statement}");
        }
        let actions = texts(&statement["Action"]);
        assert!(
            !actions.is_empty() && !actions.concat().contains('*'),
            "{statement}"
        );
        if let Some(resources) = statement.get("Resource") {
            for resource in texts(resources) {
                assert_narrow(&actions, resource);
            }
        }
        if let Some(principal) = statement.get("Principal") {
            assert!(!principal.to_string().contains('*'), "{statement}");
        }
    }
}

/// The Service Authorization Reference has no resource type for these actions:
/// AWS takes nothing but `*`.
const ABOUT_NO_RESOURCE: [&str; 2] = ["ecr:GetAuthorizationToken", "s3:ListAllMyBuckets"];

fn assert_narrow(actions: &[&str], resource: &str) {
    if resource == "*" {
        let [action] = actions else {
            panic!("{actions:?} on all");
        };
        assert!(ABOUT_NO_RESOURCE.contains(action), "{action}");
        return;
    }
    let bare = match actions {
        ["s3:GetObject"] => resource.strip_suffix("/*").unwrap(),
        _ => resource,
    };
    assert!(!bare.contains(['*', '?']), "{resource}");
    let is_known = bare.starts_with("arn:aws-cn:") || bare.starts_with("${");
    assert!(is_known, "{resource} is of another partition");
}

#[test]
fn a_role_is_assumed_by_its_own_certificates_of_this_anchor_alone() {
    let plan = everything();
    for workload in &plan.workloads {
        let trust = policies::trust(&plan, workload);
        let [statement] = &statements(&trust)[..] else {
            panic!("{trust}");
        };
        let condition = &statement["Condition"];
        let names = &condition["StringEquals"]["aws:PrincipalTag/x509Subject/CN"];
        assert_eq!(texts(names), [workload.common_name.as_str()]);
        assert_eq!(condition["ArnEquals"]["aws:SourceArn"], "${trust_anchor}");
    }
}

#[test]
fn what_is_for_one_is_not_for_another() {
    let plan = everything();
    let rights = |index: usize| {
        let policy = policies::permissions(&plan, &plan.workloads[index]);
        policy.unwrap().to_string()
    };
    let (of_a, of_b) = (rights(0), rights(1));
    assert!(of_a.contains(":repository/app") && !of_b.contains(":repository/app"));
    assert!(of_a.contains("ecr:PutImage") && !of_b.contains("ecr:PutImage"));
    assert!(of_b.contains("arn:aws-cn:s3:::data/*") && !of_a.contains("s3:::data"));
    // Who has nothing to pull needs no token either.
    let mut without = plan.clone();
    without.rights = Rights::default();
    assert!(policies::permissions(&without, &plan.workloads[0]).is_none());
}

#[test]
fn a_session_is_never_longer_than_the_role_allows() {
    for (profile, role) in [("900", 3600), ("3600", 3600), ("43200", 43200)] {
        let plan = Plan {
            duration: profile.parse().unwrap(),
            ..everything()
        };
        assert_eq!(plan.max_session_duration(), role);
    }
}
