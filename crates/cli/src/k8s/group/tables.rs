use std::collections::BTreeMap;

use crate::commands;
use crate::config_file;
use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::{Origin, Overlay};
use crate::settings;

/// The groups of a config file, `[group.NAME]`: what each has of its own.
pub(in crate::k8s) fn tables(context: &Context<'_>) -> Result<BTreeMap<String, Overlay>, Failure> {
    let config = context.settings.config();
    let Some(groups) = config.parts().get("group") else {
        return Ok(BTreeMap::new());
    };
    let invalid = |place: &str, why: &str| {
        let message = format!("{}: {place}: {why}", config.path().display());
        Failure::configuration("config.invalid", message)
    };
    let wrong = || invalid("group", "it must be [group.NAME]");
    let groups = groups.as_table().ok_or_else(wrong)?;
    let read = groups.iter().map(|(name, table)| {
        let place = format!("[group.{name}]");
        check_name(name).map_err(|why| invalid(&place, why))?;
        let table = table.as_table().ok_or_else(wrong)?;
        let values = config_file::values(table).map_err(|why| invalid(&place, &why))?;
        for key in values.keys() {
            check_key(key).map_err(|why| invalid(&place, &why))?;
            check_flag(context, (key, &place))?;
        }
        let place = format!("{}: {place}", config.path().display());
        Ok((name.clone(), Overlay { place, values }))
    });
    read.collect()
}

/// It becomes a part of the names of our objects.
fn check_name(name: &str) -> Result<(), &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.bytes().all(is_plain) {
        return Ok(());
    }
    Err("a name is of a-z, 0-9 and -")
}

/// Of a group is what says who it is, what its Secret is, and where it goes. How
/// the cluster is reached, and how fast, is the same for all.
fn check_key(key: &str) -> Result<(), String> {
    let own = [&settings::TARGETS, &settings::SECRET, &settings::REGISTRIES];
    let allowed = commands::ecr::groups(&own).into_iter();
    let mut allowed = allowed.flat_map(|group| group.settings);
    // By it all groups together are known.
    if key != "config-name" && allowed.any(|setting| setting.name == key) {
        return Ok(());
    }
    Err(format!("{key} does not belong there"))
}

/// A flag would say nothing where the group says something else.
fn check_flag(context: &Context<'_>, (key, place): (&str, &str)) -> Result<(), Failure> {
    let Some(said) = context.settings.sourced(key)? else {
        return Ok(());
    };
    match said.origin {
        Origin::Flag(_) | Origin::Part(..) => {
            let why = format!("{place} of {} says so too, and would count", file(context));
            let hint = "leave out one of the two: what a group says itself is stronger than a flag";
            Err(said.origin.invalid(&why).with_hint(hint))
        }
        Origin::Variable(_) | Origin::ConfigFile(..) => Ok(()),
    }
}

fn file(context: &Context<'_>) -> String {
    context.settings.config().path().display().to_string()
}
