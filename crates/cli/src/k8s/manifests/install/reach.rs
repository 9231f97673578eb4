use super::names;
use super::version::Version;
use crate::failure::Failure;
use crate::k8s::Scopes;
use crate::resolved::Resolved;

/// Whether the rights reach as far as somebody has said, and the cluster can keep
/// us to them.
pub(super) fn check(
    settings: &Resolved<'_>,
    scopes: &Scopes,
    version: Version,
) -> Result<(), Failure> {
    let is_cluster_wide = scopes.is_cluster_wide();
    let invalid = |setting, reason| Err(names::at(settings, setting, reason));
    match settings.text("mode")?.as_deref() {
        Some("namespaced") if is_cluster_wide => {
            let chooser = settings.strongest(&["namespace-selector", "namespace-glob"])?;
            let chooser = chooser.map_or("mode", |(name, _)| name);
            let reason = "it needs --mode cluster: rights in namespaces that are not named";
            return invalid(chooser, reason);
        }
        Some("cluster") if !is_cluster_wide => {
            let reason = "without --namespace-selector or --namespace-glob, there is nothing to \
                          find in the cluster";
            return invalid("mode", reason);
        }
        None | Some("namespaced" | "cluster") => {}
        Some(_) => return invalid("mode", "it must be namespaced or cluster"),
    }
    if is_cluster_wide && !version.has_policies() {
        let reason = "before 1.30, nothing keeps rights in the whole cluster to our Secrets: \
                      name the namespaces";
        return invalid("kube-version", reason);
    }
    Ok(())
}

/// Refuses what is neither a name nor a glob of service accounts.
pub(super) fn check_service_accounts(settings: &Resolved<'_>) -> Result<(), Failure> {
    let accounts = settings.list("service-account")?;
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.*?".contains(c);
    match accounts.iter().find(|name| !name.chars().all(is_good)) {
        None => Ok(()),
        Some(name) => {
            let reason = format!("{name:?} is no name of a service account, and no glob");
            Err(names::at(settings, "service-account", &reason))
        }
    }
}
