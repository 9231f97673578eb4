use clap::Command;
use rolesanywhere::{Certificate, KeyAlgorithm};
use serde::Serialize;

use crate::audit::rfc3339;
use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "show",
        "Print what is in a certificate and its intermediates",
        |command| with_settings(command, &[&settings::PEM_FILES, &settings::OUTPUT]),
    )
}

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let wants_json = context.wants_json()?;
    let (certificate, others) = super::check::files(context)?.read_certificates()?;
    let all: Vec<Shown> = std::iter::once(&certificate)
        .chain(&others)
        .map(Shown::new)
        .collect();
    if wants_json {
        output::print_json(&all)?;
    } else {
        let all: Vec<String> = all.iter().map(Shown::text).collect();
        output::print(&all.join("\n"))?;
    }
    Ok(Exit::Done)
}

/// What people want to know of a certificate.
#[derive(Serialize)]
struct Shown {
    subject: String,
    issuer: String,
    serial: String,
    serial_decimal: String,
    not_before: String,
    not_after: String,
    key: String,
    signature: String,
    subject_alt_names: Vec<String>,
    key_usage: Option<Vec<String>>,
    extended_key_usage: Option<Vec<String>>,
    ca: Option<bool>,
}

impl Shown {
    fn new(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            serial: certificate.serial_hex(),
            serial_decimal: certificate.serial_decimal(),
            not_before: rfc3339(certificate.not_before()),
            not_after: rfc3339(certificate.not_after()),
            key: key(&certificate.key_algorithm()),
            signature: certificate.signature_algorithm(),
            subject_alt_names: certificate
                .subject_alt_names()
                .iter()
                .map(ToString::to_string)
                .collect(),
            key_usage: certificate.key_usage(),
            extended_key_usage: certificate.extended_key_usage(),
            ca: certificate.is_ca(),
        }
    }

    fn text(&self) -> String {
        let list = |values: &Option<Vec<String>>| {
            values
                .as_ref()
                .map_or_else(|| "(absent)".to_owned(), |values| values.join(", "))
        };
        let ca = match self.ca {
            None => "(absent)",
            Some(true) => "CA:TRUE",
            Some(false) => "CA:FALSE",
        };
        let lines = [
            ("subject", self.subject.clone()),
            ("issuer", self.issuer.clone()),
            (
                "serial",
                format!("{} ({})", self.serial, self.serial_decimal),
            ),
            ("valid from", self.not_before.clone()),
            ("valid until", self.not_after.clone()),
            ("key", self.key.clone()),
            ("signature", self.signature.clone()),
            ("names", self.subject_alt_names.join(", ")),
            ("key usage", list(&self.key_usage)),
            ("extended", list(&self.extended_key_usage)),
            ("constraints", ca.to_owned()),
        ];
        lines
            .map(|(name, value)| format!("{name:<13}{value}").trim_end().to_owned() + "\n")
            .concat()
    }
}

fn key(algorithm: &KeyAlgorithm) -> String {
    match algorithm {
        KeyAlgorithm::Rsa { bits } => format!("RSA, {bits} bits"),
        KeyAlgorithm::EcP256 => "EC P-256".to_owned(),
        KeyAlgorithm::EcP384 => "EC P-384".to_owned(),
        KeyAlgorithm::EcP521 => "EC P-521".to_owned(),
        KeyAlgorithm::MlDsa44 => "ML-DSA-44".to_owned(),
        KeyAlgorithm::MlDsa65 => "ML-DSA-65".to_owned(),
        KeyAlgorithm::MlDsa87 => "ML-DSA-87".to_owned(),
        KeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
        KeyAlgorithm::Other(oid) => oid.clone(),
        _ => "unknown".to_owned(),
    }
}
