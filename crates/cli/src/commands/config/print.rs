use clap::Command;
use serde::Serialize;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::setting::{Setting, Value};
use crate::{output, settings};

pub(crate) fn command() -> Command {
    verb(
        "print",
        "Print every setting that has a value, and where the value comes from",
        |command| with_settings(command, settings::ALL),
    )
}

pub(crate) fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let lines = lines(context)?;
    if context.wants_json()? {
        output::print_json(&lines)?;
        return Ok(Exit::Done);
    }
    for line in lines {
        output::print(&format!(
            "{} = {:?}  # {}\n",
            line.name, line.value, line.origin
        ))?;
    }
    Ok(Exit::Done)
}

/// A setting that has a value, without what is secret in it.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
}

/// Every setting that has a value.
pub(crate) fn lines(context: &Context<'_>) -> Result<Vec<Line>, Failure> {
    settings::all()
        .filter_map(|setting| line(context, setting).transpose())
        .collect()
}

fn line(context: &Context<'_>, setting: &'static Setting) -> Result<Option<Line>, Failure> {
    let Some(sourced) = context.settings.sourced(setting.name)? else {
        return Ok(None);
    };
    let value = match setting.value {
        Value::List(_) => context.settings.list(setting.name)?.join(","),
        _ => sourced.value,
    };
    let value = shown(setting, value);
    Ok(Some(Line {
        name: setting.name,
        value,
        origin: sourced.origin.to_string(),
    }))
}

/// The value, or what stands for it: what is secret, and what was put where a path
/// belongs.
fn shown(setting: &Setting, value: String) -> String {
    let is_secret = setting.value == Value::SecretVariable
        || setting.name == "chain-external-id"
        || may_hold_password(setting, &value);
    if is_secret {
        return "(secret)".to_owned();
    }
    if value.contains("-----BEGIN") {
        return "(PEM)".to_owned();
    }
    if value.lines().count() > 1 {
        return format!("(text of {} lines)", value.lines().count());
    }
    if setting.name.ends_with("session-tag") {
        let keys = value.split(',').map(|tag| tag.split('=').next());
        return keys
            .flatten()
            .map(|key| format!("{key}=…"))
            .collect::<Vec<_>>()
            .join(",");
    }
    match value.split_once('?') {
        Some((address, _)) if address.contains("://") => format!("{address}?(secret)"),
        _ => value,
    }
}

/// An address may hold one before an `@`, a proxy's may lack the scheme, and the
/// URI of a key may hold a PIN.
fn may_hold_password(setting: &Setting, value: &str) -> bool {
    value.contains("pin-value=")
        || value.contains('@') && (value.contains("://") || setting.name.ends_with("-proxy"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_where_a_path_belongs_is_not_shown() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n";
        for (name, value, expected) in [
            ("private-key", key, "(PEM)"),
            ("private-key", "/run/key.pem", "/run/key.pem"),
            ("certificate", "a\nb", "(text of 2 lines)"),
            (
                "vault-addr",
                "https://vault.example/?token=hvs.x",
                "https://vault.example/?(secret)",
            ),
            ("vault-addr", "https://me:pass@vault.example", "(secret)"),
            ("chain-external-id", "of-a-partner", "(secret)"),
            ("session-tag", "team=a,password=b", "team=…,password=…"),
        ] {
            let shown = shown(settings::named(name), value.to_owned());
            assert_eq!(shown, expected, "{name}");
        }
    }
}
