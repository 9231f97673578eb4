use crate::workspace::Package;

/// Who may depend on whom: ARCHITECTURE.md's map, as code.
///
/// A crate that is not listed may depend on none of ours, so that a new one is
/// a decision and not an accident.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut findings = Vec::new();
    for package in packages {
        if COMPOSERS.contains(&package.name.as_str()) {
            continue;
        }
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            if ours(name) && !allowed(&package.name, name, dependency.dev) {
                findings.push(format!("{} must not depend on {name}", package.name));
            }
        }
    }
    findings
}

fn allowed(from: &str, to: &str, dev: bool) -> bool {
    let known: &[&str] = match from {
        // The kind of a fault, and the clock.
        "agent-link" | "private-file" | "credential-server" | SANDBOX => &["refresh"],
        // The files of roots and client certificates are read as secrets are.
        "iamra-destination" => &["private-file", "refresh"],
        "vault-pki" | "rolesanywhere" | "ecr-auth" | "k8s-sinks" | "pod-identity" => &FOUNDATIONS,
        _ => &[],
    };
    // Only libraries are tested against the sandbox; it is tested against none of them.
    known.contains(&to) || (dev && to == SANDBOX && !known.is_empty())
}

const FOUNDATIONS: [&str; 4] = [
    "aws-partition",
    "iamra-destination",
    "private-file",
    "refresh",
];
/// Checks the libraries' requests, so it shares no code with them.
const SANDBOX: &str = "iamra-sandbox";
/// Where crates meet: the binary, and what measures it.
const COMPOSERS: [&str; 2] = ["iamra", "xtask"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    #[test]
    fn an_arrow_that_is_not_on_the_map_is_a_finding() {
        for (from, to, dev, accepted) in [
            ("iamra", "rolesanywhere", false, true),
            ("rolesanywhere", "refresh", false, true),
            ("rolesanywhere", "vault-pki", false, false),
            ("rolesanywhere", "vault-pki", true, false),
            ("vault-pki", "iamra-sandbox", true, true),
            ("vault-pki", "iamra-sandbox", false, false),
            ("iamra-destination", "refresh", false, true),
            ("credential-server", "refresh", false, true),
            ("credential-server", "rolesanywhere", false, false),
            ("refresh", "iamra-destination", false, false),
            ("private-file", "iamra-destination", false, false),
            ("iamra-sandbox", "rolesanywhere", true, false),
            ("iamra-sandbox", "refresh", false, true),
            ("a-new-crate", "refresh", false, false),
            ("a-new-crate", "serde", false, true),
        ] {
            let findings = check(&[
                package(from, Some((to, dev))),
                package("rolesanywhere", None),
                package("vault-pki", None),
                package("refresh", None),
                package("iamra-destination", None),
                package("private-file", None),
                package("iamra-sandbox", None),
            ]);
            assert_eq!(findings.is_empty(), accepted, "{from} -> {to}, dev {dev}");
        }
    }

    fn package(name: &str, dependency: Option<(&str, bool)>) -> Package {
        Package {
            is_published: true,
            name: name.to_owned(),
            folder: std::path::PathBuf::new(),
            features: Vec::new(),
            dependencies: dependency
                .map(|(name, dev)| Dependency {
                    name: name.to_owned(),
                    dev,
                })
                .into_iter()
                .collect(),
        }
    }
}
