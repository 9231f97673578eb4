use serde::Serialize;
use serde_json::{Value, json};

use super::anchor::Anchor;
use super::plan::{Plan, Profile};
use super::policies;
use super::workload::Workload;

/// The calls of AWS's APIs, in their order.
#[derive(Serialize)]
pub(super) struct Document {
    account: String,
    region: String,
    calls: Vec<Call>,
}

/// One call. Where its parameters have `${name}`, what the call of that name
/// returned is put, and the last one where there were several.
#[derive(Serialize)]
struct Call {
    what: String,
    service: &'static str,
    operation: &'static str,
    parameters: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    returns: Option<Returned>,
}

/// Where in the answer the value is that later calls need.
#[derive(Serialize)]
struct Returned {
    name: &'static str,
    path: &'static str,
}

pub(super) fn document(plan: &Plan) -> Document {
    let mut calls: Vec<Call> = trust_anchor(plan).into_iter().collect();
    calls.extend(repositories(plan));
    calls.extend(plan.workloads.iter().map(|workload| role(plan, workload)));
    for owner in plan.profiles() {
        calls.push(profile(plan, &owner));
        let workloads = owner.workloads.iter();
        calls.extend(workloads.filter_map(|workload| permissions(plan, workload)));
    }
    Document {
        account: plan.place.account.to_string(),
        region: plan.place.region.to_string(),
        calls,
    }
}

fn call(
    what: String,
    (service, operation): (&'static str, &'static str),
    parameters: Value,
) -> Call {
    Call {
        what,
        service,
        operation,
        parameters,
        returns: None,
    }
}

fn trust_anchor(plan: &Plan) -> Option<Call> {
    let Anchor::New { name, pem } = &plan.anchor else {
        return None;
    };
    let parameters = json!({
        "name": name,
        "enabled": true,
        "source": source(pem),
    });
    let made = ("rolesanywhere", "CreateTrustAnchor");
    Some(Call {
        returns: Some(Returned {
            name: "trust_anchor",
            path: "trustAnchor.trustAnchorArn",
        }),
        ..call(
            format!("The trust anchor {name}: whose certificates log in"),
            made,
            parameters,
        )
    })
}

/// What the trust anchor consists of.
pub(super) fn source(pem: &str) -> Value {
    json!({
        "sourceType": "CERTIFICATE_BUNDLE",
        "sourceData": { "x509CertificateData": pem },
    })
}

fn repositories(plan: &Plan) -> Vec<Call> {
    let mut calls = Vec::new();
    for name in plan.own_repositories() {
        if plan.repositories.are_made {
            let parameters = json!({
                "repositoryName": name,
                "imageScanningConfiguration": { "scanOnPush": true },
            });
            let what = format!("The repository {name}");
            calls.push(call(what, ("ecr", "CreateRepository"), parameters));
        }
        if let Some(policy) = policies::repository(plan) {
            let parameters = json!({ "repositoryName": name, "policyText": policy.to_string() });
            let what = format!("Who else may pull from {name}");
            calls.push(call(what, ("ecr", "SetRepositoryPolicy"), parameters));
        }
    }
    calls
}

fn role(plan: &Plan, workload: &Workload) -> Call {
    let parameters = json!({
        "RoleName": workload.role,
        "AssumeRolePolicyDocument": policies::trust(plan, workload).to_string(),
        "MaxSessionDuration": plan.max_session_duration(),
        "Tags": [{ "Key": "managed-by", "Value": "iamra" }],
    });
    let what = format!(
        "The role of {}, for its certificates alone",
        workload.common_name
    );
    call(what, ("iam", "CreateRole"), parameters)
}

fn profile(plan: &Plan, profile: &Profile<'_>) -> Call {
    let parameters = json!({
        "name": profile.name,
        "enabled": true,
        "durationSeconds": plan.duration.as_duration().as_secs(),
        "acceptRoleSessionName": false,
        "roleArns": plan.role_arns(profile),
        "tags": [{ "key": "managed-by", "value": "iamra" }],
    });
    Call {
        returns: Some(Returned {
            name: "profile",
            path: "profile.profileArn",
        }),
        ..call(
            format!("The profile {}: the roles that it holds", profile.name),
            ("rolesanywhere", "CreateProfile"),
            parameters,
        )
    }
}

fn permissions(plan: &Plan, workload: &Workload) -> Option<Call> {
    let policy = policies::permissions(plan, workload)?;
    let parameters = json!({
        "RoleName": workload.role,
        "PolicyName": "iamra",
        "PolicyDocument": policy.to_string(),
    });
    let what = format!("What {} may do", workload.common_name);
    Some(call(what, ("iam", "PutRolePolicy"), parameters))
}
