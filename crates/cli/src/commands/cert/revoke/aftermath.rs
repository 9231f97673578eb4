use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rolesanywhere::Certificate;
use serde::Serialize;
use vault_pki::{Mount, VaultSettings};

use crate::audit::rfc3339;

/// What a revocation leaves behind: Vault knows of it, AWS does not.
#[derive(Serialize)]
pub(super) struct Aftermath {
    serial: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    revoked_at: String,
    still_valid: Vec<StillValid>,
    steps: Vec<Step>,
}

/// What goes on working, and until when.
#[derive(Serialize)]
struct StillValid {
    what: &'static str,
    until: String,
}

/// What ends it earlier.
#[derive(Serialize)]
struct Step {
    what: &'static str,
    commands: Vec<String>,
}

/// The longest session of Roles Anywhere.
const LONGEST_SESSION: Duration = Duration::from_hours(12);
/// The life of an ECR authorization token, whatever the session's.
const ECR_TOKEN: Duration = Duration::from_hours(12);

impl Aftermath {
    pub(super) fn new(
        (serial, certificate): (String, Option<&Certificate>),
        (settings, mount): (&VaultSettings, &Mount),
        (revoked_at, now): (SystemTime, SystemTime),
    ) -> Self {
        let now = next_second(now);
        // Who holds key and certificate opens sessions until AWS knows.
        let after = |duration| rfc3339(now + duration);
        let still_valid = vec![
            StillValid {
                what: "new sessions by this certificate",
                until: end(certificate, now),
            },
            StillValid {
                what: "sessions that were opened with it",
                until: format!(
                    "their own end, of those opened by now at most {}",
                    after(LONGEST_SESSION)
                ),
            },
            StillValid {
                what: "ECR tokens obtained in such sessions",
                until: format!(
                    "12 hours after each was obtained, at most {}",
                    after(LONGEST_SESSION + ECR_TOKEN)
                ),
            },
        ];
        Self {
            serial,
            subject: certificate.map(Certificate::subject),
            revoked_at: rfc3339(revoked_at),
            still_valid,
            steps: steps(settings, mount, now),
        }
    }

    pub(super) fn text(&self) -> String {
        let subject = self.subject.as_deref().map(|name| format!(" ({name})"));
        let mut text = format!(
            "Vault has revoked {}{} at {}.\nAWS does not read Vault's list. Still valid:\n",
            self.serial,
            subject.unwrap_or_default(),
            self.revoked_at
        );
        for StillValid { what, until } in &self.still_valid {
            text += &format!("- {what}, until {until}\n");
        }
        for Step { what, commands } in &self.steps {
            text += &format!("\n{what}:\n");
            for command in commands {
                text += &format!("    {command}\n");
            }
        }
        text
    }
}

/// IAM compares seconds: all that was issued in this one is older than the next.
fn next_second(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs() + 1)
}

/// Until when new sessions are opened.
fn end(certificate: Option<&Certificate>, now: SystemTime) -> String {
    match certificate.map(Certificate::not_after) {
        Some(not_after) if not_after < now => {
            format!("{}: it had ended", rfc3339(not_after))
        }
        Some(not_after) => format!(
            "{}, the certificate's own end, unless AWS learns of it (below)",
            rfc3339(not_after)
        ),
        None => "the certificate's own end, unless AWS learns of it (below)".to_owned(),
    }
}

fn steps(settings: &VaultSettings, mount: &Mount, now: SystemTime) -> Vec<Step> {
    let denied = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": rfc3339(now) } },
        }],
    });
    let commands = |commands: &[&str]| commands.iter().map(|text| (*text).to_owned()).collect();
    vec![
        Step {
            what: "Tell AWS of this certificate (the first time import-crl, then update-crl)",
            commands: vec![
                list(settings, mount),
                "aws rolesanywhere import-crl --name iamra --enabled --trust-anchor-arn ARN --crl-data fileb://crl.pem".to_owned(),
                "aws rolesanywhere update-crl --crl-id ID --crl-data fileb://crl.pem".to_owned(),
            ],
        },
        Step {
            what: "Or let nobody in by this profile or trust anchor",
            commands: commands(&[
                "aws rolesanywhere disable-profile --profile-id ID",
                "aws rolesanywhere disable-trust-anchor --trust-anchor-id ID",
            ]),
        },
        Step {
            what: "End the role's sessions that are open now, everybody's",
            commands: vec![format!(
                "aws iam put-role-policy --role-name ROLE --policy-name revoke-older-sessions --policy-document {}",
                quoted(&denied.to_string())
            )],
        },
    ]
}

/// Fetches Vault's list, which it tells everybody.
fn list(settings: &VaultSettings, mount: &Mount) -> String {
    let url = format!("{}/v1/{mount}/crl/pem", settings.address);
    let namespace = settings
        .pki_namespace
        .as_ref()
        .or(settings.namespace.as_ref());
    let header = namespace
        .map(|namespace| format!(" -H {}", quoted(&format!("X-Vault-Namespace: {namespace}"))));
    format!(
        "curl -fsS -o crl.pem{} {}",
        header.unwrap_or_default(),
        quoted(&url)
    )
}

/// Only a NUL cannot be quoted, which no URL, name or JSON has.
fn quoted(word: &str) -> Cow<'_, str> {
    shlex::try_quote(word).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deny_reaches_what_was_issued_in_this_second() {
        let now = UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(rfc3339(next_second(now)), "1970-01-01T00:00:02Z");
    }
}
