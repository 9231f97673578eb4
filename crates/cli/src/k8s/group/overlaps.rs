use super::{Group, Reach};
use crate::failure::Failure;

/// Refuses two groups that want the same Secret, as far as that can be told
/// without the cluster. Where only the cluster can tell, the one that comes
/// second leaves the other's Secret alone.
pub(super) fn check(groups: &[Group<'_>]) -> Result<(), Failure> {
    for (index, first) in groups.iter().enumerate() {
        for second in &groups[index + 1..] {
            if first.spec.name() != second.spec.name() {
                continue;
            }
            if let Some(place) = common(&first.reach, &second.reach) {
                let message = format!(
                    "{} and {} both write the secret {} in {place}",
                    first.title(),
                    second.title(),
                    first.spec.name(),
                );
                return Err(Failure::configuration("config.invalid", message)
                    .with_hint("give them other names: secret-name"));
            }
        }
    }
    Ok(())
}

/// What both choose.
fn common(one: &Reach, other: &Reach) -> Option<String> {
    let mut names = one.names.iter().filter(|name| other.has(name));
    let mut others = other.names.iter().filter(|name| one.has(name));
    if let Some(name) = names.next().or_else(|| others.next()) {
        return Some(format!("namespace {name}"));
    }
    if one.selector.is_some() && one.selector == other.selector {
        let selector = one.selector.as_deref().unwrap_or_default();
        return Some(format!("the namespaces with {selector}"));
    }
    let mut same = one.globs.iter().filter(|glob| other.globs.contains(glob));
    let glob = same.next()?;
    Some(format!("the namespaces {}", glob.as_text()))
}
