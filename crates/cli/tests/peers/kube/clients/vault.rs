use std::sync::Arc;

use iamra_sandbox::Settings;
use refresh::{Clock as _, SystemClock};
use serde_json::json;

use super::CLUSTER;
use crate::kube::installed::{Installed, apply, documents};
use crate::kube::testbed::Testbed;
use crate::laboratory::{Laboratory, runtime};
use crate::openbao::deployment::{Deployment, TRUST_ANCHOR_ARN};
use crate::openbao::setup_vault::run_script;
use crate::run::bare;

/// Who signs the certificates of pods.
pub(in crate::kube) enum Vault {
    /// The sandbox's: it believes the tokens that it is told of.
    Sandbox(Box<Laboratory>),
    /// A real one: it asks the API server about each.
    OpenBao(Box<Deployment>),
}

impl Vault {
    pub(in crate::kube) fn of_the_sandbox() -> Self {
        let settings = Settings::new(Arc::new(|| SystemClock.now()));
        Self::Sandbox(Box::new(Laboratory::with(settings.with_pods(CLUSTER))))
    }

    /// Set up by what is printed, here and in the cluster; `None`, and a loud word,
    /// where there is no OpenBao.
    pub(in crate::kube) fn openbao(testbed: &'static Testbed) -> Option<Self> {
        let deployment = Deployment::start()?;
        let namespace = runtime().block_on(testbed.namespace(json!({})));
        let host = testbed.base().to_string();
        let ca = testbed.state("ca.crt").display().to_string();
        let reviewer = format!("{REVIEWER}@{namespace}");
        let pods = ["setup", "vault", "--pods", "--cluster-name", CLUSTER];
        let mounts = ["--root-mount", "pki", "--pki-mount", PKI_MOUNT];
        let login = [
            "--enable-auth",
            "--workload-auth-mount",
            AUTH_MOUNT,
            "--kubernetes-host",
            host.trim_end_matches('/'),
            "--kubernetes-ca-file",
            &ca,
            "--token-reviewer",
            &reviewer,
        ];
        let words = [&pods[..], &mounts, &login].concat();
        let in_cluster = bare(&[&words[..], &["-o", "kubernetes"]].concat()).ok();
        let token = runtime().block_on(async {
            for document in documents(&in_cluster.stdout) {
                apply(testbed, document).await;
            }
            let reviewer = Installed::of_account(testbed, namespace, REVIEWER.to_owned());
            reviewer.await.token()
        });
        let file = deployment.laboratory.write("reviewer.jwt", &token);
        let script = bare(&words).ok().stdout;
        let script = format!("export REVIEWER_JWT_FILE='{file}'\n{script}");
        run_script(&deployment, &script).ok();
        Some(Self::OpenBao(Box::new(deployment)))
    }

    pub(in crate::kube) fn laboratory(&self) -> &Laboratory {
        match self {
            Self::Sandbox(laboratory) => laboratory,
            Self::OpenBao(deployment) => &deployment.laboratory,
        }
    }

    /// What agents are told of it, and of the anchor that trusts it.
    pub(in crate::kube) fn flags(&self) -> Vec<String> {
        let sandbox = &self.laboratory().sandbox;
        let (address, anchor) = match self {
            Self::Sandbox(_) => (sandbox.vault_url(), sandbox.trust_anchor_arn()),
            Self::OpenBao(deployment) => (deployment.bao.url().to_owned(), TRUST_ANCHOR_ARN),
        };
        let mounts = match self {
            Self::Sandbox(_) => vec![],
            Self::OpenBao(_) => vec!["--auth-mount", AUTH_MOUNT, "--pki-mount", PKI_MOUNT],
        };
        let named = ["--vault-addr", &address, "--trust-anchor-arn", anchor];
        let all = named.into_iter().chain(mounts);
        all.map(str::to_owned).collect()
    }

    /// The cluster has made a token.
    pub(in crate::kube) fn learns_of(&self, token: &str) {
        if let Self::Sandbox(laboratory) = self {
            let cluster = laboratory.sandbox.kubernetes();
            cluster.trust_token(&token.into());
        }
    }
}

const REVIEWER: &str = "vault-auth";
const AUTH_MOUNT: &str = "c1";
const PKI_MOUNT: &str = "pki-pods";
