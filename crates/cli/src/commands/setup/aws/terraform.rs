use serde_json::{Value, json};

use super::anchor::{Anchor, TRUST_ANCHOR};
use super::plan::{Plan, Profile};
use super::policies::{self, PROFILE, WHY_ANY};
use super::workload::{ROLE_ANNOTATION, Workload, alphanumeric};
use crate::commands::setup::hcl::{document, quoted, value};

/// A module of Terraform or `OpenTofu` that makes everything.
pub(super) fn module(plan: &Plan) -> String {
    let mut module = header(plan) + &trust_anchor(plan) + &repositories(plan);
    for workload in &plan.workloads {
        module += &role(plan, workload);
    }
    for owner in plan.profiles() {
        module += &profile(plan, &owner);
        for workload in &owner.workloads {
            module += &permissions(plan, &owner, workload);
        }
        module += &if plan.is_of_pods() {
            output_of_pods(plan, &owner)
        } else {
            output(plan, &owner)
        };
    }
    module
}

fn header(plan: &Plan) -> String {
    let provider = arguments(&[
        (
            "allowed_account_ids",
            value(&json!([plan.place.account.as_str()])),
        ),
        ("region", quoted(plan.place.region.as_str())),
    ]);
    format!(
        "\
# Sets IAM Roles Anywhere up for iamra. Credentials of another account are refused.
terraform {{
  required_providers {{
    aws = {{
      source  = \"hashicorp/aws\"
      version = \">= 6.25\" # accept_role_session_name
    }}
  }}
}}

provider \"aws\" {{
{provider}}}
"
    )
}

fn trust_anchor(plan: &Plan) -> String {
    let Anchor::New { name, pem } = &plan.anchor else {
        return String::new();
    };
    let own = arguments(&[("enabled", "true".to_owned()), ("name", quoted(name))]);
    format!(
        "
# The trust anchor: whose certificates log in.
resource \"aws_rolesanywhere_trust_anchor\" \"iamra\" {{
{own}
  source {{
    source_type = \"CERTIFICATE_BUNDLE\"
    source_data {{
      x509_certificate_data = <<-PEM
{pem}      PEM
    }}
  }}
}}
"
    )
}

fn repositories(plan: &Plan) -> String {
    let mut text = String::new();
    for name in plan.own_repositories() {
        let label = alphanumeric(name);
        if plan.repositories.are_made {
            text += &format!(
                "
resource \"aws_ecr_repository\" \"iamra_{label}\" {{
  name = {}

  image_scanning_configuration {{
    scan_on_push = true
  }}
}}
",
                quoted(name)
            );
        }
        if let Some(policy) = policies::repository(plan) {
            let made = format!("aws_ecr_repository.iamra_{label}.name");
            let repository = if plan.repositories.are_made {
                made
            } else {
                quoted(name)
            };
            let arguments = arguments(&[
                ("policy", encoded(&policy, &[])),
                ("repository", repository),
            ]);
            text += &format!(
                "
# Who else may pull from {name}: all that its policy says.
resource \"aws_ecr_repository_policy\" \"iamra_{label}\" {{
{arguments}}}
"
            );
        }
    }
    text
}

fn role(plan: &Plan, workload: &Workload) -> String {
    let trust = policies::trust(plan, workload);
    let anchor = "aws_rolesanywhere_trust_anchor.iamra.arn";
    let arguments = arguments(&[
        (
            "assume_role_policy",
            encoded(&trust, &[(TRUST_ANCHOR, anchor)]),
        ),
        (
            "max_session_duration",
            plan.max_session_duration().to_string(),
        ),
        ("name", quoted(&workload.role)),
        ("tags", "{ \"managed-by\" = \"iamra\" }".to_owned()),
    ]);
    format!(
        "
# The role of {}, for its certificates alone.
resource \"aws_iam_role\" \"{}\" {{
{arguments}}}
",
        workload.common_name,
        label(workload)
    )
}

fn profile(plan: &Plan, profile: &Profile<'_>) -> String {
    let roles = profile.workloads.iter();
    let roles: Vec<String> = roles
        .map(|workload| format!("aws_iam_role.{}.arn", label(workload)))
        .collect();
    let arguments = arguments(&[
        ("accept_role_session_name", "false".to_owned()),
        ("duration_seconds", plan.duration.to_string()),
        ("enabled", "true".to_owned()),
        ("name", quoted(&profile.name)),
        ("role_arns", format!("[{}]", roles.join(", "))),
        ("tags", "{ \"managed-by\" = \"iamra\" }".to_owned()),
    ]);
    format!(
        "
# The roles that certificates may choose from.
resource \"aws_rolesanywhere_profile\" \"{}\" {{
{arguments}}}
",
        profile_label(profile)
    )
}

fn permissions(plan: &Plan, profile: &Profile<'_>, workload: &Workload) -> String {
    let Some(policy) = policies::permissions(plan, workload) else {
        return String::new();
    };
    let why = if policies::has_any(&policy) {
        format!("# {WHY_ANY}.\n")
    } else {
        String::new()
    };
    let own = format!("aws_rolesanywhere_profile.{}.arn", profile_label(profile));
    let references = [
        (TRUST_ANCHOR, "aws_rolesanywhere_trust_anchor.iamra.arn"),
        (PROFILE, own.as_str()),
    ];
    let label = label(workload);
    let arguments = arguments(&[
        ("name", quoted("iamra")),
        ("policy", encoded(&policy, &references)),
        ("role", format!("aws_iam_role.{label}.name")),
    ]);
    format!(
        "
# What {} may do.
{why}resource \"aws_iam_role_policy\" \"{label}\" {{
{arguments}}}
",
        workload.common_name
    )
}

/// What the cluster's agents and accounts need to know.
fn output_of_pods(plan: &Plan, profile: &Profile<'_>) -> String {
    let roles: Vec<(String, String)> = (profile.workloads.iter())
        .filter_map(|workload| {
            let account = quoted(&workload.account.as_ref()?.text());
            Some((account, format!("aws_iam_role.{}.arn", label(workload))))
        })
        .collect();
    let width = roles.iter().map(|(account, _)| account.len()).max();
    let width = width.unwrap_or(0);
    let roles = roles
        .iter()
        .map(|(account, role)| format!("      {account:width$} = {role}\n"));
    format!(
        "
# Of iamra k8s agent; each role is {ROLE_ANNOTATION} of its service account.
output \"iamra_pods\" {{
  value = {{
    IAMRA_TRUST_ANCHOR_ARN = {}
    IAMRA_PROFILE_ARN      = aws_rolesanywhere_profile.{}.arn
    roles = {{
{}    }}
  }}
}}
",
        anchor(plan),
        profile_label(profile),
        roles.collect::<String>()
    )
}

fn anchor(plan: &Plan) -> String {
    match &plan.anchor {
        Anchor::Existing(arn) => quoted(&arn.to_string()),
        Anchor::New { .. } => "aws_rolesanywhere_trust_anchor.iamra.arn".to_owned(),
    }
}

/// What iamra needs to know of each workload.
fn output(plan: &Plan, profile: &Profile<'_>) -> String {
    let anchor = anchor(plan);
    let mut text = String::new();
    for workload in &profile.workloads {
        let label = label(workload);
        text += &format!(
            "
output \"{label}\" {{
  value = {{
    IAMRA_COMMON_NAME      = {}
    IAMRA_TRUST_ANCHOR_ARN = {anchor}
    IAMRA_PROFILE_ARN      = aws_rolesanywhere_profile.{}.arn
    IAMRA_ROLE_ARN         = aws_iam_role.{label}.arn
  }}
}}
",
            quoted(&workload.common_name),
            profile_label(profile)
        );
    }
    text
}

fn label(workload: &Workload) -> String {
    format!("iamra_{}", workload.underscored())
}

fn profile_label(profile: &Profile<'_>) -> String {
    format!("iamra_{}", profile.name)
}

fn encoded(policy: &Value, references: &[(&'static str, &str)]) -> String {
    format!("jsonencode({})", document(policy, references, 2))
}

/// Arguments, with their signs below each other.
fn arguments(arguments: &[(&str, String)]) -> String {
    let width = arguments.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or(0);
    let lines = arguments
        .iter()
        .map(|(name, value)| format!("  {name:width$} = {value}\n"));
    lines.collect()
}
