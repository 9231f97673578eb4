//! AWS's own clients in pods of a real cluster: with nothing but the token of their
//! pod they are the role of its account, at the two addresses that SDKs know.
//!
//! All of it happens in a network namespace, which has those addresses.

pub(super) mod client;
mod endpoint;
pub(super) mod node;
mod retries;
mod running_on;
mod rust;
pub(super) mod scene;
pub(super) mod vault;

use std::collections::BTreeSet;

use client::Client;
use node::{Link, Node};
use scene::{Scene, Workload};
use vault::Vault;

use super::namespace::in_namespace;
use super::testbed::Testbed;

/// As clusters have it, for the agent and in certificates.
pub(super) const CLUSTER: &str = "c1";

/// Where SDKs of every language ask, in clear.
const ADDRESSES: [&str; 2] = [
    "http://169.254.170.23/v1/credentials",
    "http://[fd00:ec2::23]/v1/credentials",
];

#[test]
#[ignore = "peer: kube-apiserver"]
fn every_client_is_the_role_of_its_account() {
    in_namespace(|| {
        if let Some(testbed) = Testbed::get() {
            let vault = Vault::of_the_sandbox();
            every_client_is_known(&Scene::new(testbed, vault), Link::ByAgent);
        }
    });
}

/// Nothing but AWS is a stand-in.
#[test]
#[ignore = "peers: kube-apiserver, OpenBao"]
fn every_client_is_the_role_of_its_account_by_openbao() {
    in_namespace(|| {
        let Some(testbed) = Testbed::get() else {
            return;
        };
        if let Some(vault) = Vault::openbao(testbed) {
            every_client_is_known(&Scene::new(testbed, vault), Link::ByInitContainer);
        }
    });
}

fn every_client_is_known(scene: &Scene, link: Link) {
    let mut workloads = [("shop", "web"), ("bank", "ledger")].map(|(namespace, account)| {
        scene.role(account, &format!("{account}.{namespace}.pods.{CLUSTER}"));
        scene.workload((namespace, account), account)
    });
    // Whoever may edit an account writes down what he likes.
    let thief = scene.workload(("shop", "thief"), "ledger");
    let node = Node::start(scene, link);
    let clients = Client::all();
    let known = said_by_all(scene, (&clients, &ADDRESSES), &workloads);
    assert_ne!(known[0], known[1]);
    // The pods go, and others of the same accounts come, with tokens of their own.
    for workload in &mut workloads {
        scene.replace(workload);
    }
    let again = said_by_all(scene, (&clients, &ADDRESSES[..1]), &workloads);
    assert_eq!(again, known);
    assert_eq!(scene.sessions(), workloads.len());
    for client in &clients {
        is_refused(scene, client, &thief);
    }
    node.end();
}

/// Who each pod is, of which all clients have the same to say at all addresses.
fn said_by_all(
    scene: &Scene,
    (clients, addresses): (&[Client], &[&str]),
    workloads: &[Workload],
) -> Vec<String> {
    let said = workloads.iter().map(|workload| {
        let mut all = BTreeSet::new();
        for (client, address) in pairs(clients, addresses) {
            let run = client.run(scene, workload, address).ok();
            let arn = client::arn(&run).unwrap_or_else(|| panic!("{}: {run}", client.name));
            let role = format!("arn:aws:sts::123456789012:assumed-role/{}/", workload.role);
            assert!(arn.starts_with(&role), "{}: {arn}", client.name);
            all.insert(arn);
        }
        assert_eq!(all.len(), 1, "{all:?}");
        all.pop_first().unwrap()
    });
    said.collect()
}

fn pairs<'a>(
    clients: &'a [Client],
    addresses: &'a [&str],
) -> impl Iterator<Item = (&'a Client, &'a str)> {
    let all = clients.iter();
    all.flat_map(|client| addresses.iter().map(move |address| (client, *address)))
}

fn is_refused(scene: &Scene, client: &Client, thief: &Workload) {
    let run = client.run(scene, thief, ADDRESSES[1]);
    assert_ne!(run.code, Some(0), "{}: {run}", client.name);
    assert_eq!(client::arn(&run), None, "{}: {run}", client.name);
    let is_said = run.stderr.contains(client.refused);
    assert!(is_said, "{}: {run}", client.name);
}
