use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use iamra_sandbox::{Pod, Sandbox};
use secrecy::ExposeSecret as _;

use crate::Result;
use crate::program::Program;

/// A node of the sandbox's cluster.
pub(crate) struct Stage<'a> {
    binary: PathBuf,
    pub(crate) sandbox: &'a Sandbox,
    folder: PathBuf,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(binary: PathBuf, sandbox: &'a Sandbox, folder: &Path) -> Self {
        Self {
            binary,
            sandbox,
            folder: folder.to_owned(),
        }
    }

    pub(crate) fn account(&self, namespace: &str, name: &str, role: &str) {
        println!("   {namespace}/{name}: iamra.dev/role-arn: {role}");
        let annotations = [("iamra.dev/role-arn", role)];
        let cluster = self.sandbox.kubernetes();
        cluster.create_service_account(namespace, name, &annotations);
    }

    /// A pod that runs; the file of its token, as kubelet would write it.
    pub(crate) fn pod(&self, namespace: &str, name: &str, account: &str) -> Result<PathBuf> {
        let pod = Pod::named(namespace, name, account);
        let cluster = self.sandbox.kubernetes();
        cluster.create_pod(&pod);
        let token =
            cluster.pod_token(&pod, "pods.eks.amazonaws.com", Duration::from_secs(86_400))?;
        let file = self.folder.join(format!("{name}.token"));
        std::fs::write(&file, token.expose_secret())?;
        Ok(file)
    }

    /// An agent, and where it answers: on loopback, as the addresses of EKS are
    /// for who may make a link.
    pub(crate) fn agent(&self) -> Result<(Program, String)> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let kubeconfig = self.kubeconfig()?;
        let words = [
            "k8s",
            "agent",
            "--cluster-name",
            crate::CLUSTER,
            "--listen",
            &address,
        ];
        println!("   $ iamra {}", words.join(" "));
        let mut command = Command::new(&self.binary);
        command
            .args(words)
            .env_clear()
            .env("HOME", &self.folder)
            .env("VAULT_ADDR", self.sandbox.vault_url())
            .env("AWS_ENDPOINT_URL_ROLESANYWHERE", self.sandbox.aws_url())
            .env("IAMRA_TRUST_ANCHOR_ARN", self.sandbox.trust_anchor_arn())
            .env("IAMRA_PROFILE_ARN", self.sandbox.profile_arn())
            .env("KUBECONFIG", kubeconfig);
        let mut agent = Program::start(&mut command, self.folder.join("agent.log"))?;
        agent.show_until("pods are answered", |_| None)?;
        Ok((agent, address))
    }

    pub(crate) fn sts(&self) -> String {
        self.sandbox.aws_url()
    }

    fn kubeconfig(&self) -> Result<PathBuf> {
        let token = self.sandbox.kubernetes_token();
        let server = self.sandbox.kubernetes_url();
        let kubeconfig = serde_json::json!({
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "agent"}}],
            "users": [{"name": "agent", "user": {"token": token.expose_secret()}}],
            "current-context": "c",
        });
        let file = self.folder.join("kubeconfig");
        std::fs::write(&file, kubeconfig.to_string())?;
        Ok(file)
    }
}
