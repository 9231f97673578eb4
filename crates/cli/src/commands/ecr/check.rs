use std::time::SystemTime;

use clap::Command;
use destination::HttpClient;
use ecr_auth::{Manifest, ManifestName, RegistryClient, RegistryHost};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::ecr::{Obtained, Registries, Tokens, registry_endpoint, registry_http};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::refreshed::duration;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "check",
        "Ask registries whether they take our token, and say why not",
        |command| {
            let own = [
                &settings::OUTPUT,
                &settings::REGISTRIES,
                &settings::REPOSITORY,
                &settings::REGISTRY_ENDPOINT,
            ];
            with_settings(command, &super::groups(&own))
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let registries = Registries::named(context)?;
    let wanted: Option<ManifestName> = context.settings.parse("repo")?;
    let tokens = Tokens::new(context)?;
    let http = registry_http(&context.settings)?;
    let (mut reports, mut failures) = (Vec::new(), Vec::new());
    for group in registries.groups() {
        let obtained = Obtained::of(group, &tokens).await;
        for checked in check_all(context, (&http, wanted.as_ref()), obtained).await {
            match checked {
                Ok(report) => reports.push(report),
                Err(failure) => failures.push(failure),
            }
        }
    }
    if wants_json {
        output::print_json(&reports)?;
    } else {
        let texts = reports.iter().map(|report| report.text(context.now()));
        output::print(&texts.collect::<Vec<_>>().join("\n"))?;
    }
    super::ended(failures, reports.is_empty())
}

/// Asks every registry of a token, and goes on where one refuses.
async fn check_all(
    context: &Context<'_>,
    asked: (&HttpClient, Option<&ManifestName>),
    obtained: Result<Obtained, Failure>,
) -> Vec<Result<Report, Failure>> {
    let obtained = match obtained {
        Ok(obtained) => obtained,
        Err(failure) => return vec![Err(failure)],
    };
    let mut checked = Vec::new();
    checked.extend(obtained.host().err().map(Err));
    for host in &obtained.hosts {
        checked.push(check(context, asked, &obtained, host).await);
    }
    checked
}

async fn check(
    context: &Context<'_>,
    (http, wanted): (&HttpClient, Option<&ManifestName>),
    obtained: &Obtained,
    host: &RegistryHost,
) -> Result<Report, Failure> {
    let client = RegistryClient::new(http, host.clone(), &obtained.token);
    let client = registry_endpoint(client, &context.settings)?;
    client.check().await?;
    let manifest = match wanted {
        None => None,
        Some(name) => Some(Found::new(name, client.manifest(name).await?)),
    };
    Ok(Report {
        registry: host.to_string(),
        expires_at: obtained.expires_at(),
        source: obtained.origin.name(),
        manifest,
        until: obtained.token.lifetime.end(),
    })
}

/// What a registry said.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    registry: String,
    expires_at: String,
    source: &'static str,
    manifest: Option<Found>,
    #[serde(skip)]
    until: SystemTime,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    repository: String,
    reference: String,
    digest: Option<String>,
    media_type: String,
}

impl Found {
    fn new(name: &ManifestName, manifest: Manifest) -> Self {
        Self {
            repository: name.repository().to_string(),
            reference: name.reference().to_owned(),
            digest: manifest.digest,
            media_type: manifest.media_type,
        }
    }
}

impl Report {
    fn text(&self, now: SystemTime) -> String {
        let left = self.until.duration_since(now).unwrap_or_default();
        let token = format!(
            "accepted, valid until {}, for {}",
            self.expires_at,
            duration(left.as_secs())
        );
        let mut lines = vec![("registry", self.registry.clone()), ("token", token)];
        if let Some(found) = &self.manifest {
            let name = format!("{}:{}", found.repository, found.reference);
            let digest = found.digest.as_deref().unwrap_or("no digest told");
            lines.push(("manifest", format!("{name} is there: {digest}")));
            lines.push(("media type", found.media_type.clone()));
        }
        let lines = lines.into_iter();
        let lines = lines.map(|(name, value)| format!("{name:<12}{value}\n"));
        lines.collect::<Vec<_>>().concat()
    }
}
