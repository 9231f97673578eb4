use crate::Failure;
use crate::failure::Result;
use crate::workspace::Package;

/// The members that are published, each behind those that it depends on: for its tests,
/// too, as a registry resolves these as well.
pub(crate) fn publishing(packages: &[Package]) -> Result<Vec<String>> {
    let mut rest: Vec<&Package> = packages.iter().filter(|it| it.is_published).collect();
    let mut order = Vec::new();
    while !rest.is_empty() {
        let waits = |package: &&Package| {
            let mut needed = package.dependencies.iter();
            needed.any(|needed| rest.iter().any(|it| it.name == needed.name))
        };
        let (later, now): (Vec<_>, Vec<_>) = rest.iter().copied().partition(waits);
        if now.is_empty() {
            let circle: Vec<_> = later.iter().map(|package| &*package.name).collect();
            let circle = circle.join(", ");
            return Err(Failure::new(format!("{circle}: none can be the first")));
        }
        order.extend(now.iter().map(|package| package.name.clone()));
        rest = later;
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_needed_comes_first() {
        let packages = crate::workspace::packages().unwrap();
        let order = publishing(&packages).unwrap();
        let place = |name: &str| order.iter().position(|it| *it == name).unwrap();
        assert!(place("refresh") < place("rolesanywhere"));
        assert!(place("rolesanywhere") < place("iamra"));
        assert!(place("iamra-sandbox") < place("iamra"));
        assert!(!order.contains(&"xtask".to_owned()));
        let published = packages.iter().filter(|it| it.is_published).count();
        assert_eq!(order.len(), published);
    }
}
