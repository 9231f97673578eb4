//! EKS's own webhook beside ours, both called by a real API server with the same file of
//! identities: each pod of a table is made by both and compared, and what either gives a
//! pod, our agent answers.
//!
//! It is the program that `IAMRA_TEST_EKS_WEBHOOK` names. It listens at all addresses of
//! its machine, so that all of it happens in a network namespace.

mod found;
mod rows;
mod seen;
mod webhooks;

use http::Method;
use serde_json::json;

use super::clients::CLUSTER;
use super::clients::client::{Client, arn};
use super::clients::node::{Link, Node};
use super::clients::scene::{Scene, path};
use super::clients::vault::Vault;
use super::namespace::in_namespace;
use super::testbed::Testbed;
use crate::laboratory::runtime;
use crate::peer::Peer;
use crate::run::Run;
use found::Found;
use rows::{Ours, Row, pod, rows};
use seen::seen;
use webhooks::Webhooks;

/// Whose pods are whose.
const THEIRS: &str = "shop";
const OURS: &str = "bank";

#[test]
#[ignore = "peers: kube-apiserver, amazon-eks-pod-identity-webhook"]
fn ours_injects_as_that_of_eks_does_and_our_agent_answers_both() {
    in_namespace(|| {
        let Some(peer) = Peer::named_by("IAMRA_TEST_EKS_WEBHOOK") else {
            return;
        };
        if let Some(testbed) = Testbed::get() {
            let scene = Scene::new(testbed, Vault::of_the_sandbox());
            accounts(&scene);
            let _webhooks = Webhooks::start(&peer, &scene);
            pods_are_alike(&scene);
            our_agent_answers(&scene);
        }
    });
}

/// In both namespaces: `web` has a role, and `short` annotations of EKS's. The file of
/// identities names both, and not `plain`.
fn accounts(scene: &Scene) {
    let annotations = json!({
        "eks.amazonaws.com/token-expiration": "1200",
        "eks.amazonaws.com/sts-regional-endpoints": "true",
        "eks.amazonaws.com/audience": "sts.amazonaws.com",
    });
    for namespace in [THEIRS, OURS] {
        let role = format!("web-of-{namespace}");
        scene.role(&role, &format!("web.{namespace}.pods.{CLUSTER}"));
        scene.account((namespace, "web"), &role);
        let accounts = path(namespace, "serviceaccounts");
        let short = json!({"metadata": {"name": "short", "annotations": annotations}});
        scene.create(&accounts, &short);
        scene.create(&accounts, &json!({"metadata": {"name": "plain"}}));
    }
}

fn pods_are_alike(scene: &Scene) {
    let mut wrong = Vec::new();
    for row in rows() {
        let [theirs, ours] = [THEIRS, OURS].map(|namespace| {
            let dry = format!("{}?dryRun=All", path(namespace, "pods"));
            let made = scene.testbed.ask(Method::POST, &dry, &row.pod);
            seen(&runtime().block_on(made))
        });
        if let Err(why) = compare(&row, &theirs, &ours) {
            wrong.push(format!("{}: {why}", row.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whether they are as the row says.
fn compare(row: &Row, theirs: &serde_json::Value, ours: &serde_json::Value) -> Result<(), String> {
    let mut expected = theirs.clone();
    if let Some(Ours { places, why }) = &row.ours {
        for (place, value) in places {
            expected.pointer_mut(place).unwrap().clone_from(value);
        }
        if expected == *theirs {
            return Err(format!("is no difference any more: {theirs} ({why})"));
        }
    }
    let found = format!("\n  theirs   {theirs}\n  expected {expected}\n  ours     {ours}");
    (expected == *ours).then_some(()).ok_or(found)
}

/// AWS's clients, with what they were given and nothing else, are the role of their
/// account.
fn our_agent_answers(scene: &Scene) {
    let node = Node::start(scene, Link::ByAgent);
    let clients = Client::all();
    for namespace in [THEIRS, OURS] {
        let mut asked = pod("web", &json!({}));
        asked["metadata"] = json!({"name": "web-0"});
        let made = scene.create(&path(namespace, "pods"), &asked);
        let found = Found::of(&made);
        let token = scene.token(&made, (&found.audience, found.expiration));
        let file = scene.laboratory().write(namespace, &token);
        for client in &clients {
            let asks = (found.uri.as_str(), file.as_str());
            let run = Run::of(&mut client.command(scene.laboratory(), asks)).ok();
            let role = format!("arn:aws:sts::123456789012:assumed-role/web-of-{namespace}/");
            let is_it = arn(&run).is_some_and(|arn| arn.starts_with(&role));
            assert!(is_it, "{}: {run}", client.name);
        }
    }
    assert_eq!(scene.sessions(), 2);
    node.end();
}
