use std::sync::Arc;

use aws_credential_types::Credentials;
use clap::Command;
use rolesanywhere::{Finding, Identity, Session, Severity};

use crate::aws::Aws;
use crate::commands::{creds, verb};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, remedy, unfit};
use crate::files;
use crate::identity::KeyFiles;
#[cfg(feature = "spiffe")]
use crate::identity::WorkloadApi;
use crate::setting::with_settings;
use crate::settings;

mod bundle;
#[cfg(feature = "pods")]
mod pod;
mod redaction;
mod registration;
#[cfg(feature = "vault")]
mod vault_steps;
mod walk;

use bundle::Bundle;
use walk::{Printed, Walk};

pub(crate) fn command() -> Command {
    verb(
        "doctor",
        "Walk the whole pipeline, and say what to fix where it fails",
        |command| {
            let groups = creds::groups(&[
                &settings::DOCTOR,
                &settings::OUTPUT,
                &settings::CREDENTIALS_FILES,
            ]);
            let command = with_settings(command, &groups);
            #[cfg(feature = "pods")]
            let command = pod::with_settings(command);
            // Elsewhere that word is a switch of its own.
            command.mut_arg("support-bundle", |bundle| bundle.visible_alias("bundle"))
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let bundle = Bundle::asked(context)?;
    let print = match (&bundle, context.wants_json()?) {
        (Some(bundle), _) if bundle.takes_stdout() => Printed::Nowhere,
        (_, true) => Printed::Json,
        _ => Printed::Text,
    };
    let mut doctor = Doctor {
        context,
        offline: context.settings.switch("offline")?,
        walk: Walk::new(Arc::clone(&context.clock), print),
    };
    #[cfg(feature = "pods")]
    let pod = context.settings.sourced("pod")?;
    #[cfg(feature = "pods")]
    match pod {
        Some(pod) => Box::pin(doctor.examine_pod(&pod)).await?,
        None => doctor.examine().await?,
    }
    #[cfg(not(feature = "pods"))]
    doctor.examine().await?;
    if let Some(bundle) = bundle {
        bundle.write(context, &doctor.walk)?;
    }
    doctor.walk.end()
}

struct Doctor<'a> {
    context: &'a Context<'a>,
    offline: bool,
    walk: Walk,
}

impl Doctor<'_> {
    async fn examine(&mut self) -> Result<(), Failure> {
        let context = self.context;
        let aws = self
            .walk
            .step("settings", "", async { aws(context) })
            .await?;
        self.target()?;
        let Some(identity) = self.identity().await? else {
            return self.walk.skip("session", "not tried: there is no identity");
        };
        let fit = self
            .walk
            .step("fitness", "", async { fitness(context, &identity) })
            .await?;
        match (aws, fit) {
            (Some(aws), Some(())) if !self.offline => Box::pin(self.ask_aws(&aws, &identity)).await,
            (Some(_), Some(())) => self.walk.skip("session", "not tried: offline"),
            _ => self.walk.skip("session", "not tried: mend the above first"),
        }
    }

    /// Where `creds file` would write; whether it could, only it can say. Who
    /// never writes one need not have a home.
    fn target(&mut self) -> Result<(), Failure> {
        match files::credentials_file(self.context) {
            Ok(path) => {
                let detail = format!("creds file would write {}", path.display());
                self.walk.skip("target", &detail)
            }
            Err(failure) => {
                let detail = format!("creds file could not write: {failure}");
                self.walk.skip("target", &detail)
            }
        }
    }

    async fn identity(&mut self) -> Result<Option<Identity>, Failure> {
        match KeyFiles::named(self.context) {
            Ok(Some(files)) => {
                let target = files.certificate.to_string();
                let read = from_files(files.asking());
                self.walk.step("certificate", target, read).await
            }
            #[cfg(feature = "spiffe")]
            Ok(None) if WorkloadApi::named(self.context)?.is_some() => {
                self.ask_workload_api().await
            }
            #[cfg(feature = "vault")]
            Ok(None) => self.ask_vault().await,
            #[cfg(not(feature = "vault"))]
            Ok(None) => {
                let missing = async { Err(KeyFiles::missing()) };
                self.walk.step("certificate", "", missing).await
            }
            Err(failure) => {
                self.walk
                    .step("certificate", "", async { Err(failure) })
                    .await
            }
        }
    }

    #[cfg(feature = "spiffe")]
    async fn ask_workload_api(&mut self) -> Result<Option<Identity>, Failure> {
        let Some(workload) = WorkloadApi::named(self.context)? else {
            return Ok(None);
        };
        let ask = async {
            let identity = workload.identity().await?;
            let detail = described(&identity);
            Ok((identity, detail))
        };
        let target = workload.endpoint().to_owned();
        self.walk.step("certificate", target, ask).await
    }

    /// An administrator's credentials say more than a refusal, so they come first.
    async fn ask_aws(&mut self, aws: &Aws, identity: &Identity) -> Result<(), Failure> {
        #[cfg(feature = "ecr")]
        if self.context.settings.switch("with-ambient")? {
            self.registration_by_ambient(aws, identity).await?;
            self.session(aws, identity).await?;
            return Ok(());
        }
        match self.session(aws, identity).await? {
            Some(session) => {
                let credentials = Credentials::from(&session);
                self.registration(aws, identity, &credentials).await
            }
            None => self.walk.skip("anchor", NOT_READ),
        }
    }

    /// The first session, and who one is with the last.
    async fn session(
        &mut self,
        aws: &Aws,
        identity: &Identity,
    ) -> Result<Option<Session>, Failure> {
        let open = async {
            let session = aws
                .roles_anywhere
                .create_session(identity, &aws.request)
                .await?;
            let detail = format!("{} until {}", session.assumed_role_arn, session.expiration);
            Ok((session, detail))
        };
        let session: Option<Session> = self
            .walk
            .step("session", aws.endpoint.to_string(), open)
            .await?;
        let Some(last) = self.onwards(aws, session.clone()).await? else {
            self.walk
                .skip("identity", "not tried: there is no session")?;
            return Ok(session);
        };
        let ask = async {
            let caller = aws.sts.caller_identity(&Credentials::from(&last)).await?;
            Ok(((), caller.arn))
        };
        self.walk
            .step("identity", aws.sts_endpoint.to_string(), ask)
            .await?;
        Ok(session)
    }

    /// One step for each role that is assumed onwards.
    async fn onwards(
        &mut self,
        aws: &Aws,
        mut session: Option<Session>,
    ) -> Result<Option<Session>, Failure> {
        for hop in aws.chain.hops() {
            let Some(before) = session else {
                return Ok(None);
            };
            let assume = async {
                let session = hop.assume(&aws.sts, &before).await?;
                let detail = format!("{} until {}", session.assumed_role_arn, session.expiration);
                Ok((session, detail))
            };
            session = self
                .walk
                .step("assume", hop.role.to_string(), assume)
                .await?;
        }
        Ok(session)
    }
}

fn aws(context: &Context<'_>) -> Result<(Aws, String), Failure> {
    let aws = Aws::new(context)?;
    let request = &aws.request;
    let detail = format!(
        "{}\n{}\n{}",
        request.trust_anchor(),
        request.profile(),
        request.role()
    );
    Ok((aws, detail))
}

async fn from_files(files: KeyFiles) -> Result<(Identity, String), Failure> {
    let identity = Arc::new(files).read().await?;
    let detail = described(&identity);
    Ok((identity, detail))
}

fn described(identity: &Identity) -> String {
    let certificate = identity.certificate();
    let intermediates = identity.intermediates().len();
    format!(
        "{} (serial {}) until {}, {intermediates} intermediate(s)",
        certificate.subject(),
        certificate.serial_hex(),
        crate::audit::rfc3339(certificate.not_after())
    )
}

fn fitness(context: &Context<'_>, identity: &Identity) -> Result<((), String), Failure> {
    let findings = identity.fitness(context.now());
    if let Some(failure) = unfit(&findings) {
        return Err(failure);
    }
    Ok(((), warnings(&findings).join("\n")))
}

/// What does not stop us, a line each.
fn warnings(findings: &[Finding]) -> Vec<String> {
    let warnings = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning);
    let lines = warnings.map(|finding| {
        let remedy = remedy(&finding.unfitness).map(|remedy| format!("; {remedy}"));
        format!("! {}{}", finding.unfitness, remedy.unwrap_or_default())
    });
    lines.collect()
}

#[cfg(feature = "ecr")]
const NOT_READ: &str = "not read: there is no session; --with-ambient reads trust anchor and profile with an \
                        administrator's AWS credentials";
#[cfg(not(feature = "ecr"))]
const NOT_READ: &str = "not read: there is no session";
