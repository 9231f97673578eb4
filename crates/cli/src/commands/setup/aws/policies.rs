//! The policies, with nothing in them that is not needed: no wildcard but where
//! AWS takes nothing else.

use serde_json::{Value, json};

use super::plan::{Granted, Plan};
use super::repository::Repository;
use super::workload::Workload;

/// What stands for the ARN of the workload's profile.
pub(super) const PROFILE: &str = "${profile}";

/// The statement's name in the policy of a repository, by which a policy is
/// known as ours.
pub(super) const PULL: &str = "iamraPull";

/// Why a policy has a `*` for its resource.
pub(super) const WHY_ANY: &str = "GetAuthorizationToken and ListAllMyBuckets are about no single resource: \
     AWS takes nothing but * there";

const PULL_ACTIONS: [&str; 3] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
];
/// With what `docker buildx build --push` asks for before: whether there is such
/// a manifest.
const PUSH_ACTIONS: [&str; 6] = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
];
const LIST_TAGS: &str = "ecr:ListImages";

/// Who may assume the role: whoever shows Roles Anywhere a certificate of this
/// trust anchor with this common name.
///
/// [User Guide: trust policy](https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html)
pub(super) fn trust(plan: &Plan, workload: &Workload) -> Value {
    json!({
        "Version": VERSION,
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "rolesanywhere.amazonaws.com" },
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            "Condition": {
                "ArnEquals": { "aws:SourceArn": plan.anchor.arn() },
                "StringEquals": { "aws:PrincipalTag/x509Subject/CN": workload.common_name },
            },
        }],
    })
}

/// What the role may do, if anything.
pub(super) fn permissions(plan: &Plan, workload: &Workload) -> Option<Value> {
    let mut statements = ecr(plan, workload);
    statements.extend(s3(plan, workload));
    if plan.rights.read_own_setup {
        let anchor = json!(plan.anchor.arn());
        statements.extend([
            allow("ReadTrustAnchor", &["rolesanywhere:GetTrustAnchor"], anchor),
            allow("ReadProfile", &["rolesanywhere:GetProfile"], json!(PROFILE)),
        ]);
    }
    let document = json!({ "Version": VERSION, "Statement": statements });
    (!statements.is_empty()).then_some(document)
}

/// What others may do with a repository.
pub(super) fn repository(plan: &Plan) -> Option<Value> {
    let principals = plan.repositories.pull_principals.iter();
    let arns: Vec<String> = principals
        .map(|principal| principal.0.to_string())
        .collect();
    let document = json!({
        "Version": VERSION,
        "Statement": [{
            "Sid": PULL,
            "Effect": "Allow",
            "Principal": { "AWS": arns },
            "Action": pull_actions(plan),
        }],
    });
    (!arns.is_empty()).then_some(document)
}

/// Whether a policy has a statement that is about any resource.
pub(super) fn has_any(document: &Value) -> bool {
    let statements = document["Statement"].as_array();
    statements
        .into_iter()
        .flatten()
        .any(|statement| statement["Resource"] == "*")
}

fn ecr(plan: &Plan, workload: &Workload) -> Vec<Value> {
    let arns = |granted: &[Granted<Repository>]| {
        let own = granted.iter().filter(|granted| granted.is_to(workload));
        let mut arns: Vec<String> = own.map(|own| own.what.arn(&plan.place)).collect();
        arns.sort_unstable();
        arns.dedup();
        arns
    };
    let (pull, push) = (arns(&plan.rights.pull), arns(&plan.rights.push));
    if pull.is_empty() && push.is_empty() {
        return Vec::new();
    }
    let token = ["ecr:GetAuthorizationToken"];
    let mut statements = vec![allow("EcrToken", &token, json!("*"))];
    if !pull.is_empty() {
        statements.push(allow("EcrPull", &pull_actions(plan), json!(pull)));
    }
    if !push.is_empty() {
        statements.push(allow("EcrPush", &PUSH_ACTIONS, json!(push)));
    }
    statements
}

fn s3(plan: &Plan, workload: &Workload) -> Vec<Value> {
    let own = plan.rights.read.iter();
    let own = own.filter(|granted| granted.is_to(workload));
    let buckets: Vec<String> = own.map(|own| own.what.arn(&plan.place)).collect();
    let mut statements = Vec::new();
    if plan.rights.list_buckets {
        let all = ["s3:ListAllMyBuckets"];
        statements.push(allow("S3ListBuckets", &all, json!("*")));
    }
    if !buckets.is_empty() {
        let objects = buckets.iter().map(|bucket| format!("{bucket}/*"));
        let objects: Vec<String> = objects.collect();
        statements.extend([
            allow("S3List", &["s3:ListBucket"], json!(buckets)),
            allow("S3Read", &["s3:GetObject"], json!(objects)),
        ]);
    }
    statements
}

fn pull_actions(plan: &Plan) -> Vec<&'static str> {
    let tags = plan.rights.list_tags.then_some(LIST_TAGS);
    PULL_ACTIONS.into_iter().chain(tags).collect()
}

fn allow(sid: &str, actions: &[&str], resource: impl Into<Value>) -> Value {
    let resource: Value = resource.into();
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource })
}

const VERSION: &str = "2012-10-17";
