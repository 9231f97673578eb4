use clap::Command;
use rolesanywhere::{Finding, Severity};
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
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
                &[&settings::PEM_FILES, &settings::KEY_FILE, &settings::OUTPUT],
            )
        },
    )
}

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let files = files(context)?;
    let (certificate, intermediates) = if files.private_key.is_some() {
        // The key is asked for, too: whether it belongs is a part of the answer.
        let identity = files.read()?;
        (
            identity.certificate().clone(),
            identity.intermediates().to_vec(),
        )
    } else {
        files.read_certificates()?
    };
    let findings = Finding::of(&certificate, &intermediates, context.now());
    let issuer = intermediates.is_empty().then(|| certificate.issuer());
    let report = Report::new(&findings);
    if wants_json {
        output::print_json(&report)?;
    } else {
        output::print(&report.text(issuer.as_deref()))?;
    }
    Ok(if report.fit { Exit::Done } else { Exit::Unfit })
}

/// The certificate file that this verb is about.
pub(super) fn files(context: &Context<'_>) -> Result<KeyFiles, Failure> {
    KeyFiles::named(context)?.ok_or_else(KeyFiles::missing)
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

    /// `issuer` is the one that the trust anchor must hold, where nothing is
    /// sent in between.
    fn text(&self, issuer: Option<&str>) -> String {
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
        text += match (self.fit, issuer) {
            (false, _) => "✗ not fit for IAM Roles Anywhere\n".to_owned(),
            (true, None) => "✓ fit for IAM Roles Anywhere\n".to_owned(),
            (true, Some(issuer)) => format!(
                "✓ fit for IAM Roles Anywhere, if the trust anchor is {issuer}: there are no intermediates\n"
            ),
        }
        .as_str();
        text
    }
}
