use std::path::Path;

use super::base::Base;
use super::files::{Profile, ProfileFiles};
use super::role::AssumedRole;
use crate::ambient::Facts;
use crate::failure::{self, Failure};

/// How a profile's credentials are had: where they come from, and which roles
/// are assumed with them.
pub(super) struct Plan {
    pub(super) base: Base,
    /// In the order in which they are assumed.
    pub(super) roles: Vec<AssumedRole>,
    /// The region of the profile that was asked for.
    pub(super) region: Option<String>,
    /// Of all profiles that take part, what selects the principal.
    pub(super) facts: Facts,
}

/// Whose credentials a role is assumed with.
enum Next<'a> {
    Itself,
    Other(&'a str),
}

impl Plan {
    /// Follows `source_profile` from profile to profile; `None` where the first
    /// one has no credentials.
    pub(super) fn new(files: &ProfileFiles, first: &str) -> Result<Option<Self>, Failure> {
        let mut visited: Vec<String> = Vec::new();
        let (mut roles, mut facts, mut region) = (Vec::new(), Facts::default(), None);
        let mut name = first.to_owned();
        let base = loop {
            let profile = followed(files, &name, &visited)?;
            facts = with_facts(facts, &profile);
            if visited.is_empty() {
                region = profile.text("region").map(str::to_owned);
            }
            // Keys that stand in a source profile come before what else it has.
            if !visited.is_empty()
                && let Some(keys) = Base::keys(&profile)?
            {
                break Some(Base::Keys(keys));
            }
            let Some(role) = AssumedRole::of(&profile)? else {
                break Base::of(&profile)?;
            };
            roles.push(role);
            match next(&profile)? {
                Next::Itself => break Base::of(&profile)?,
                Next::Other(other) => {
                    other.clone_into(&mut name);
                    visited.push(profile.name.clone());
                }
            }
        };
        let Some(base) = base else {
            if roles.is_empty() {
                return Ok(None);
            }
            let message = format!("profile {name}: it is a source profile without credentials");
            return Err(failure::ambient::invalid(message));
        };
        roles.reverse();
        Ok(Some(Self {
            base,
            roles,
            region,
            facts,
        }))
    }
}

fn followed(files: &ProfileFiles, name: &str, visited: &[String]) -> Result<Profile, Failure> {
    let from = || visited.last().cloned().unwrap_or_default();
    if visited.iter().any(|other| other == name) {
        let message = format!(
            "profile {}: its source_profile {name} leads back to itself: {} -> {name}",
            from(),
            visited.join(" -> ")
        );
        return Err(failure::ambient::invalid(message));
    }
    files.profile(name)?.ok_or_else(|| {
        let message = format!("profile {}: there is no source_profile {name}", from());
        failure::ambient::invalid(message)
    })
}

/// A profile that is its own source has keys beside its role.
fn next(profile: &Profile) -> Result<Next<'_>, Failure> {
    let source = profile.text("source_profile");
    match (source, profile.text("credential_source")) {
        (Some(_), Some(_)) => {
            Err(profile.invalid("source_profile and credential_source exclude each other"))
        }
        (None, None) => Err(profile.invalid(
            "role_arn is there, and neither source_profile, credential_source nor \
             web_identity_token_file is",
        )),
        (Some(source), None) if source != profile.name => Ok(Next::Other(source)),
        _ => Ok(Next::Itself),
    }
}

fn with_facts(facts: Facts, profile: &Profile) -> Facts {
    let mut facts = facts.with("section", &profile.name);
    if let Some(file) = profile.text(TOKEN_FILE) {
        facts = facts.with_path(TOKEN_FILE, Path::new(file));
    }
    SELECTING
        .into_iter()
        .fold(facts, |facts, key| match profile.text(key) {
            Some(value) => facts.with(key, value),
            None => facts,
        })
}

const TOKEN_FILE: &str = "web_identity_token_file";

const SELECTING: [&str; 5] = [
    "role_arn",
    "source_profile",
    "credential_source",
    "external_id",
    "role_session_name",
];
