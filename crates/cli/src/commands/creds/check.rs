use aws_credential_types::Credentials;
use clap::Command;
use rolesanywhere::{CallerIdentity, Session};
use serde::Serialize;

use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, session, settings};

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
    session::with(context, &aws, async |session| {
        let caller = aws.sts.caller_identity(&Credentials::from(session)).await?;
        let report = Report::new(session, &caller);
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
}

impl<'a> Report<'a> {
    fn new(session: &'a Session, caller: &'a CallerIdentity) -> Self {
        Self {
            account: &caller.account,
            arn: &caller.arn,
            user_id: &caller.user_id,
            source_identity: &session.source_identity,
            subject_arn: &session.subject_arn,
            access_key_id: &session.access_key_id,
            expiration: &session.expiration,
        }
    }

    fn text(&self) -> String {
        let lines = [
            ("account", self.account),
            ("arn", self.arn),
            ("source identity", self.source_identity),
            ("subject", self.subject_arn),
            ("access key id", self.access_key_id),
            ("valid until", self.expiration),
        ];
        let lines = lines.map(|(name, value)| format!("{name:<16}{value}\n"));
        lines.concat()
    }
}
