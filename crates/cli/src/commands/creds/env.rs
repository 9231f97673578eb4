use std::io::IsTerminal as _;

use clap::Command;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::aws::Aws;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{self, SessionCredentials};
use crate::setting::with_settings;
use crate::{audit, output, settings};

mod dialect;

use dialect::Dialect;

pub(crate) fn command() -> Command {
    verb(
        "env",
        "Print a session's credentials as variables for a shell",
        |command| {
            let groups = super::groups(&[
                &settings::OUTPUT,
                &settings::VARIABLES,
                &settings::SESSION_CACHE,
            ]);
            with_settings(command, &groups).mut_arg("output", |output| {
                let help = "What to print: sh, fish or powershell for a shell to evaluate, \
                            dotenv for a file of variables, or json for programs";
                output
                    .help(format!("{help} [default: sh]"))
                    .long_help(format!("{help}.\n\n[env: IAMRA_OUTPUT]\n[default: sh]"))
            })
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let dialect = Dialect::chosen(context)?;
    let with_region = context.settings.switch("with-region")?;
    let aws = Aws::new(context)?;
    session::with_shared(context, &aws, async |session| {
        let region = with_region.then(|| aws.region.as_str());
        let text = Zeroizing::new(dialect.render(&variables(session, region))?);
        if std::io::stdout().is_terminal() {
            tracing::warn!(
                "the secrets are on this terminal now; `{}` sets them without showing them",
                dialect.use_it()
            );
        }
        output::print(&text)?;
        audit::handed_out(&session.access_key_id, "variables");
        Ok(Exit::Done)
    })
    .await
}

/// The variables that the SDKs read, and when the credentials end, which only
/// some of them do:
/// [AWS SDKs and Tools Reference](https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html).
fn variables<'a>(
    session: &'a SessionCredentials,
    region: Option<&'a str>,
) -> Vec<(&'static str, &'a str)> {
    let credentials = [
        ("AWS_ACCESS_KEY_ID", session.access_key_id.as_str()),
        (
            "AWS_SECRET_ACCESS_KEY",
            session.secret_access_key.expose_secret(),
        ),
        ("AWS_SESSION_TOKEN", session.session_token.expose_secret()),
        ("AWS_CREDENTIAL_EXPIRATION", session.expiration.as_str()),
    ];
    // Not all SDKs read the same one of these.
    let regions = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let regions = region
        .into_iter()
        .flat_map(|region| regions.map(|name| (name, region)));
    credentials.into_iter().chain(regions).collect()
}
