use crate::failure::Failure;
use crate::k8s::{Group, SYSTEM_NAMESPACES, Scopes};
use crate::resolved::Resolved;

/// Refuses names that no object of ours can have; an error says where they stand.
pub(super) fn check(settings: &Resolved<'_>) -> Result<(), Failure> {
    if let Some(name) = settings.text("secret-name")?
        && !is_name(&name)
    {
        return Err(at(settings, "secret-name", DNS_NAME));
    }
    for name in settings.list("namespace")? {
        if let Some(flaw) = namespace_flaw(&name) {
            return Err(at(settings, "namespace", &format!("{name:?}: {flaw}")));
        }
    }
    Ok(())
}

/// Refuses groups by whose names nothing can be kept.
pub(super) fn check_kept(groups: &[Group<'_>], scopes: &Scopes) -> Result<(), Failure> {
    for (group, scope) in groups.iter().zip(scopes.groups()) {
        if !is_name(&scope.token_secret()) {
            let message = format!("{}: its name must be of a-z, 0-9, - and .", group.title());
            return Err(Failure::configuration("config.invalid", message));
        }
    }
    Ok(())
}

/// The value of a setting that becomes a part of names and labels of ours.
pub(super) fn part(settings: &Resolved<'_>, setting: &str, usual: &str) -> Result<String, Failure> {
    let name = settings.text(setting)?;
    let name = name.unwrap_or_else(|| usual.to_owned());
    if name.len() <= LONGEST_PART && is_label(&name) {
        Ok(name)
    } else {
        Err(at(settings, setting, PART))
    }
}

/// The namespace that we are in; a variable of this machine does not count.
pub(super) fn own_namespace(settings: &Resolved<'_>, usual: &str) -> Result<String, Failure> {
    let given = settings.sourced("own-namespace")?;
    let given = given.filter(|given| given.origin.rank() != 2);
    let Some(given) = given else {
        return Ok(usual.to_owned());
    };
    match namespace_flaw(&given.value) {
        None => Ok(given.value),
        Some(flaw) => Err(given.origin.invalid(flaw)),
    }
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
    let is_of_system = SYSTEM_NAMESPACES.contains(&name);
    is_of_system.then_some("nothing is written into the namespaces of the system")
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
