use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::rows::pod;
use super::{OURS, Scene, THEIRS, path};
use crate::daemon::{Daemon, free_address};
use crate::http::ask;
use crate::laboratory::Laboratory;
use crate::peer::Peer;

/// Both, each called for the pods of its namespace.
pub(super) struct Webhooks {
    _theirs: Daemon,
    _ours: Daemon,
}

/// What both are told.
struct Told {
    kubeconfig: String,
    certificate: String,
    key: String,
    identities: String,
}

impl Webhooks {
    pub(super) fn start(peer: &Peer, scene: &Scene) -> Self {
        let (told, ca) = Told::in_files(scene);
        let laboratory = scene.laboratory();
        let [theirs, ours, metrics] = [(); 3].map(|()| free_address());
        let command = told.to_theirs(peer.command(laboratory), [&theirs, &metrics]);
        let mut theirs_runs = started(command, (laboratory, "theirs"));
        theirs_runs.until_said("Successfully loaded container credentials config file", 1);
        // It does not look for an account when a pod comes.
        theirs_runs.until("knows the annotations", || {
            let known = ask(&metrics, ("GET", "/debug/alpha/cache"), &[]);
            known.is_some_and(|known| known.body.contains(&format!("{THEIRS}/short")))
        });
        let command = told.to_ours(laboratory, &ours);
        let mut ours_runs = started(command, (laboratory, "ours"));
        for (namespace, address, daemon) in [
            (THEIRS, &theirs, &mut theirs_runs),
            (OURS, &ours, &mut ours_runs),
        ] {
            called(scene, namespace, (address, &ca));
            daemon.until("called", || is_injected(scene, namespace));
        }
        Self {
            _theirs: theirs_runs,
            _ours: ours_runs,
        }
    }
}

impl Told {
    /// With the CA that API servers are to trust.
    fn in_files(scene: &Scene) -> (Self, String) {
        let laboratory = scene.laboratory();
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        let named = [THEIRS, OURS].map(|namespace| {
            ["web", "short"].map(|name| json!({"namespace": namespace, "serviceAccount": name}))
        });
        let identities = json!({"identities": named.concat()});
        let told = Self {
            kubeconfig: scene.testbed.kubeconfig().display().to_string(),
            certificate: laboratory.write("webhook.pem", &certificate),
            key: laboratory.write("webhook-key.pem", &key.serialize_pem()),
            identities: laboratory.write("identities.json", &identities.to_string()),
        };
        (told, BASE64_STANDARD.encode(certificate))
    }

    fn to_theirs(&self, mut command: Command, [address, metrics]: [&str; 2]) -> Command {
        let port = |address: &str| address.rsplit_once(':').unwrap().1.to_owned();
        command
            .args(["--port", &port(address), "--metrics-port", &port(metrics)])
            .args(["--in-cluster=false", "--kubeconfig", &self.kubeconfig])
            .args(["--tls-cert", &self.certificate, "--tls-key", &self.key])
            .args(["--watch-container-credentials-config", &self.identities])
            .args([
                "--aws-default-region",
                REGION,
                "--enable-debugging-handlers",
            ]);
        command
    }

    fn to_ours(&self, laboratory: &Laboratory, address: &str) -> Command {
        let mut command = laboratory.command(&["k8s", "webhook", "--listen", address]);
        command
            .args(["--kubeconfig", &self.kubeconfig])
            .args(["--tls-certificate", &self.certificate])
            .args(["--tls-key", &self.key])
            .args(["--container-credentials-config", &self.identities])
            .args(["--annotation-domain", "eks.amazonaws.com"])
            .args(["--region", REGION]);
        command
    }
}

fn started(mut command: Command, (laboratory, folder): (&Laboratory, &str)) -> Daemon {
    let home = laboratory.path(folder);
    std::fs::create_dir(&home).unwrap();
    Daemon::start(&mut command, &home)
}

/// The API server asks at that address about pods of the namespace, and without an
/// answer there is none.
fn called(scene: &Scene, namespace: &str, (address, ca): (&str, &str)) {
    let configuration = json!({
        "metadata": {"name": format!("pods-of-{namespace}")},
        "webhooks": [{
            "name": "pods.example.test",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "clientConfig": {"url": format!("https://{address}/mutate"), "caBundle": ca},
            "rules": [{
                "apiGroups": [""], "apiVersions": ["v1"],
                "operations": ["CREATE"], "resources": ["pods"],
            }],
        }],
    });
    let all = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    scene.create(all, &configuration);
}

fn is_injected(scene: &Scene, namespace: &str) -> bool {
    let dry = format!("{}?dryRun=All", path(namespace, "pods"));
    let made = scene.create(&dry, &pod("web", &json!({})));
    made["spec"]["volumes"].is_array()
}

/// Of the variables that containers get.
const REGION: &str = "eu-west-1";
