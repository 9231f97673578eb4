use std::time::Duration;

use iamra_sandbox::{KubernetesRole, PkiRole, Pod, Policy, Role, Sandbox, Settings};
use secrecy::ExposeSecret as _;

use crate::daemon::{Daemon, free_address};
use crate::http::{Answer, ask};
use crate::laboratory::Laboratory;
use crate::run::Run;

pub(crate) const AUDIENCE: &str = "pods.eks.amazonaws.com";
const CLUSTER: &str = "c1.example";
const HOUR: Duration = Duration::from_secs(3600);

/// A cluster with the accounts `web` and `ledger`, each with a role that trusts
/// no other name.
pub(crate) struct Scene {
    pub(crate) laboratory: Laboratory,
    pub(crate) kubeconfig: String,
}

/// An agent, and where it answers.
pub(crate) struct Agent {
    pub(crate) daemon: Daemon,
    pub(crate) address: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let clock = std::sync::Arc::new(|| refresh::Clock::now(&refresh::SystemClock));
        let mut settings = Settings::new(clock).with_pods(CLUSTER);
        of_brokers(&mut settings);
        let laboratory = Laboratory::with(settings);
        let kubeconfig = kubeconfig(&laboratory);
        let scene = Self {
            laboratory,
            kubeconfig,
        };
        for (namespace, name) in [("shop", "web"), ("bank", "ledger")] {
            scene.account_with_role(namespace, name);
        }
        scene
    }

    /// An account with a role of its name, which trusts nobody else.
    pub(crate) fn account_with_role(&self, namespace: &str, name: &str) {
        let role = self.role(name);
        let common_name = format!("{name}.{namespace}.pods.{CLUSTER}");
        self.sandbox().configure_roles_anywhere(|state| {
            state.add_role(Role::for_common_name(&role, &common_name));
        });
        self.account(namespace, name, &[("iamra.dev/role-arn", &role)]);
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.laboratory.sandbox
    }

    #[expect(clippy::unused_self, reason = "as it is of the scene's account")]
    pub(crate) fn role(&self, name: &str) -> String {
        format!("arn:aws:iam::123456789012:role/{name}")
    }

    pub(crate) fn account(&self, namespace: &str, name: &str, annotations: &[(&str, &str)]) {
        let cluster = self.sandbox().kubernetes();
        cluster.create_service_account(namespace, name, annotations);
    }

    pub(crate) fn pod(&self, namespace: &str, name: &str, account: &str) -> Pod {
        let pod = Pod::named(namespace, name, account);
        self.sandbox().kubernetes().create_pod(&pod);
        pod
    }

    pub(crate) fn token(&self, pod: &Pod) -> String {
        self.token_for(pod, AUDIENCE, HOUR)
    }

    pub(crate) fn token_for(&self, pod: &Pod, audience: &str, lifetime: Duration) -> String {
        let cluster = self.sandbox().kubernetes();
        let token = cluster.pod_token(pod, audience, lifetime).unwrap();
        token.expose_secret().to_owned()
    }

    /// What every agent is told.
    pub(crate) fn flags(&self) -> Vec<String> {
        [
            "--kubeconfig",
            &self.kubeconfig,
            "--cluster-name",
            CLUSTER,
            "--trust-anchor-arn",
            self.sandbox().trust_anchor_arn(),
            "--profile-arn",
            self.sandbox().profile_arn(),
            // The laboratory's environment names those of a workload.
            "--auth-role",
            "pods",
            "--pki-role",
            "pods",
        ]
        .map(str::to_owned)
        .into()
    }

    /// One that ends by itself.
    pub(crate) fn run(&self, flags: &[&str]) -> Run {
        let words = [&["k8s", "agent"], flags].concat();
        Run::of(&mut self.laboratory.command(&words))
    }

    pub(crate) fn agent(&self, more: &[&str]) -> Agent {
        self.daemon("agent", &[more, &["--verified-for", "1"]].concat())
    }

    pub(crate) fn daemon(&self, verb: &str, more: &[&str]) -> Agent {
        let address = free_address();
        let flags = self.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let words = [&["k8s", verb, "--listen", &address], &flags[..], more].concat();
        let home = self.laboratory.path(&address.replace(':', "-"));
        std::fs::create_dir(&home).unwrap();
        let mut daemon = Daemon::start(&mut self.laboratory.command(&words), &home);
        daemon.until_said("pods are answered", 1);
        Agent { daemon, address }
    }
}

impl Agent {
    pub(crate) fn ask(&self, token: &str) -> Answer {
        self.ask_with(&[("Authorization", token)])
    }

    pub(crate) fn ask_with(&self, headers: &[(&str, &str)]) -> Answer {
        ask(&self.address, ("GET", "/v1/credentials"), headers).unwrap()
    }
}

/// What `setup vault --pods --brokers` prints: brokers, and nobody else, may
/// have a certificate that serves.
fn of_brokers(settings: &mut Settings) {
    let login = KubernetesRole {
        name: "pods-broker".to_owned(),
        bound_service_account_name: "iamra-broker".to_owned(),
        bound_service_account_namespace: "iamra-system".to_owned(),
        policy: Some(Policy::sign_only("pods-broker")),
        ..KubernetesRole::pods()
    };
    settings.pki_roles.push(PkiRole {
        name: "pods-broker".to_owned(),
        server_flag: true,
        ..PkiRole::pods(CLUSTER, &login.accessor())
    });
    settings.more_kubernetes_roles.push(login);
}

fn kubeconfig(laboratory: &Laboratory) -> String {
    let kubeconfig = serde_json::json!({
        "clusters": [{"name": "c", "cluster": {"server": laboratory.sandbox.kubernetes_url()}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "agent", "namespace": "iamra-system"}}],
        "users": [{"name": "agent", "user": {
            "token": laboratory.sandbox.kubernetes_token().expose_secret(),
        }}],
        "current-context": "c",
    });
    laboratory.write("kubeconfig", &kubeconfig.to_string())
}

/// From an address of this machine that one chooses.
pub(crate) fn ask_from(from: std::net::SocketAddr, address: &str, token: &str) -> Answer {
    let runtime = crate::laboratory::runtime();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(from).unwrap();
        socket.connect(address.parse().unwrap()).await.unwrap()
    });
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    let headers = [("Authorization", token)];
    crate::http::exchange(stream, address, ("GET", "/v1/credentials"), &headers).unwrap()
}
