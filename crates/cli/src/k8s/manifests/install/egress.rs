use std::collections::BTreeSet;

use super::Form;
use crate::context::Context;
use crate::ecr::Tokens;
use crate::failure::Failure;
use crate::k8s::Group;
use crate::resolved::Resolved;

/// The ports of everything that the settings name, and those of AWS and the API.
pub(in crate::k8s::manifests) fn ports(
    (context, groups): (&Context<'_>, &[Group<'_>]),
    form: Form,
) -> Result<BTreeSet<u16>, Failure> {
    let mut ports = BTreeSet::from([443]);
    if !form.is_sidecar() {
        ports.insert(API_PORT);
    }
    let of_groups = groups.iter().map(|group| &group.context);
    for context in of_groups.chain([context]) {
        add_named(&mut ports, &context.settings)?;
    }
    let is_sandbox = context.settings.switch("sandbox")?;
    for group in groups.iter().filter(|_| !is_sandbox) {
        if Tokens::are_ambient(&group.context.settings)? {
            ports.insert(METADATA_PORT);
        }
    }
    Ok(ports)
}

/// The ports of the API server alone.
#[cfg(feature = "pods")]
pub(in crate::k8s::manifests) fn of_api() -> BTreeSet<u16> {
    BTreeSet::from([443, API_PORT])
}

fn add_named(ports: &mut BTreeSet<u16>, settings: &Resolved<'_>) -> Result<(), Failure> {
    for name in ADDRESSES {
        let Some(sourced) = settings.sourced(name)? else {
            continue;
        };
        let address: Option<http::Uri> = sourced.value.parse().ok();
        let Some((address, host)) = address
            .as_ref()
            .and_then(|address| Some((address, address.host()?)))
        else {
            continue;
        };
        let usual = match address.scheme_str() {
            Some("http") => 80,
            _ => 443,
        };
        ports.insert(address.port_u16().unwrap_or(usual));
        if name == "vault-addr" && is_service(host) {
            ports.insert(VAULT_PORT);
        }
    }
    Ok(())
}

/// Whether it is a Service of the cluster: `vault`, `vault.vault`,
/// `vault.vault.svc.cluster.local`. Of two words it may be another name as well:
/// a port too many does less harm than one that is closed.
fn is_service(host: &str) -> bool {
    let parts: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    parts.len() <= 2 || parts.contains(&"svc")
}

/// Rules for traffic are checked where it arrives: behind the port 443 of the
/// Service, an API server listens here.
const API_PORT: u16 = 6443;

/// And Vault here, whatever the port of its Service is.
const VAULT_PORT: u16 = 8200;

/// The metadata service of a node, the agents that stand for it, and those of
/// EKS and ECS speak plain HTTP.
const METADATA_PORT: u16 = 80;

/// The settings that say where to connect.
const ADDRESSES: [&str; 10] = [
    "vault-addr",
    "vault-proxy",
    "endpoint",
    "sts-endpoint",
    "ecr-endpoint",
    "ecr-public-endpoint",
    "https-proxy",
    "http-proxy",
    "container-credentials-full-uri",
    "ec2-metadata-endpoint",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_the_cluster_are_known_by_their_names() {
        for (host, expected) in [
            ("vault", true),
            ("vault.vault", true),
            ("vault.vault.svc", true),
            ("vault.vault.svc.cluster.local.", true),
            ("vault.example.test", false),
            ("10.0.0.1", false),
        ] {
            assert_eq!(is_service(host), expected, "{host}");
        }
    }
}
