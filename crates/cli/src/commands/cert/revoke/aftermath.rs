use std::time::{Duration, SystemTime};

use rolesanywhere::Certificate;
use serde::Serialize;
use vault_pki::{Mount, VaultSettings};

use super::crl_command::crl_command;
use crate::session::LONGEST_SESSION;

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

/// What goes on working, and until when at most, where that is known.
#[derive(Serialize)]
struct StillValid {
    what: &'static str,
    until: Option<String>,
    note: &'static str,
}

/// What ends it earlier. The steps are in their order.
#[derive(Serialize)]
struct Step {
    what: &'static str,
    commands: Vec<String>,
}

/// The life of an ECR authorization token, whatever the session's.
const ECR_TOKEN: Duration = Duration::from_hours(12);

impl Aftermath {
    pub(super) fn new(
        (serial, certificate): (String, Option<&Certificate>),
        (settings, mount): (&VaultSettings, &Mount),
        (revoked_at, now): (SystemTime, SystemTime),
    ) -> Self {
        Self {
            serial,
            subject: certificate.map(Certificate::subject),
            revoked_at: second(revoked_at),
            still_valid: still_valid(certificate, now),
            steps: steps(settings, mount),
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
        for StillValid { what, until, note } in &self.still_valid {
            let until = until.as_deref().map(|until| format!(", until {until}"));
            text += &format!("- {what}{}: {note}\n", until.unwrap_or_default());
        }
        for (step, number) in self.steps.iter().zip(1..) {
            text += &format!("\n{number}. {}:\n", step.what);
            for command in &step.commands {
                text += &format!("    {command}\n");
            }
        }
        text
    }
}

/// Who holds key and certificate opens sessions until AWS knows, or until the
/// certificate's end.
fn still_valid(certificate: Option<&Certificate>, now: SystemTime) -> Vec<StillValid> {
    let not_after = certificate.map(Certificate::not_after);
    let has_ended = not_after.is_some_and(|not_after| not_after < now);
    // The next whole second: nothing ends before it is said to end.
    let opened_by =
        not_after.map_or(now, |not_after| not_after.min(now)) + Duration::from_millis(999);
    vec![
        StillValid {
            what: "new sessions by this certificate",
            until: not_after.map(second),
            note: if has_ended {
                "it had ended"
            } else {
                "the certificate's own end, unless AWS learns of it (below)"
            },
        },
        StillValid {
            what: "sessions that were opened with it",
            until: Some(second(opened_by + LONGEST_SESSION)),
            note: "at most, of those opened by now; each until its own end",
        },
        StillValid {
            what: "ECR tokens obtained in such sessions",
            until: Some(second(opened_by + LONGEST_SESSION + ECR_TOKEN)),
            note: "at most; each 12 hours after it was obtained",
        },
    ]
}

fn steps(settings: &VaultSettings, mount: &Mount) -> Vec<Step> {
    let commands = |commands: &[&str]| commands.iter().map(|text| (*text).to_owned()).collect();
    vec![
        Step {
            what: "Tell AWS of this certificate (the first time import-crl, then update-crl)",
            commands: vec![
                crl_command(settings, mount),
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
            what: "If the workload goes on, give it another certificate with another key: --if-due would find that none is due, and a cert watch is told by a signal",
            commands: commands(&["iamra cert issue --out-dir FOLDER", "kill -HUP PID"]),
        },
        Step {
            what: "Last, when no session can be opened with it any more: end the role's sessions that are open at that moment, everybody's",
            commands: vec![END_SESSIONS.to_owned()],
        },
    ]
}

/// The shell puts in the time at which it is run: a session that was opened
/// after this was printed is one of those that must end. IAM takes whole
/// seconds.
const END_SESSIONS: &str = r#"aws iam put-role-policy --role-name ROLE --policy-name revoke-older-sessions --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}}}]}'"#;

/// A time in whole seconds.
fn second(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(
        |_| "an impossible time".to_owned(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}
