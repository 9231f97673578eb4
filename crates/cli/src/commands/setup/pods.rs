//! What both setups have to know of the pods of a cluster.

use pod_identity::{ClusterName, ServiceAccount};

use crate::failure::Failure;
use crate::resolved::{Origin, Resolved};

/// Whether they are meant. What is for them, and what is for workloads, says
/// nothing beside the other, and is not passed over.
pub(super) fn are_meant(
    settings: &Resolved<'_>,
    for_pods: &[&'static str],
    for_workloads: &[(&'static str, &str)],
) -> Result<bool, Failure> {
    if settings.switch("pods")? {
        for (name, reason) in for_workloads {
            if let Some(idle) = settings.sourced(name)? {
                let reason = format!("with --pods, {reason}: leave it out");
                return Err(idle.origin.invalid(&reason));
            }
        }
        return Ok(true);
    }
    for name in for_pods {
        if let Some(idle) = settings.sourced(name)? {
            return Err(idle.origin.invalid("it is for --pods: leave it out"));
        }
    }
    for name in SHARED {
        // Elsewhere than in the command line, it may be there for the agent.
        if let Some(Origin::Flag(_)) = settings.sourced(name)?.map(|sourced| sourced.origin) {
            let message = format!("--{name}: it is for --pods: leave it out");
            return Err(Failure::configuration("config.invalid", message));
        }
    }
    Ok(false)
}

/// What other commands know, too.
const SHARED: [&str; 5] = [
    "cluster-name",
    "pod-audience",
    "broker-account",
    "auth-role",
    "pki-role",
];

/// How the cluster is called in certificates.
pub(super) fn cluster(settings: &Resolved<'_>) -> Result<ClusterName, Failure> {
    let cluster: ClusterName = settings.parse("cluster-name")?.ok_or_else(|| {
        Failure::configuration("config.missing", "--cluster-name is missing").with_hint(
            "it ends the names of certificates, and no other cluster has it: --cluster-name c1",
        )
    })?;
    // One that is this long leaves nothing for any account.
    let shortest = ServiceAccount::new("n", "a").map(|account| common_name(&account, &cluster));
    match shortest {
        Ok(Err(failure)) => Err(failure),
        _ => Ok(cluster),
    }
}

/// What an account's certificates are called.
pub(super) fn common_name(
    account: &ServiceAccount,
    cluster: &ClusterName,
) -> Result<String, Failure> {
    let name = account.common_name(cluster);
    name.map_err(|error| Failure::configuration("config.invalid", error.to_string()))
}
