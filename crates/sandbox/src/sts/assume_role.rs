use std::collections::BTreeSet;

use serde_json::Value;

use super::AssumableRole;
use super::action::{Form, Reception, Sts};
use super::answer::role_answer;
use super::parameters::{duration, required, session_name};
use super::refusal::StsRefusal;
use super::sessions::{NewSession, SessionCredentials};
use crate::answer::Answer;

/// The longest session that a role's session can open.
const CHAINED_AT_MOST: u64 = 3600;
/// The longest text of a session policy.
const LONGEST_POLICY: usize = 2048;
/// The bytes that session policies and tags may have together. STS packs them;
/// how tightly, nobody is told.
const PACKED_AT_MOST: usize = 4096;
const MOST_TAGS: usize = 50;
const MOST_POLICIES: usize = 10;

/// `AssumeRole`, by a user or by who holds a session of another role.
pub(super) fn assume_role(
    form: &Form,
    caller: &SessionCredentials,
    sts: Sts<'_>,
    reception: Reception<'_>,
) -> Result<(Answer, SessionCredentials), StsRefusal> {
    let arn = required(form, "RoleArn", "roleArn")?;
    let session_name = session_name(form)?;
    let duration = duration(form)?;
    let tags = Tags::read(form, caller)?;
    let packed = packed_percent(form, &tags)?;
    let role = sts.roles.iter().find(|role| role.arn == arn);
    let role = authorized(role, form, caller, &tags)?;
    check_chaining(duration, caller)?;
    role.check_duration(duration)?;
    let session = NewSession {
        source_identity: caller.source_identity.clone(),
        transitive_keys: tags.transitive,
        ..role.session(session_name)
    };
    let issued = sts.open(&session, duration, reception.now);
    let answer = role_answer(&issued, packed, reception.request_id);
    Ok((answer, issued))
}

/// A user's session of a role may be longer than a role's.
fn check_chaining(seconds: u64, caller: &SessionCredentials) -> Result<(), StsRefusal> {
    if caller.is_session() && seconds > CHAINED_AT_MOST {
        return Err(StsRefusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        ));
    }
    Ok(())
}

/// The role, if its trust policy allows all that is asked for.
fn authorized<'a>(
    role: Option<&'a AssumableRole>,
    form: &Form,
    caller: &SessionCredentials,
    tags: &Tags,
) -> Result<&'a AssumableRole, StsRefusal> {
    let denied = |action: &str| {
        let resource = form.value("RoleArn").unwrap_or_default();
        let user = &caller.arn;
        let message =
            format!("User: {user} is not authorized to perform: {action} on resource: {resource}");
        StsRefusal::forbidden("AccessDenied", message)
    };
    let trusting = role.filter(|role| role.trusts(&caller.principal_arn));
    let role = trusting.ok_or_else(|| denied("sts:AssumeRole"))?;
    let shown = form.value("ExternalId");
    if role
        .external_id
        .as_deref()
        .is_some_and(|id| shown != Some(id))
    {
        return Err(denied("sts:AssumeRole"));
    }
    if !tags.new.is_empty() && !role.allows_tags {
        return Err(denied("sts:TagSession"));
    }
    if caller.source_identity.is_some() && !role.allows_source_identity {
        return Err(denied("sts:SetSourceIdentity"));
    }
    Ok(role)
}

/// The tags that a request sets, and the keys of those that go on.
struct Tags {
    new: Vec<(String, String)>,
    transitive: BTreeSet<String>,
}

impl Tags {
    fn read(form: &Form, caller: &SessionCredentials) -> Result<Self, StsRefusal> {
        let keys = form.members("Tags", ".Key");
        let values = form.members("Tags", ".Value");
        check_tags(&keys, &values)?;
        let mut names = keys.iter().map(|key| key.to_lowercase());
        if names.any(|key| caller.transitive_keys.contains(&key)) {
            return Err(invalid(
                "One of the specified transitive tag keys can't be set because it conflicts with \
                 a transitive tag key from the calling session.",
            ));
        }
        let mut transitive = caller.transitive_keys.clone();
        for key in form.members("TransitiveTagKeys", "") {
            if !keys.contains(&key) {
                return Err(invalid(
                    "The specified transitive tag key must be included in the requested tags.",
                ));
            }
            transitive.insert(key.to_lowercase());
        }
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Ok(Self {
            new: keys.into_iter().zip(values).map(owned).collect(),
            transitive,
        })
    }
}

/// Whether tags can be set at all, whoever asks.
fn check_tags(keys: &[&str], values: &[&str]) -> Result<(), StsRefusal> {
    if keys.len() != values.len() || keys.len() > MOST_TAGS {
        return Err(StsRefusal::validation(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: \
             Member must have length less than or equal to 50",
        ));
    }
    let names: BTreeSet<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    if names.len() != keys.len() {
        return Err(invalid(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    let mut tags = keys.iter().zip(values);
    if tags.all(|(key, value)| is_tag(key, value)) {
        return Ok(());
    }
    Err(StsRefusal::validation(
        "1 validation error detected: Value at 'tags' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
    ))
}

fn invalid(message: &str) -> StsRefusal {
    StsRefusal::bad_request("InvalidParameterValue", message)
}

fn is_tag(key: &str, value: &str) -> bool {
    let fits = |text: &str, longest| {
        let allowed = |it: char| it.is_alphanumeric() || it == ' ' || "_.:/=+-@".contains(it);
        text.chars().count() <= longest && text.chars().all(allowed)
    };
    let reserved = key.to_lowercase().starts_with("aws:");
    !key.is_empty() && !reserved && fits(key, 128) && fits(value, 256)
}

/// How much of the space for policies and tags is used.
fn packed_percent(form: &Form, tags: &Tags) -> Result<usize, StsRefusal> {
    let policy = form.value("Policy").unwrap_or_default();
    if policy.chars().count() > LONGEST_POLICY {
        return Err(StsRefusal::validation(
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: \
             Member must have length less than or equal to 2048",
        ));
    }
    if !policy.is_empty() && !is_policy(policy) {
        let code = "MalformedPolicyDocument";
        return Err(StsRefusal::bad_request(code, "Syntax errors in policy."));
    }
    let arns = form.members("PolicyArns", ".arn");
    if arns.len() > MOST_POLICIES {
        return Err(StsRefusal::validation(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: \
             Member must have length less than or equal to 10",
        ));
    }
    let arns: usize = arns.iter().map(|arn| arn.len()).sum();
    let tags = tags.new.iter().map(|(key, value)| key.len() + value.len());
    let percent = (policy.len() + arns + tags.sum::<usize>()) * 100 / PACKED_AT_MOST;
    if percent > 100 {
        let message = format!("Packed size of session tags consumes {percent}% of allotted space.");
        return Err(StsRefusal::bad_request("PackedPolicyTooLarge", message));
    }
    Ok(percent)
}

fn is_policy(text: &str) -> bool {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    document["Statement"].is_array() || document["Statement"].is_object()
}
