use serde_json::Value;

use super::anchor::Anchor;
use super::calls::source;
use super::plan::{Plan, Profile};
use super::policies::{self, PULL, WHY_ANY};
use super::workload::{ROLE_ANNOTATION, Workload};

/// A script for `sh` that makes everything with the AWS CLI. Run again, it keeps
/// trust anchor and repositories, writes the rest as it shall be, and stops at what
/// is not iamra's.
pub(super) fn script(plan: &Plan) -> String {
    let mut script = header(plan) + &trust_anchor(plan);
    for name in plan.own_repositories() {
        script += &repository(plan, name);
    }
    for workload in &plan.workloads {
        script += &role(plan, workload);
    }
    for owner in plan.profiles() {
        script += &profile(plan, &owner);
        for workload in &owner.workloads {
            script += &permissions(plan, workload);
            if !plan.is_of_pods() {
                script += &told(plan, workload);
            }
        }
        if plan.is_of_pods() {
            script += &told_of_pods(plan, &owner);
        }
    }
    script
}

fn header(plan: &Plan) -> String {
    let (account, region) = (&plan.place.account, &plan.place.region);
    format!(
        "#!/bin/sh
# Sets IAM Roles Anywhere up for iamra, with the AWS CLI and an administrator's credentials.
# It may be run again: trust anchor, repositories and the roles that profiles have are kept,
# the rest is written as below.
set -eu
export AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_DEFAULT_OUTPUT=text AWS_PAGER=
command -v aws >/dev/null || {{
  echo 'the AWS CLI is not on the PATH: install it' >&2
  exit 1
}}
skeleton=$(aws rolesanywhere create-profile --generate-cli-skeleton 2>&1) || skeleton=\"failed: $skeleton\"
case $skeleton in
*acceptRoleSessionName*) ;;
*'nvalid choice'* | '{{'*)
  echo 'this AWS CLI is too old for Roles Anywhere: install one of 2025 or later' >&2
  exit 1
  ;;
*)
  echo \"$skeleton\" >&2
  exit 1
  ;;
esac
account=$(aws sts get-caller-identity --query Account)
if [ \"$account\" != {account} ]; then
  echo \"these are credentials of the account $account, and this is for {account}\" >&2
  exit 1
fi

# The ARNs in some lists, each once.
arns() {{
  printf '%s\\n' \"$@\" | tr -s '\\t ' '\\n' | sed -n '/^arn:/p' | sort -u
}}

# Certificates, each on a line: AWS may break their lines elsewhere.
certificates() {{
  printf '%s\\n' \"$1\" | awk '{{ gsub(/\\\\n/, \"\\n\"); print }}' |
    awk '{{ gsub(/[ \\t\\r]/, \"\") }} /BEGINCERT/ {{ one = \"\"; next }} /ENDCERT/ {{ print one; next }}
      {{ one = one $0 }}' | sort
}}

# Ends with what AWS said, unless it said that there is none.
absent() {{
  case $2 in
    *\"$1\"*) ;;
    *)
      printf '%s\\n' \"$2\" >&2
      exit 1
      ;;
  esac
}}

# The one ARN among what was listed, if there is one; long lists have several pages.
one() {{
  found=$(arns \"$2\")
  case $found in
    *arn:*arn:*)
      echo \"there are several of the name $1: delete what is too many, or choose another name\" >&2
      exit 1
      ;;
  esac
  printf '%s' \"$found\"
}}
"
    )
}

fn trust_anchor(plan: &Plan) -> String {
    let (name, pem) = match &plan.anchor {
        Anchor::Existing(arn) => {
            return format!("\n# The trust anchor is there already.\ntrust_anchor={arn}\n");
        }
        Anchor::New { name, pem } => (name, pem),
    };
    let source = pretty(&source(pem));
    format!(
        "
# The trust anchor {name}: whose certificates log in.
source=$(cat <<'JSON'
{source}
JSON
)
listed=$(aws rolesanywhere list-trust-anchors --query \"trustAnchors[?name=='{name}'].trustAnchorArn\")
trust_anchor=$(one {name} \"$listed\")
if [ -n \"$trust_anchor\" ]; then
  id=${{trust_anchor##*/}}
  stored=$(aws rolesanywhere get-trust-anchor --trust-anchor-id \"$id\" \\
    --query 'trustAnchor.[enabled,source.sourceData.x509CertificateData]')
  if [ \"$(certificates \"$stored\")\" != \"$(certificates \"$source\")\" ]; then
    echo 'the trust anchor {name} is there, and its certificates are others: choose another' >&2
    echo \"--trust-anchor-name, or take it as it is: --trust-anchor-arn $trust_anchor\" >&2
    exit 1
  fi
  echo 'kept the trust anchor {name}, which was there' >&2
  case $stored in
    False*)
      echo 'it is disabled, and no certificate logs in until you enable it:' >&2
      echo \"aws rolesanywhere enable-trust-anchor --trust-anchor-id $id\" >&2
      ;;
  esac
else
  trust_anchor=$(aws rolesanywhere create-trust-anchor --name {name} --enabled \\
    --source \"$source\" --query trustAnchor.trustAnchorArn)
fi
"
    )
}

fn repository(plan: &Plan, name: &str) -> String {
    let mut text = String::new();
    if plan.repositories.are_made {
        text += &format!(
            "
# The repository {name}.
if answer=$(aws ecr describe-repositories --repository-names {name} 2>&1); then
  echo 'kept the repository {name}, which was there' >&2
else
  absent RepositoryNotFoundException \"$answer\"
  aws ecr create-repository --repository-name {name} \\
    --image-scanning-configuration scanOnPush=true >/dev/null
fi
"
        );
    }
    let Some(policy) = policies::repository(plan) else {
        return text;
    };
    text + &format!(
        "
# Who else may pull from {name}. A policy with other statements is kept.
policy=$(aws ecr get-repository-policy --repository-name {name} --query policyText 2>&1) ||
  {{
    absent RepositoryPolicyNotFoundException \"$policy\"
    policy=
  }}
wanted=$(cat <<'JSON'
{}
JSON
)
case $policy in
  *'\"Effect\"'*'\"Effect\"'*) own= ;;
  '' | *{PULL}*) own=yes ;;
  *) own= ;;
esac
if [ -n \"$own\" ]; then
  aws ecr set-repository-policy --repository-name {name} --policy-text \"$wanted\" >/dev/null
else
  echo 'kept the policy of {name}, which has other statements: add this one to it' >&2
  printf '%s\\n' \"$wanted\" >&2
fi
",
        pretty(&policy)
    )
}

fn role(plan: &Plan, workload: &Workload) -> String {
    let (common_name, role) = (&workload.common_name, &workload.role);
    let duration = plan.max_session_duration();
    let trust = pretty(&policies::trust(plan, workload));
    format!(
        "
# The role of {common_name}, for its certificates alone.
trust=$(cat <<JSON
{trust}
JSON
)
found=$(aws iam get-role --role-name {role} --query \\
  \"Role.[Tags[?Key=='managed-by'].Value | [0], to_string(AssumeRolePolicyDocument)]\" 2>&1) ||
  {{
    absent NoSuchEntity \"$found\"
    found=
  }}
case $found in
  '')
    aws iam create-role --role-name {role} --assume-role-policy-document \"$trust\" \\
      --max-session-duration {duration} --tags Key=managed-by,Value=iamra >/dev/null
    ;;
  iamra[[:space:]]*)
    # Roles are of all regions, and trust anchors of one.
    other=$(printf '%s\\n' \"$found\" | tr '\"' '\\n' | sed -n '/:trust-anchor\\//p')
    case $other in
      '' | \"$trust_anchor\") ;;
      *)
        echo 'the role {role} is there for another trust anchor: choose another --role-prefix,' >&2
        echo \"or delete the role, if nothing logs in with that one: $other\" >&2
        exit 1
        ;;
    esac
    aws iam update-assume-role-policy --role-name {role} --policy-document \"$trust\"
    aws iam update-role --role-name {role} --max-session-duration {duration} >/dev/null
    echo 'updated the role {role}, which was there' >&2
    ;;
  *)
    echo 'the role {role} is there, and has not been made by iamra: choose a --role-prefix' >&2
    exit 1
    ;;
esac
"
    )
}

fn profile(plan: &Plan, profile: &Profile<'_>) -> String {
    let (name, duration) = (&profile.name, plan.duration);
    let roles = plan.role_arns(profile).join(" \\\n  ");
    let settings = format!("--duration-seconds {duration} --no-accept-role-session-name");
    format!(
        "
# The profile {name}: the roles that certificates may choose from. It keeps those that it has.
roles=$(arns \\
  {roles})
listed=$(aws rolesanywhere list-profiles --query \"profiles[?name=='{name}'].profileArn\")
profile=$(one {name} \"$listed\")
if [ -n \"$profile\" ]; then
  managed=$(aws rolesanywhere list-tags-for-resource --resource-arn \"$profile\" \\
    --query \"tags[?key=='managed-by'].value\")
  if [ \"$managed\" != iamra ]; then
    echo 'the profile {name} is there, and has not been made by iamra: choose another' >&2
    echo '--shared-profile, or let iamra have it:' >&2
    echo \"aws rolesanywhere tag-resource --resource-arn $profile --tags key=managed-by,value=iamra\" >&2
    exit 1
  fi
  id=${{profile##*/}}
  stored=$(aws rolesanywhere get-profile --profile-id \"$id\" \\
    --query 'profile.[enabled,durationSeconds,acceptRoleSessionName,roleArns]')
  roles=$(arns \"$stored\" \"$roles\")
  # shellcheck disable=SC2086 # one word each
  aws rolesanywhere update-profile --profile-id \"$id\" \\
    {settings} --role-arns $roles >/dev/null
  if [ \"$roles\" = \"$(arns \"$stored\")\" ]; then
    echo 'kept the roles of the profile {name}, which was there' >&2
  else
    printf 'updated the profile {name}, whose roles are now:\\n%s\\n' \"$roles\" >&2
  fi
  case $stored in
    False*)
      echo 'it is disabled, and gives no sessions until you enable it:' >&2
      echo \"aws rolesanywhere enable-profile --profile-id $id\" >&2
      ;;
  esac
else
  # shellcheck disable=SC2086 # one word each
  profile=$(aws rolesanywhere create-profile --name {name} --enabled \\
    {settings} --role-arns $roles \\
    --tags key=managed-by,value=iamra --query profile.profileArn)
fi
"
    )
}

fn permissions(plan: &Plan, workload: &Workload) -> String {
    let (common_name, role) = (&workload.common_name, &workload.role);
    let Some(policy) = policies::permissions(plan, workload) else {
        return format!(
            "
# {common_name} has no rights, and not those of an earlier run.
if answer=$(aws iam delete-role-policy --role-name {role} --policy-name iamra 2>&1); then
  echo 'took back the rights that the role {role} had' >&2
else
  absent NoSuchEntity \"$answer\"
fi
"
        );
    };
    let why = if policies::has_any(&policy) {
        format!("# {WHY_ANY}.\n")
    } else {
        String::new()
    };
    format!(
        "
# What {common_name} may do.
{why}policy=$(cat <<JSON
{}
JSON
)
aws iam put-role-policy --role-name {role} --policy-name iamra --policy-document \"$policy\"
",
        pretty(&policy)
    )
}

/// What iamra needs to know of the workload.
fn told(plan: &Plan, workload: &Workload) -> String {
    format!(
        "
cat <<SETTINGS
# {0}
IAMRA_COMMON_NAME={0}
IAMRA_TRUST_ANCHOR_ARN=$trust_anchor
IAMRA_PROFILE_ARN=$profile
IAMRA_ROLE_ARN={1}
SETTINGS
",
        workload.common_name,
        plan.place.role_arn(&workload.role)
    )
}

/// What the cluster's agents and accounts need to know.
fn told_of_pods(plan: &Plan, profile: &Profile<'_>) -> String {
    let accounts = profile.workloads.iter().filter_map(|workload| {
        let account = workload.account.as_ref()?;
        Some(format!(
            "# kubectl -n {} annotate --overwrite serviceaccount {} {ROLE_ANNOTATION}={}\n",
            account.namespace,
            account.name,
            plan.place.role_arn(&workload.role)
        ))
    });
    format!(
        "
cat <<SETTINGS
# Of iamra k8s agent:
IAMRA_TRUST_ANCHOR_ARN=$trust_anchor
IAMRA_PROFILE_ARN=$profile
# And for the cluster, unless its --associations say so:
{}SETTINGS
",
        accounts.collect::<String>()
    )
}

/// A document in which `sh` finds nothing to replace but `${trust_anchor}` and
/// `${profile}`: all other texts are names that have none of its characters.
fn pretty(document: &Value) -> String {
    format!("{document:#}")
}
