use super::names;
use super::version::Version;
use crate::failure::Failure;
use crate::k8s::rights::Reach;
use crate::resolved::Resolved;

/// How far the rights reach, and whether the cluster can keep us to it.
pub(super) fn chosen(
    settings: &Resolved<'_>,
    own_namespace: &str,
    version: &Version,
) -> Result<Reach, Failure> {
    let mut namespaces = names::namespaces(settings)?;
    let chooser = settings.strongest(&["namespace-selector", "namespace-glob"])?;
    let mode = settings.text("mode")?;
    let reach = match (mode.as_deref(), &chooser) {
        (Some("namespaced"), Some((_, chooser))) => {
            let reason = "it needs --mode cluster: rights in namespaces that are not named";
            return Err(chooser.origin.invalid(reason));
        }
        (Some("cluster") | None, Some(_)) => Reach::Cluster { selects: true },
        (Some("cluster"), None) => Reach::Cluster { selects: false },
        (Some("namespaced") | None, None) => {
            if namespaces.is_empty() {
                namespaces.push(own_namespace.to_owned());
            }
            Reach::Namespaces(namespaces)
        }
        (Some(_), _) => {
            return Err(names::at(
                settings,
                "mode",
                "it must be namespaced or cluster",
            ));
        }
    };
    if matches!(reach, Reach::Cluster { .. }) && !version.has_policies() {
        let reason = "before 1.30, nothing keeps rights in the whole cluster to our Secrets: \
                      name the namespaces";
        return Err(names::at(settings, "kube-version", reason));
    }
    Ok(reach)
}

/// Names and globs of service accounts.
pub(super) fn service_accounts(settings: &Resolved<'_>) -> Result<Vec<String>, Failure> {
    let accounts = settings.list("service-account")?;
    let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.*?".contains(c);
    match accounts.iter().find(|name| !name.chars().all(is_good)) {
        None => Ok(accounts),
        Some(name) => {
            let reason = format!("{name:?} is no name of a service account, and no glob");
            Err(names::at(settings, "service-account", &reason))
        }
    }
}
