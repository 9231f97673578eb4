use clap::Command;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::audit;
use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::session::{self, SessionCredentials};
use crate::setting::with_settings;
use crate::settings;

pub(crate) fn command() -> Command {
    verb(
        "process",
        "Print a session's credentials as the SDKs' credential_process wants them",
        |command| with_settings(command, &super::groups(&[&settings::SESSION_CACHE])),
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let aws = Aws::new(context)?;
    session::with_shared(context, &aws, async |session| {
        let document = Zeroizing::new(document(session)?);
        output::print(&document)?;
        audit::handed_out(&session.access_key_id, "credential_process");
        Ok(Exit::Done)
    })
    .await
}

/// [Sourcing credentials with an external process](https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html):
/// the members in the order of `aws_signing_helper`, without a final newline,
/// the expiration as the service wrote it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expiration: &'a str,
}

fn document(session: &SessionCredentials) -> Result<String, Failure> {
    let document = Document {
        version: 1,
        access_key_id: &session.access_key_id,
        secret_access_key: session.secret_access_key.expose_secret(),
        session_token: session.session_token.expose_secret(),
        expiration: &session.expiration,
    };
    serde_json::to_string(&document)
        .map_err(|error| Failure::new("output.failed", refresh::FaultKind::Failed, error))
}
