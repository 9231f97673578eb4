use super::admission::SYSTEM;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// The value of a setting that names an object; an error says where it stands.
pub(super) fn name(settings: &Resolved<'_>, setting: &str, usual: &str) -> Result<String, Failure> {
    let name = settings.text(setting)?;
    let name = name.unwrap_or_else(|| usual.to_owned());
    check(settings, setting, is_name(&name), DNS_NAME)?;
    Ok(name)
}

/// The same where it becomes a part of names and labels of ours.
pub(super) fn part(settings: &Resolved<'_>, setting: &str, usual: &str) -> Result<String, Failure> {
    let name = settings.text(setting)?;
    let name = name.unwrap_or_else(|| usual.to_owned());
    let is_short = name.len() <= LONGEST_PART;
    check(settings, setting, is_short && is_label(&name), PART)?;
    Ok(name)
}

/// The namespace that we are in; a variable of this machine does not count.
pub(super) fn own_namespace(settings: &Resolved<'_>) -> Result<String, Failure> {
    let given = settings.sourced("own-namespace")?;
    let given = given.filter(|given| given.origin.rank() != 2);
    let Some(given) = given else {
        return Ok(OWN_NAMESPACE.to_owned());
    };
    match namespace_flaw(&given.value) {
        None => Ok(given.value),
        Some(flaw) => Err(given.origin.invalid(flaw)),
    }
}

/// Namespaces by their names.
pub(super) fn namespaces(settings: &Resolved<'_>) -> Result<Vec<String>, Failure> {
    let mut names = settings.list("namespace")?;
    for name in &names {
        if let Some(flaw) = namespace_flaw(name) {
            return Err(at(settings, "namespace", &format!("{name:?}: {flaw}")));
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// A failure at the place of a setting's value.
pub(super) fn at(settings: &Resolved<'_>, setting: &str, reason: &str) -> Failure {
    match settings.sourced(setting) {
        Ok(Some(sourced)) => sourced.origin.invalid(reason),
        Ok(None) => Failure::configuration("config.invalid", format!("--{setting}: {reason}")),
        Err(failure) => failure,
    }
}

fn namespace_flaw(name: &str) -> Option<&'static str> {
    if !is_label(name) {
        return Some("it must be at most 63 of a-z, 0-9 and -");
    }
    let is_of_system = SYSTEM.contains(&name);
    is_of_system.then_some("nothing is written into the namespaces of the system")
}

fn check(
    settings: &Resolved<'_>,
    setting: &str,
    is_good: bool,
    reason: &str,
) -> Result<(), Failure> {
    if is_good {
        Ok(())
    } else {
        Err(at(settings, setting, reason))
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| *byte != b'-');
    let bytes = name.as_bytes();
    bytes.len() <= 63
        && bytes.iter().copied().all(is_inner)
        && is_end(bytes.first())
        && is_end(bytes.last())
}

const DNS_NAME: &str = "it must be at most 253 of a-z, 0-9, - and .";
const PART: &str = "it must be at most 40 of a-z, 0-9 and -";
const LONGEST_PART: usize = 40;
const OWN_NAMESPACE: &str = "iamra";
