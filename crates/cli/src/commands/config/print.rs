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
        Value::SecretVariable => "(secret)".to_owned(),
        _ if may_hold_password(setting, &sourced.value) => "(secret)".to_owned(),
        Value::List(_) => context.settings.list(setting.name)?.join(","),
        _ => sourced.value,
    };
    Ok(Some(Line {
        name: setting.name,
        value,
        origin: sourced.origin.to_string(),
    }))
}

/// An address may hold one before an `@`, a proxy's may lack the scheme, and the
/// URI of a key may hold a PIN.
fn may_hold_password(setting: &Setting, value: &str) -> bool {
    value.contains("pin-value=")
        || value.contains('@') && (value.contains("://") || setting.name.ends_with("-proxy"))
}
