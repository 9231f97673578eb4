use serde_json::{Value, json};

use super::super::pod::{Container, Pod, items};
use super::super::{PodPatch, TokenExpiration, Warning};
use super::{CREDENTIALS, Credentials, FULL_URI, TOKEN_FILE, variable};

/// Credentials from an agent on the node, which a projected token of the pod's
/// service account proves the pod to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgentForm {
    /// The value of `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    ///
    /// SDKs take plain HTTP from loopback and the addresses of EKS's agent only.
    pub uri: String,
    /// The token.
    pub token: TokenVolume,
}

/// A [projected token](https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken),
/// and where containers have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenVolume {
    /// The name of the volume.
    pub volume_name: String,
    /// The folder that it is mounted at, with slashes on Windows, too.
    pub mount_path: String,
    /// The token's path in that folder.
    pub token_path: String,
    /// Whom the token is for.
    pub audience: String,
    /// How long it is valid.
    pub expiration: TokenExpiration,
}

impl AgentForm {
    /// Where EKS's agent is asked.
    pub const URI: &str = "http://169.254.170.23/v1/credentials";
    /// Where EKS's agent is asked in a cluster of IPv6.
    pub const IPV6_URI: &str = "http://[fd00:ec2::23]/v1/credentials";

    pub(super) fn credentials(
        &self,
        pod: Pod<'_>,
        container: &Container<'_>,
    ) -> Result<Credentials, Warning> {
        let token_file = self.token.file(pod);
        let has_own = container.has_any_variable(&CREDENTIALS);
        let own_file = container.variable(TOKEN_FILE);
        if has_own && own_file.is_none_or(|it| it["value"] != *token_file) {
            return Ok(Credentials::default());
        }
        let mounts = match container.mount_at(&self.token.mount_path) {
            None => vec![self.token.mount()],
            Some(mount) if has_own || self.token.is_of(pod, mount) => Vec::new(),
            Some(mount) => return Err(elsewhere(container, mount)),
        };
        let variables = if has_own {
            Vec::new()
        } else {
            vec![
                variable(FULL_URI, &self.uri),
                variable(TOKEN_FILE, &token_file),
            ]
        };
        Ok(Credentials { variables, mounts })
    }

    /// A volume of the token's name that is not the token's.
    pub(super) fn obstacle(&self, pod: Pod<'_>) -> Option<Warning> {
        let TokenVolume {
            volume_name,
            audience,
            ..
        } = &self.token;
        let volume = pod.volume(volume_name)?;
        (!self.token.is_in(volume)).then(|| {
            Warning::new(&format!(
                "no AWS credentials for the pod: its volume {volume_name} is no token for {audience}"
            ))
        })
    }

    /// The volume, if it is missing and something mounts it.
    pub(super) fn add_to_pod(&self, pod: Pod<'_>, wanted: &[Credentials], patch: &mut PodPatch) {
        let name = &self.token.volume_name;
        let will_be_mounted = wanted.iter().any(|it| !it.mounts.is_empty());
        let is_mounted = pod
            .containers()
            .any(|it| it.mounts().any(|mount| mount["name"] == **name));
        if pod.volume(name).is_none() && (will_be_mounted || is_mounted) {
            patch.append(pod.spec(), "volumes", vec![self.token.volume()]);
        }
    }
}

/// As on EKS, in a cluster of IPv4.
impl Default for AgentForm {
    fn default() -> Self {
        Self {
            uri: Self::URI.to_owned(),
            token: TokenVolume::default(),
        }
    }
}

impl TokenVolume {
    /// The volume, as a pod's spec has it: with it, who prepares a
    /// [sidecar](super::SidecarForm) gives it a token.
    pub fn volume(&self) -> Value {
        json!({
            "name": self.volume_name,
            "projected": {"sources": [{"serviceAccountToken": {
                "audience": self.audience,
                "expirationSeconds": self.expiration.seconds(),
                "path": self.token_path,
            }}]},
        })
    }

    /// The mount of it, as a container has it.
    pub fn mount(&self) -> Value {
        json!({
            "name": self.volume_name,
            "readOnly": true,
            "mountPath": self.mount_path,
        })
    }

    fn file(&self, pod: Pod<'_>) -> String {
        let folder = self.mount_path.trim_end_matches('/');
        let file = format!("{folder}/{}", self.token_path);
        if pod.is_windows() {
            // SDKs take it as it stands; the mount's path is completed by the kubelet.
            return format!("C:{}", file.replace('/', "\\"));
        }
        file
    }

    /// Whether it is in the volume: others may be in it, too.
    fn is_in(&self, volume: &Value) -> bool {
        let sources = items(&volume["projected"]["sources"]).iter();
        sources
            .map(|source| &source["serviceAccountToken"])
            .any(|token| token["audience"] == *self.audience && token["path"] == *self.token_path)
    }

    /// Whether the mount is of it. The volume of its name may still be missing,
    /// and a part of a volume is not kept up to date.
    fn is_of(&self, pod: Pod<'_>, mount: &Value) -> bool {
        let name = mount["name"].as_str().unwrap_or_default();
        let partial = ["subPath", "subPathExpr"]
            .iter()
            .any(|it| mount[it] != Value::Null);
        !partial && (name == self.volume_name || pod.volume(name).is_some_and(|it| self.is_in(it)))
    }
}

/// As on EKS.
impl Default for TokenVolume {
    fn default() -> Self {
        Self {
            volume_name: "eks-pod-identity-token".to_owned(),
            mount_path: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount".to_owned(),
            token_path: "eks-pod-identity-token".to_owned(),
            audience: "pods.eks.amazonaws.com".to_owned(),
            expiration: TokenExpiration::DEFAULT,
        }
    }
}

fn elsewhere(container: &Container<'_>, mount: &Value) -> Warning {
    let name = container.name();
    let volume = mount["name"].as_str().unwrap_or_default();
    Warning::new(&format!(
        "no AWS credentials for container {name}: volume {volume} is mounted where their token belongs"
    ))
}
