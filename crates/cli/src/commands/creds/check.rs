use std::time::SystemTime;

use aws_credential_types::Credentials;
use clap::Command;
use rolesanywhere::CallerIdentity;
use serde::Serialize;

use crate::audit::rfc3339;
use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::refreshed::duration;
use crate::session::{self, Opened};
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "check",
        "Open a session and say who it is, and until when",
        |command| with_settings(command, &super::groups(&[&settings::OUTPUT])),
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let aws = Aws::new(context)?;
    session::with(context, &aws, async |opened| {
        let credentials = Credentials::from(&opened.session);
        let caller = aws.sts.caller_identity(&credentials).await?;
        let report = Report::new(opened, &caller, context.now());
        if wants_json {
            output::print_json(&report)?;
        } else {
            output::print(&report.text())?;
        }
        Ok(Exit::Done)
    })
    .await
}

/// Who a session is.
#[derive(Serialize)]
struct Report<'a> {
    account: &'a str,
    arn: &'a str,
    user_id: &'a str,
    source_identity: &'a str,
    subject_arn: &'a str,
    access_key_id: &'a str,
    expiration: &'a str,
    /// How long AWS may be away.
    session_remaining_seconds: u64,
    certificate_not_after: String,
    /// How long whoever replaces the certificate may be away.
    certificate_remaining_seconds: u64,
}

impl<'a> Report<'a> {
    fn new(opened: &'a Opened, caller: &'a CallerIdentity, now: SystemTime) -> Self {
        let session = &opened.session;
        let certificate = opened.certificate.not_after();
        let certificate_left = certificate.duration_since(now).unwrap_or_default();
        Self {
            account: &caller.account,
            arn: &caller.arn,
            user_id: &caller.user_id,
            source_identity: &session.source_identity,
            subject_arn: &session.subject_arn,
            access_key_id: &session.access_key_id,
            expiration: &session.expiration,
            session_remaining_seconds: session.lifetime().remaining(now).as_secs(),
            certificate_not_after: rfc3339(certificate),
            certificate_remaining_seconds: certificate_left.as_secs(),
        }
    }

    fn text(&self) -> String {
        let budget = format!(
            "AWS may be away for {}, and no new certificate for {}",
            duration(self.session_remaining_seconds),
            duration(self.certificate_remaining_seconds)
        );
        let lines = [
            ("account", self.account),
            ("arn", self.arn),
            ("source identity", self.source_identity),
            ("subject", self.subject_arn),
            ("access key id", self.access_key_id),
            ("valid until", self.expiration),
            (
                "certificate",
                &format!("valid until {}", self.certificate_not_after),
            ),
            ("outage budget", &budget),
        ];
        let lines = lines.map(|(name, value)| format!("{name:<16}{value}\n"));
        lines.concat()
    }
}
