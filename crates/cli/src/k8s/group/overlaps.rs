use k8s_sinks::kubernetes::Pattern;

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
    let pairs = one
        .globs
        .iter()
        .flat_map(|own| other.globs.iter().map(move |others| (own, others)));
    let excluded: Vec<_> = one.excluded.iter().chain(&other.excluded).collect();
    // What is excluded in part may still be common, and is not looked into.
    let is_excluded = |glob: &Pattern| excluded.iter().any(|it| covers(it, glob));
    let mut pairs = pairs.filter(|(own, others)| {
        have_common(&own.as_text(), &others.as_text()) && !is_excluded(own) && !is_excluded(others)
    });
    let (own, others) = pairs.next()?;
    let (own, others) = (own.as_text(), others.as_text());
    Some(if own == others {
        format!("the namespaces {own}")
    } else {
        format!("the namespaces that are {own} and {others}")
    })
}

/// Whether all names of a glob are of another one, as far as its letters tell: a
/// `*` there stands for a `*` here, but a `?` does not.
fn covers(wide: &Pattern, glob: &Pattern) -> bool {
    let text = glob.as_text();
    let misleads = wide.as_text().contains('?') && text.contains('*');
    wide == glob || !misleads && wide.matches(&text)
}

/// Whether some name is of both globs.
fn have_common(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // Whether the ends of the two have a name in common, for the end of `one`
    // that was looked at last: by where that of `other` begins.
    let mut after: Vec<bool> = Vec::new();
    for index in (0..=one.len()).rev() {
        let mut here = vec![false; other.len() + 1];
        for place in (0..=other.len()).rev() {
            // Their first letters, without which there is less left of either.
            let (first, second) = (one.get(index), other.get(place));
            let without_first = || after[place];
            here[place] = match (first, second) {
                (None, None) => true,
                (Some(b'*'), Some(_)) => without_first() || here[place + 1],
                (Some(b'*'), None) => without_first(),
                (Some(_), Some(b'*')) => here[place + 1] || without_first(),
                (None, Some(b'*')) => here[place + 1],
                (Some(first), Some(second)) => {
                    let fit = first == second || *first == b'?' || *second == b'?';
                    fit && after[place + 1]
                }
                _ => false,
            };
        }
        after = here;
    }
    after[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_name_is_of_both_globs() {
        for (one, other, expected) in [
            ("team-*", "team-*", true),
            ("team-*", "*-x", true),
            ("team-*", "*", true),
            ("team-a*", "team-*", true),
            ("team-a*", "team-b*", false),
            ("team-?", "team-x", true),
            ("team-?", "team-xy", false),
            ("team-?", "team-", false),
            ("team-?", "*-xy", false),
            ("team", "team*", true),
            ("*a*", "*b*", true),
            ("a*b", "*c", false),
            ("a?c*", "*b?d", true),
            ("**", "?", true),
            ("a", "b", false),
        ] {
            assert_eq!(have_common(one, other), expected, "{one} {other}");
            assert_eq!(have_common(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn some_excludes_cover_all_of_a_glob() {
        for (wide, glob, expected) in [
            ("team-*", "team-*", true),
            ("team-*", "team-x-*", true),
            ("team-x-*", "team-*", false),
            ("team-?", "team-?", true),
            ("team-?", "team-*", false),
            ("t?am-*", "t?am-*", true),
            ("team-*", "team-?", true),
        ] {
            let [wide, glob] = [wide, glob].map(|text| Pattern::new(text).unwrap());
            assert_eq!(covers(&wide, &glob), expected, "{wide:?} {glob:?}");
        }
    }
}
