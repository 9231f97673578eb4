use serde_json::{Map, Value, json};

use super::anchor::{Anchor, TRUST_ANCHOR};
use super::plan::{Plan, Profile};
use super::policies::{self, PROFILE, WHY_ANY};
use super::workload::{ROLE_ANNOTATION, Workload, alphanumeric};
use crate::failure::Failure;

/// The most bytes that the API takes of a template. A larger one goes through S3.
const MOST_BYTES: usize = 51_200;
const MOST_RESOURCES: usize = 500;
const MOST_OUTPUTS: usize = 200;

/// The template's text, if `CloudFormation` takes it.
pub(super) fn printed(plan: &Plan) -> Result<String, Failure> {
    let template = template(plan);
    let setting = if plan.is_of_pods() {
        "pod-role"
    } else {
        "workload"
    };
    let limits = [("Resources", MOST_RESOURCES), ("Outputs", MOST_OUTPUTS)];
    for (name, most) in limits {
        let count = template[name].as_object().map_or(0, Map::len);
        if count > most {
            return Err(Failure::configuration(
                "config.invalid",
                format!("--{setting}: CloudFormation takes {most} {name}, and these are {count}"),
            )
            .with_hint("make several templates, each for some of the workloads"));
        }
    }
    let pretty = format!("{template:#}");
    Ok(if pretty.len() > MOST_BYTES {
        format!("{template}\n")
    } else {
        pretty + "\n"
    })
}

/// A template of `CloudFormation`, in JSON, that makes everything.
fn template(plan: &Plan) -> Value {
    let (mut resources, mut outputs) = (Map::new(), Map::new());
    if let Anchor::New { name, pem } = &plan.anchor {
        resources.insert("TrustAnchor".to_owned(), trust_anchor(name, pem));
    }
    resources.extend(repositories(plan));
    for owner in plan.profiles() {
        resources.insert(profile_id(&owner), profile(plan, &owner));
        for workload in &owner.workloads {
            let id = alphanumeric(&workload.label);
            resources.insert(format!("Role{id}"), role(plan, workload));
            if let Some(policy) = policies::permissions(plan, workload) {
                let policy = permissions(&policy, &owner, workload);
                resources.insert(format!("Policy{id}"), policy);
            }
            if !plan.is_of_pods() {
                outputs.extend(told(plan, &owner, workload));
            }
        }
        if plan.is_of_pods() {
            outputs.extend(told_of_pods(plan, &owner));
        }
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!(
            "Sets IAM Roles Anywhere up for iamra, in the account {} and the region {}",
            plan.place.account, plan.place.region
        ),
        "Resources": resources,
        "Outputs": outputs,
    })
}

fn trust_anchor(name: &str, pem: &str) -> Value {
    json!({
        "Type": "AWS::RolesAnywhere::TrustAnchor",
        "Properties": {
            "Name": name,
            "Enabled": true,
            "Source": {
                "SourceType": "CERTIFICATE_BUNDLE",
                "SourceData": { "X509CertificateData": pem },
            },
        },
    })
}

/// Images outlive the stack: what pulls them may not know of it.
fn repositories(plan: &Plan) -> Map<String, Value> {
    let mut resources = Map::new();
    if !plan.repositories.are_made {
        return resources;
    }
    for name in plan.own_repositories() {
        let mut properties = json!({
            "RepositoryName": name,
            "ImageScanningConfiguration": { "ScanOnPush": true },
        });
        if let Some(policy) = policies::repository(plan) {
            properties["RepositoryPolicyText"] = policy;
        }
        let resource = json!({
            "Type": "AWS::ECR::Repository",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": properties,
        });
        resources.insert(format!("Repository{}", alphanumeric(name)), resource);
    }
    resources
}

fn role(plan: &Plan, workload: &Workload) -> Value {
    let trust = policies::trust(plan, workload);
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": workload.role,
            "AssumeRolePolicyDocument": resolved(trust, &[(TRUST_ANCHOR, anchor())]),
            "MaxSessionDuration": plan.max_session_duration(),
            "Tags": [{ "Key": "managed-by", "Value": "iamra" }],
        },
    })
}

fn profile(plan: &Plan, profile: &Profile<'_>) -> Value {
    let roles = profile.workloads.iter();
    let roles: Vec<Value> = roles
        .map(|workload| attribute(&format!("Role{}", alphanumeric(&workload.label)), "Arn"))
        .collect();
    json!({
        "Type": "AWS::RolesAnywhere::Profile",
        "Properties": {
            "Name": profile.name,
            "Enabled": true,
            "DurationSeconds": plan.duration.as_duration().as_secs(),
            "AcceptRoleSessionName": false,
            "RoleArns": roles,
            "Tags": [{ "Key": "managed-by", "Value": "iamra" }],
        },
    })
}

fn permissions(policy: &Value, profile: &Profile<'_>, workload: &Workload) -> Value {
    let own = attribute(&profile_id(profile), "ProfileArn");
    let document = resolved(policy.clone(), &[(TRUST_ANCHOR, anchor()), (PROFILE, own)]);
    let mut resource = json!({
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {
            "PolicyName": "iamra",
            "PolicyDocument": document,
            "RoleName": { "Ref": format!("Role{}", alphanumeric(&workload.label)) },
        },
    });
    if policies::has_any(policy) {
        // JSON has no comments.
        resource["Metadata"] = json!({ "WhyAnyResource": WHY_ANY });
    }
    resource
}

/// What iamra needs to know of a workload.
fn told(plan: &Plan, profile: &Profile<'_>, workload: &Workload) -> Map<String, Value> {
    let id = alphanumeric(&workload.label);
    let values = [
        ("TrustAnchor", "IAMRA_TRUST_ANCHOR_ARN", anchor_of(plan)),
        (
            "Profile",
            "IAMRA_PROFILE_ARN",
            attribute(&profile_id(profile), "ProfileArn"),
        ),
        (
            "Role",
            "IAMRA_ROLE_ARN",
            attribute(&format!("Role{id}"), "Arn"),
        ),
    ];
    let outputs = values.into_iter().map(|(kind, variable, value)| {
        let description = format!("{variable} of {}", workload.common_name);
        let output = json!({ "Description": description, "Value": value });
        (format!("{kind}Of{id}"), output)
    });
    outputs.collect()
}

/// What the cluster's agents and accounts need to know.
fn told_of_pods(plan: &Plan, profile: &Profile<'_>) -> Map<String, Value> {
    let output =
        |description: String, value: Value| json!({ "Description": description, "Value": value });
    let own = attribute(&profile_id(profile), "ProfileArn");
    let agent = |variable: &str, value| output(format!("{variable} of iamra k8s agent"), value);
    let mut outputs = Map::new();
    outputs.insert(
        "TrustAnchorOfPods".to_owned(),
        agent("IAMRA_TRUST_ANCHOR_ARN", anchor_of(plan)),
    );
    outputs.insert("ProfileOfPods".to_owned(), agent("IAMRA_PROFILE_ARN", own));
    for workload in &profile.workloads {
        let Some(account) = &workload.account else {
            continue;
        };
        let id = alphanumeric(&workload.label);
        let role = attribute(&format!("Role{id}"), "Arn");
        let description = format!(
            "{ROLE_ANNOTATION} of the service account {}",
            account.text()
        );
        outputs.insert(format!("RoleOf{id}"), output(description, role));
    }
    outputs
}

fn anchor_of(plan: &Plan) -> Value {
    match &plan.anchor {
        Anchor::Existing(arn) => json!(arn.to_string()),
        Anchor::New { .. } => anchor(),
    }
}

fn profile_id(profile: &Profile<'_>) -> String {
    format!("Profile{}", alphanumeric(&profile.name))
}

fn anchor() -> Value {
    attribute("TrustAnchor", "TrustAnchorArn")
}

fn attribute(resource: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [resource, name] })
}

/// The same with attributes in place of the texts that stand for them.
fn resolved(document: Value, references: &[(&str, Value)]) -> Value {
    let inner = |value| resolved(value, references);
    match document {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(fields.map(|(name, value)| (name, inner(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(inner).collect()),
        Value::String(text) => {
            let found = references.iter().find(|(name, _)| *name == text);
            found.map_or(Value::String(text), |(_, value)| value.clone())
        }
        other => other,
    }
}
