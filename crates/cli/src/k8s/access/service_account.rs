use std::path::Path;

use super::Way;
use super::kubeconfig::{ClusterEntry, Text, UserEntry};
use crate::environment::Environment;

/// The pod's own service account; else why there is none.
///
/// [Accessing the API from within a pod](https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/)
pub(super) fn service_account(environment: &Environment, folder: &Path) -> Result<Way, String> {
    let value = |name: &str| {
        let value = environment.value(name).and_then(|value| value.to_str());
        value.ok_or_else(|| format!("{name} is not set"))
    };
    let server = server(
        value("KUBERNETES_SERVICE_HOST")?,
        value("KUBERNETES_SERVICE_PORT")?,
    );
    let token = folder.join("token");
    if !token.exists() {
        return Err(format!("{} is not there", token.display()));
    }
    let namespace = private_file::read_private(&folder.join("namespace")).ok();
    let namespace = namespace.and_then(|text| String::from_utf8(text.to_vec()).ok());
    let at = |name: &str| Text::from(&*folder.join(name).to_string_lossy());
    Ok(Way {
        cluster: ClusterEntry {
            server: Text::from(&*server),
            certificate_authority: at("ca.crt"),
            ..ClusterEntry::default()
        },
        user: UserEntry {
            token_file: at("token"),
            ..UserEntry::default()
        },
        namespace: namespace.map(|name| name.trim().to_owned()),
        is_pod: true,
        place: "the pod's service account".to_owned(),
    })
}

/// The address; that of an IPv6 host stands in brackets.
fn server(host: &str, port: &str) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("https://[{host}]:{port}")
    } else {
        format!("https://{host}:{port}")
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
mod tests {
    use super::*;

    #[test]
    fn it_is_where_kubelet_puts_it() {
        let folder = tempfile::tempdir().unwrap();
        let find = |variables: &[(&str, &str)]| {
            let environment: Environment = variables.iter().copied().collect();
            service_account(&environment, folder.path())
        };
        let host = ("KUBERNETES_SERVICE_HOST", "fd00::1");
        let port = ("KUBERNETES_SERVICE_PORT", "443");
        let why = |found: Result<Way, String>| found.err().unwrap();
        assert_eq!(why(find(&[])), "KUBERNETES_SERVICE_HOST is not set");
        assert_eq!(why(find(&[host])), "KUBERNETES_SERVICE_PORT is not set");
        let token = folder.path().join("token");
        let missing = format!("{} is not there", token.display());
        assert_eq!(why(find(&[host, port])), missing);

        std::fs::write(&token, "t").unwrap();
        std::fs::write(folder.path().join("namespace"), "team-a\n").unwrap();
        let way = find(&[host, port]).unwrap();
        assert_eq!(way.cluster.server.as_str(), "https://[fd00::1]:443");
        assert_eq!(way.namespace.as_deref(), Some("team-a"));
        assert_eq!(way.user.token_file.as_str(), token.to_str().unwrap());
        let way = find(&[("KUBERNETES_SERVICE_HOST", "10.0.0.1"), port]).unwrap();
        assert_eq!(way.cluster.server.as_str(), "https://10.0.0.1:443");
    }
}
