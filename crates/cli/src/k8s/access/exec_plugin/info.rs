use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::Value;

use super::super::kubeconfig::{ClusterEntry, ExecEntry, Text};
use crate::context::read_file;
use crate::failure::Failure;

/// What a program is told in `KUBERNETES_EXEC_INFO`.
///
/// [`ExecCredentialSpec`](https://kubernetes.io/docs/reference/config-api/client-authentication.v1/)
pub(super) fn info(entry: &ExecEntry, cluster: &ClusterEntry) -> Result<String, Failure> {
    let cluster = entry.provide_cluster_info.then(|| Cluster::of(cluster));
    let info = Info {
        kind: "ExecCredential",
        api_version: &entry.api_version,
        spec: Spec {
            cluster: cluster.transpose()?,
            interactive: false,
        },
    };
    serde_json::to_string(&info).map_err(|error| super::invalid(error.to_string()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    kind: &'static str,
    api_version: &'a Text,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Cluster<'a>>,
    interactive: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster<'a> {
    server: &'a Text,
    #[serde(skip_serializing_if = "is_empty")]
    tls_server_name: &'a Text,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    insecure_skip_tls_verify: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_authority_data: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    proxy_url: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a Value>,
}

impl<'a> Cluster<'a> {
    fn of(entry: &'a ClusterEntry) -> Result<Self, Failure> {
        let data = &entry.certificate_authority_data;
        let authority = match (data.get(), entry.certificate_authority.get()) {
            (Some(data), _) => Some(data.split_ascii_whitespace().collect()),
            (None, Some(path)) => Some(BASE64_STANDARD.encode(read_file(path.as_ref())?)),
            (None, None) => None,
        };
        let mut extensions = entry.extensions.iter();
        let config = extensions.find(|extension| extension.name.as_str() == CONFIG);
        Ok(Self {
            server: &entry.server,
            tls_server_name: &entry.tls_server_name,
            insecure_skip_tls_verify: entry.insecure_skip_tls_verify,
            certificate_authority_data: authority,
            proxy_url: &entry.proxy_url,
            config: config.map(|extension| &extension.extension),
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_empty(text: &&Text) -> bool {
    text.get().is_none()
}

/// The extension of a cluster that is meant for such programs.
const CONFIG: &str = "client.authentication.k8s.io/exec";
