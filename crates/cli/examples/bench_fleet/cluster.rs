use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use iamra_sandbox::{Endpoint, KubernetesRole, PkiRole, Pod, Policy, Role, Sandbox, Settings};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use crate::{Result, background};

/// How many there are of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) pods: usize,
    pub(crate) agents: usize,
    pub(crate) accounts: usize,
}

impl Size {
    /// Accounts that have pods on one node: four for five pods, so that 10 000 pods
    /// on 200 nodes are 40 on each.
    pub(crate) fn accounts_of_a_node(self) -> usize {
        let pods = self.pods / self.agents.max(1);
        (pods * 4 / 5).clamp(1, self.accounts)
    }

    /// Which account the pod in that place of a node has. Neighbours have other
    /// accounts, so that each account is on as many nodes as any other.
    fn account(self, node: usize, place: usize) -> usize {
        let own = self.accounts_of_a_node();
        (node * own + place % own) % self.accounts
    }

    /// Sessions that are opened where each node opens its own.
    pub(crate) fn sessions_by_nodes(self) -> usize {
        self.accounts_of_a_node() * self.agents
    }
}

/// A sandbox with a cluster of that size, in which nothing runs yet.
pub(crate) struct Cluster {
    pub(crate) sandbox: Sandbox,
    pub(crate) size: Size,
    pub(crate) pods: Vec<FleetPod>,
    folder: TempDir,
}

/// A pod as its SDK knows it.
#[derive(Clone)]
pub(crate) struct FleetPod {
    pub(crate) node: usize,
    pub(crate) account: usize,
    pub(crate) token: SecretString,
    /// Each has its own, as in a cluster.
    pub(crate) address: Ipv4Addr,
}

impl Cluster {
    pub(crate) fn new(size: Size, sessions_a_second: Option<u32>) -> Result<Self> {
        let (sandbox, _) = background::sandbox(|settings| {
            *settings = settings.clone().with_pods(NAME);
            of_brokers(settings);
        })?;
        sandbox.limit_sessions(sessions_a_second);
        let mut cluster = Self {
            sandbox,
            size,
            pods: Vec::new(),
            folder: tempfile::tempdir()?,
        };
        for account in 0..size.accounts {
            cluster.make_account(account);
        }
        let pods = (0..size.pods).map(|number| cluster.make_pod(number));
        cluster.pods = pods.collect::<Result<_>>()?;
        std::fs::write(cluster.file("kubeconfig"), cluster.kubeconfig())?;
        Ok(cluster)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// The file of the token of one of our own pods, as kubelet would write it.
    pub(crate) fn own_token(&self, pod: &str, account: &str) -> Result<PathBuf> {
        let pod = Pod::named(OWN_NAMESPACE, pod, account);
        self.sandbox.kubernetes().create_pod(&pod);
        let file = self.file(&format!("{}.token", pod.name));
        std::fs::write(&file, self.token(&pod)?.expose_secret())?;
        Ok(file)
    }

    /// Says in the endpoint slices that these brokers are ready.
    pub(crate) fn publish<'a>(&self, brokers: impl Iterator<Item = (&'a str, SocketAddr)>) {
        let endpoints: Vec<_> = brokers.map(|(pod, address)| ready(pod, address)).collect();
        let cluster = self.sandbox.kubernetes();
        cluster.set_endpoints(OWN_NAMESPACE, SERVICE, &endpoints);
    }

    fn make_account(&self, number: usize) {
        let (namespace, name) = account_name(number);
        let role = role_arn(number);
        let common_name = format!("{name}.{namespace}.pods.{NAME}");
        self.sandbox.configure_roles_anywhere(|state| {
            state.add_role(Role::for_common_name(&role, &common_name));
        });
        let annotations = [("iamra.dev/role-arn", role.as_str())];
        let cluster = self.sandbox.kubernetes();
        cluster.create_service_account(&namespace, &name, &annotations);
    }

    fn make_pod(&self, number: usize) -> Result<FleetPod> {
        let (node, place) = (number % self.size.agents, number / self.size.agents);
        let account = self.size.account(node, place);
        let (namespace, name) = account_name(account);
        let pod = Pod {
            node: format!("node-{node}"),
            ..Pod::named(&namespace, &format!("{name}-{number}"), &name)
        };
        self.sandbox.kubernetes().create_pod(&pod);
        Ok(FleetPod {
            node,
            account,
            token: self.token(&pod)?,
            address: pod_address(number)?,
        })
    }

    fn token(&self, pod: &Pod) -> Result<SecretString> {
        let cluster = self.sandbox.kubernetes();
        Ok(cluster.pod_token(pod, AUDIENCE, Duration::from_hours(24))?)
    }

    fn kubeconfig(&self) -> String {
        let kubeconfig = serde_json::json!({
            "clusters": [{"name": "c", "cluster": {"server": self.sandbox.kubernetes_url()}}],
            "contexts": [{"name": "c", "context": {
                "cluster": "c", "user": "agent", "namespace": OWN_NAMESPACE,
            }}],
            "users": [{"name": "agent", "user": {
                "token": self.sandbox.kubernetes_token().expose_secret(),
            }}],
            "current-context": "c",
        });
        kubeconfig.to_string()
    }
}

/// Namespace and name.
pub(crate) fn account_name(number: usize) -> (String, String) {
    (format!("team-{}", number % 20), format!("app-{number}"))
}

pub(crate) fn role_arn(account: usize) -> String {
    format!("arn:aws:iam::123456789012:role/app-{account}")
}

fn pod_address(number: usize) -> Result<Ipv4Addr> {
    let first = u32::from(Ipv4Addr::new(127, 128, 0, 1));
    Ok(Ipv4Addr::from(first + u32::try_from(number)?))
}

/// What `setup vault --pods --brokers` prints: brokers, and nobody else, may have a
/// certificate that serves.
fn of_brokers(settings: &mut Settings) {
    let login = KubernetesRole {
        name: "pods-broker".to_owned(),
        bound_service_account_name: "iamra-broker".to_owned(),
        bound_service_account_namespace: OWN_NAMESPACE.to_owned(),
        policy: Some(Policy::sign_only("pods-broker")),
        ..KubernetesRole::pods()
    };
    settings.pki_roles.push(PkiRole {
        name: "pods-broker".to_owned(),
        server_flag: true,
        ..PkiRole::pods(NAME, &login.accessor())
    });
    settings.more_kubernetes_roles.push(login);
}

fn ready(pod: &str, address: SocketAddr) -> Endpoint {
    let ip: IpAddr = address.ip();
    Endpoint {
        address: ip,
        port: address.port(),
        ready: true,
        pod: pod.to_owned(),
    }
}

pub(crate) const NAME: &str = "c1.example";
pub(crate) const SERVICE: &str = "iamra-broker";
const OWN_NAMESPACE: &str = "iamra-system";
const AUDIENCE: &str = "pods.eks.amazonaws.com";
