use std::sync::Arc;

use clap::Command;
use rolesanywhere::{Finding, Severity, TrustAnchor};
use serde::Serialize;

use crate::commands::verb;
use crate::context::{Context, read_file};
use crate::exit::Exit;
use crate::failure::{Failure, remedy};
use crate::identity::KeyFiles;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "check",
        "Say whether AWS would take a certificate, and what to change if not",
        |command| {
            with_settings(
                command,
                &[
                    &settings::PEM_FILES,
                    &settings::KEY_FILE,
                    &settings::TRUST_ANCHOR_FILE,
                    &settings::OUTPUT,
                ],
            )
        },
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let files = files(context)?;
    let anchor = trust_anchor(context)?;
    let (certificate, intermediates) = if files.private_key.is_some() {
        // The key is asked for, too: whether it belongs is a part of the answer.
        let identity = Arc::new(files.asking()).read().await?;
        (
            identity.certificate().clone(),
            identity.intermediates().to_vec(),
        )
    } else {
        files.read_certificates()?
    };
    let now = context.now();
    let (findings, path) = match &anchor {
        Some(anchor) => (
            Finding::of_trusted(&certificate, &intermediates, (anchor, now)),
            Path::Checked,
        ),
        None if intermediates.is_empty() => (
            Finding::of(&certificate, &intermediates, now),
            Path::EndsAt(certificate.issuer()),
        ),
        None => (
            Finding::of(&certificate, &intermediates, now),
            Path::Unknown,
        ),
    };
    let report = Report::new(&findings);
    if wants_json {
        output::print_json(&report)?;
    } else {
        output::print(&report.text(&path))?;
    }
    Ok(if report.fit { Exit::Done } else { Exit::Unfit })
}

/// The certificate file that this verb is about.
pub(super) fn files(context: &Context<'_>) -> Result<KeyFiles, Failure> {
    KeyFiles::named(context)?.ok_or_else(KeyFiles::missing)
}

/// The certificates that the path must end at, where they are given.
fn trust_anchor(context: &Context<'_>) -> Result<Option<TrustAnchor>, Failure> {
    let Some(path) = context.settings.path("trust-anchor-pem")? else {
        return Ok(None);
    };
    let anchor = TrustAnchor::from_pem(&read_file(&path)?);
    let anchor = anchor.map_err(|error| {
        Failure::configuration("trust-anchor.invalid", message(&error))
            .about(&path.display().to_string())
            .with_hint("iamra cert trust-anchor prints the certificates of a Vault issuer")
    });
    anchor.map(Some)
}

/// The error and what caused it.
fn message(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

/// What is known of the way to the trust anchor.
enum Path {
    /// The anchor is known, and the findings say how it went.
    Checked,
    /// Nothing is sent in between: the anchor must hold this issuer.
    EndsAt(String),
    /// It depends on the anchor.
    Unknown,
}

#[derive(Serialize)]
struct Report {
    fit: bool,
    findings: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    severity: &'static str,
    finding: String,
    prevents: &'static str,
    remedy: Option<&'static str>,
}

impl Report {
    fn new(findings: &[Finding]) -> Self {
        let line = |finding: &Finding| Line {
            severity: match finding.severity {
                Severity::Error => "error",
                _ => "warning",
            },
            finding: finding.unfitness.to_string(),
            prevents: finding.prevents(),
            remedy: remedy(&finding.unfitness),
        };
        Self {
            fit: findings
                .iter()
                .all(|finding| finding.severity != Severity::Error),
            findings: findings.iter().map(line).collect(),
        }
    }

    fn text(&self, path: &Path) -> String {
        let mut text = String::new();
        for line in &self.findings {
            let mark = if line.severity == "error" { '✗' } else { '!' };
            let answer = if line.severity == "error" {
                "answers"
            } else {
                "may answer"
            };
            text += &format!(
                "{mark} {}\n    AWS {answer}: {}\n",
                line.finding, line.prevents
            );
            if let Some(remedy) = line.remedy {
                text += &format!("    fix: {remedy}\n");
            }
        }
        text += &match (self.fit, path) {
            (false, _) => "✗ not fit for IAM Roles Anywhere\n".to_owned(),
            (true, Path::Unknown) => "✓ fit for IAM Roles Anywhere\n".to_owned(),
            (true, Path::Checked) => {
                "✓ fit for IAM Roles Anywhere, and leads to the trust anchor\n".to_owned()
            }
            (true, Path::EndsAt(issuer)) => format!(
                "✓ fit for IAM Roles Anywhere, if the trust anchor is {issuer}: there are no intermediates\n"
            ),
        };
        text
    }
}
