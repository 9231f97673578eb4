use std::path::PathBuf;

use private_file::{Options, Target};

use super::redaction::Redaction;
use super::walk::Walk;
use crate::commands::config::print;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::setting::Value;
use crate::settings;

/// What somebody else needs to see to help, and no more: to be pasted into an
/// issue. Logs are not in it.
pub(super) struct Bundle {
    place: Place,
    redaction: Redaction,
}

enum Place {
    Stdout,
    File(PathBuf),
}

impl Bundle {
    /// The one that is asked for.
    pub(super) fn asked(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let Some(named) = context.settings.text("support-bundle")? else {
            return Ok(None);
        };
        let place = match context.settings.path("support-bundle")? {
            Some(path) if named != "-" => Place::File(path),
            _ => Place::Stdout,
        };
        let redaction = Redaction::new(context)?;
        Ok(Some(Self { place, redaction }))
    }

    /// Whether nothing else may go to stdout.
    pub(super) fn takes_stdout(&self) -> bool {
        matches!(self.place, Place::Stdout)
    }

    /// Writes it.
    pub(super) fn write(&self, context: &Context<'_>, walk: &Walk) -> Result<(), Failure> {
        let text = self.redaction.apply(&document(context, walk)?);
        match &self.place {
            Place::Stdout => output::print(&text),
            Place::File(path) => {
                Target::new(path, Options::new()).replace(text.as_bytes())?;
                let path = path.display();
                output::complain(&format!(
                    "wrote {path}: read it once more before you give it to others\n"
                ));
                Ok(())
            }
        }
    }
}

fn document(context: &Context<'_>, walk: &Walk) -> Result<String, Failure> {
    let now = crate::audit::rfc3339(context.now());
    let mut text = format!(
        "iamra {} ({}), {} {}, {now}\n\nSettings\n",
        env!("CARGO_PKG_VERSION"),
        FEATURES.join(" "),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    for line in print::lines(context)? {
        let value = shown(line.name, &line.value);
        text += &format!("  {} = {value:?}  # {}\n", line.name, line.origin);
    }
    text += "\nSteps\n";
    for line in walk.text().lines() {
        text += &format!("  {line}\n");
    }
    text += &format!("\nExit code {}\n", walk.exit().code());
    Ok(text)
}

/// What a command is called with may be a secret, and PEM text helps nobody.
fn shown(name: &str, value: &str) -> String {
    match settings::named(name).value {
        Value::Text("COMMAND") => {
            // Before the program there may be variables of its own.
            let mut words = value
                .split_whitespace()
                .skip_while(|word| word.contains('='));
            match (words.next(), words.next()) {
                (Some(program), None) if program == value => program.to_owned(),
                (Some(program), _) => format!("{program} …"),
                (None, _) => "…".to_owned(),
            }
        }
        Value::Text("PEM") => "(PEM)".to_owned(),
        _ => value.to_owned(),
    }
}

const FEATURES: &[&str] = &[
    #[cfg(feature = "vault")]
    "vault",
    #[cfg(feature = "ecr")]
    "ecr",
    #[cfg(feature = "kubernetes")]
    "kubernetes",
    #[cfg(feature = "serve")]
    "serve",
    #[cfg(feature = "sandbox")]
    "sandbox",
    #[cfg(feature = "pkcs11")]
    "pkcs11",
    #[cfg(feature = "spiffe")]
    "spiffe",
];
