use crate::failure::Failure;
use crate::resolved::{Origin, Resolved};
use crate::setting::{Group, Setting};
use crate::settings;

/// Whether pod identity is to be installed. A flag of it that nobody would obey
/// is a mistake.
pub(crate) fn is_meant(settings: &Resolved<'_>) -> Result<bool, Failure> {
    if settings.switch("pods")? {
        return Ok(true);
    }
    let own = OWN_GROUPS.iter().flat_map(|group| group.settings);
    let own = own
        .map(|setting| setting.name)
        .chain(["brokers", "webhook"]);
    refuse(settings, own, "without --pods")?;
    Ok(false)
}

/// The same of the flags of all that is not pod identity.
pub(super) fn check(settings: &Resolved<'_>) -> Result<(), Failure> {
    let carried = carried();
    let is_heeded =
        |name: &str| HERE.contains(&name) || carried.iter().any(|setting| setting.name == name);
    let others = settings::all().map(|setting| setting.name);
    refuse(
        settings,
        others.filter(|name| !is_heeded(name)),
        "with --pods",
    )
}

/// What agents, brokers and the webhook read of what is said here. The list of
/// roles is carried otherwise.
pub(super) fn carried() -> Vec<&'static Setting> {
    let others: &[&Group] = &[
        &settings::AWS_CONNECTION,
        &settings::VAULT_CONNECTION,
        &settings::PROXIES,
        &settings::GENERAL,
    ];
    let groups = OWN_GROUPS.iter().chain(others);
    let settings = groups.flat_map(|group| group.settings);
    let unheeded = settings::UNHEEDED_BY_PODS;
    let settings = settings
        .filter(|setting| setting.name != "associations" && !unheeded.contains(&setting.name));
    settings
        .chain(settings::NAMED_BY_PODS.into_iter().map(settings::named))
        .collect()
}

fn refuse<'a>(
    settings: &Resolved<'_>,
    names: impl Iterator<Item = &'a str>,
    when: &str,
) -> Result<(), Failure> {
    for name in names {
        if let Some(sourced) = settings.sourced(name)?
            && matches!(sourced.origin, Origin::Flag(_))
        {
            let reason = format!("nothing heeds it {when}");
            return Err(sourced.origin.invalid(&reason));
        }
    }
    Ok(())
}

/// Those that nothing else has.
const OWN_GROUPS: [&Group; 3] = [
    &settings::POD_IDENTITY,
    &settings::POD_TOKENS,
    &settings::OWN_CERTIFICATE,
];

/// What is meant for what is printed.
const HERE: [&str; 8] = [
    "associations",
    "brokers",
    "image",
    "out-dir",
    "output",
    "own-namespace",
    "pods",
    "webhook",
];
