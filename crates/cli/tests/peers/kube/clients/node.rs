use std::net::IpAddr;
use std::process::Command;

use agent_link::Place;
use serde_json::{Value, json};

use super::CLUSTER;
use super::scene::Scene;
use crate::daemon::Daemon;
use crate::kube::enough::kubeconfig;
use crate::kube::installed::{Installed, apply, documents};
use crate::laboratory::runtime;
use crate::run::{Run, bare};

/// Who makes the link with the agent's addresses.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(in crate::kube) enum Link {
    /// As it is printed.
    ByInitContainer,
    /// With the right to: it takes the link away again.
    ByAgent,
}

/// A node with its agent, at the addresses and the port that it really has.
pub(in crate::kube) struct Node {
    agent: Daemon,
    link: Link,
}

impl Node {
    pub(in crate::kube) fn start(scene: &Scene, link: Link) -> Self {
        Self::of(scene, (&Printed::applied(scene), "127.0.0.1"), link)
    }

    /// The same of what is applied already, on a node of that address.
    pub(in crate::kube) fn of(
        scene: &Scene,
        (printed, address): (&Printed, &str),
        link: Link,
    ) -> Self {
        let command = |which, more| printed.command((which, address), more);
        let mut command = match link {
            Link::ByInitContainer => {
                Run::of(&mut command("initContainers", (&[], &[]))).ok();
                command("containers", (&[], &[]))
            }
            Link::ByAgent => command("containers", (&["--link=auto"], &["net_admin"])),
        };
        let (laboratory, us) = (scene.laboratory(), &printed.us);
        command
            .args(["--kubeconfig", &kubeconfig(laboratory, us)])
            .env("POD_NAMESPACE", &us.namespace)
            .env("HOME", laboratory.home())
            .env(
                "AWS_ENDPOINT_URL_ROLESANYWHERE",
                laboratory.sandbox.aws_url(),
            );
        let mut agent = Daemon::start(&mut command, laboratory.home());
        agent.until_said("pods are answered", ADDRESSES.len());
        Self { agent, link }
    }

    /// Nothing was missing, and only what the agent made goes with it.
    pub(in crate::kube) fn end(self) {
        let (code, said) = self.agent.end();
        assert_eq!(code, Some(0), "{said}");
        for word in ["cluster.denied", "could not", "forbidden"] {
            assert!(!said.contains(word), "{word} in {said}");
        }
        let addresses = ADDRESSES.map(|address| address.parse::<IpAddr>().unwrap());
        for place in agent_link::check(&addresses).unwrap() {
            let is_up = matches!(place, Place::Up { .. });
            assert_eq!(is_up, self.link == Link::ByInitContainer, "{place:?}");
        }
    }
}

/// What `k8s manifests --pods` prints, applied.
pub(in crate::kube) struct Printed {
    objects: Vec<Value>,
    pub(in crate::kube) us: Installed,
    /// Where the settings of the config map are.
    settings: String,
}

impl Printed {
    pub(in crate::kube) fn applied(scene: &Scene) -> Self {
        let namespace = runtime().block_on(scene.testbed.namespace(json!({})));
        let laboratory = scene.laboratory();
        let flags = scene.vault.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let own = ["--cluster-name", CLUSTER, "--own-namespace", &namespace];
        let profile = ["--profile-arn", laboratory.sandbox.profile_arn()];
        let verb = ["k8s", "manifests", "--pods"];
        let run = bare(&[&verb[..], &own, &profile, &flags].concat()).ok();
        let documents = documents(&run.stdout);
        let read = |document: &String| serde_saphyr::from_str(document).unwrap();
        let objects: Vec<Value> = documents.iter().map(read).collect();
        let us = runtime().block_on(async {
            for document in documents {
                apply(scene.testbed, document).await;
            }
            Installed::of_account(scene.testbed, namespace, "iamra-agent".to_owned()).await
        });
        let settings = objects.iter().find(|it| it["kind"] == "ConfigMap");
        let settings = settings.unwrap()["data"]["iamra.toml"].as_str().unwrap();
        Self {
            us,
            settings: laboratory.write("printed.toml", settings),
            objects,
        }
    }

    /// The template of the agents' pods.
    pub(in crate::kube) fn agent(&self) -> &Value {
        let agents = self.objects.iter().find(|it| it["kind"] == "DaemonSet");
        &agents.unwrap()["spec"]["template"]
    }

    /// A container of the agent's pod: root, with the capabilities that it is given and
    /// some more, and no way to others.
    fn command(
        &self,
        (which, address): (&str, &str),
        (words, capabilities): (&[&str], &[&str]),
    ) -> Command {
        let container = &self.agent()["spec"][which][0];
        let added = texts(&container["securityContext"]["capabilities"]["add"]);
        let added = added.iter().map(|name| name.to_lowercase());
        let added = added.chain(capabilities.iter().map(|name| (*name).to_owned()));
        let only = added.fold("-all".to_owned(), |all, name| format!("{all},+{name}"));
        let arguments = texts(&container["args"]);
        let arguments = arguments
            .iter()
            .map(|word| {
                // As kubelet does it.
                let word = word.replace("$(NODE_IP)", address);
                word.replace("/etc/iamra/config/iamra.toml", &self.settings)
            })
            .filter(|word| words.is_empty() || word != "--link=never");
        let mut command = Command::new("setpriv");
        command
            .args(["--bounding-set", &only, "--inh-caps", &only])
            .arg("--no-new-privs")
            .arg(env!("CARGO_BIN_EXE_iamra"))
            .args(arguments)
            .args(words)
            .env_clear();
        command
    }
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap()).collect()
}

const ADDRESSES: [&str; 2] = ["169.254.170.23", "fd00:ec2::23"];
