//! `iamra k8s pods`, to whom a real API server passes on what an agent tells: as people
//! who have the rights that `docs/pod-identity.md` lists, and without each of them.
//!
//! An API server proxies to no loopback address, so that the node has another one, in a
//! network namespace.

mod rights;

use http::Method;
use serde_json::{Value, json};

use super::clients::CLUSTER;
use super::clients::node::{Link, Node, Printed};
use super::clients::scene::{Scene, path};
use super::clients::vault::Vault;
use super::enough::kubeconfig;
use super::installed::Installed;
use super::namespace::in_prepared_namespace;
use super::testbed::Testbed;
use crate::http::ask;
use crate::laboratory::runtime;
use crate::run::Run;
use rights::{PROXY, RIGHTS, Right, VIEWER, bind, known, named, somebody};

const NODE: &str = "10.11.12.13";

#[test]
#[ignore = "peer: kube-apiserver"]
fn people_see_how_pods_stand_by_the_rights_that_are_listed() {
    in_prepared_namespace(&format!("ip addr add {NODE}/32 dev lo"), || {
        let Some(testbed) = Testbed::get() else {
            return;
        };
        let scene = Scene::new(testbed, Vault::of_the_sandbox());
        let printed = Printed::applied(&scene);
        let node = Node::of(&scene, (&printed, NODE), Link::ByAgent);
        let own = &printed.us.namespace;
        let agent = running(&scene, (own, printed.agent()));
        let credentials = handed_out(&scene);
        scene.create(&path(own, "serviceaccounts"), &named(VIEWER));
        the_row_is_whole(&scene, own, &credentials);
        for missing in RIGHTS {
            is_named_where_it_is_missing(&scene, (own, &agent), missing);
        }
        node.end();
    });
}

/// The pod of the agent, as its node would tell of it.
fn running(scene: &Scene, (own, template): (&str, &Value)) -> String {
    let mut pod = template.clone();
    pod["metadata"]["name"] = json!("iamra-agent-0");
    pod["spec"]["nodeName"] = json!("node-1");
    let made = scene.create(&path(own, "pods"), &pod);
    let status = json!({"status": {
        "phase": "Running", "hostIP": NODE, "podIP": NODE,
        "hostIPs": [{"ip": NODE}], "podIPs": [{"ip": NODE}],
    }});
    let place = path(own, "pods/iamra-agent-0/status");
    let set = scene.testbed.ask(Method::PATCH, &place, &status);
    let (status, said) = runtime().block_on(set);
    assert_eq!(status, 200, "{said}");
    made["metadata"]["name"].as_str().unwrap().to_owned()
}

/// What the agent gives a pod.
fn handed_out(scene: &Scene) -> Value {
    scene.role("web", &format!("web.shop.pods.{CLUSTER}"));
    let workload = scene.workload(("shop", "web"), "web");
    let token = std::fs::read_to_string(&workload.token_file).unwrap();
    let shown = [("Authorization", token.as_str())];
    let answer = ask("169.254.170.23:80", ("GET", "/v1/credentials"), &shown).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn the_row_is_whole(scene: &Scene, own: &str, credentials: &Value) {
    let run = seen_by(scene, &somebody(scene, own, ("everything", &RIGHTS))).ok();
    let rows: Value = serde_json::from_str(&run.stdout).unwrap();
    let [row] = rows.as_array().unwrap().as_slice() else {
        panic!("{run}");
    };
    for (name, expected) in [
        ("namespace", "shop"),
        ("serviceAccount", "web"),
        ("roleArn", "arn:aws:iam::123456789012:role/web"),
        ("commonName", &format!("web.shop.pods.{CLUSTER}")),
        ("sessionEnds", credentials["Expiration"].as_str().unwrap()),
    ] {
        assert_eq!(row[name], expected, "{name}: {run}");
    }
    for time in ["handedOut", "certificateEnds"] {
        let time = row[time].as_str().unwrap_or_default();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{run}");
    }
    assert!(row["problem"].is_null(), "{run}");
}

/// One line says which it is, and the rule of its hint is enough.
fn is_named_where_it_is_missing(scene: &Scene, (own, agent): (&str, &str), missing: Right) {
    let others: Vec<_> = RIGHTS.into_iter().filter(|it| *it != missing).collect();
    let name = format!("without-{}", missing.name);
    let people = somebody(scene, own, (&name, &others));
    let run = seen_by(scene, &people);
    assert_ne!(run.code, Some(0), "{run}");
    let Right { verb, resource, .. } = missing;
    let denied = format!("not allowed to {verb} {resource}");
    let [error, hint] = run.stderr.lines().collect::<Vec<_>>()[..] else {
        panic!("{run}");
    };
    assert!(error.starts_with("error[kubernetes.denied]: "), "{run}");
    assert!(error.contains(&denied), "{run}");
    if missing == PROXY {
        // What the cluster itself knows is there all the same.
        assert!(error.contains(agent), "{run}");
        assert!(run.stdout.contains("\"serviceAccount\": \"web\""), "{run}");
    }
    let (_, rule) = hint.split_once("must allow it: - ").unwrap();
    let (rule, _) = rule.split_once("; ").unwrap();
    let rule: Value = serde_saphyr::from_str(rule).unwrap();
    bind(
        scene,
        (own, &name, "by-hint"),
        missing.is_of_cluster,
        &json!([rule]),
    );
    known(&people, missing);
    let run = seen_by(scene, &people).ok();
    assert!(
        run.stdout.contains(&format!("web.shop.pods.{CLUSTER}")),
        "{run}"
    );
}

/// What they see.
fn seen_by(scene: &Scene, people: &Installed) -> Run {
    let kubeconfig = kubeconfig(scene.laboratory(), people);
    let words = ["k8s", "pods", "-o", "json", "--kubeconfig", &kubeconfig];
    let own = ["--own-namespace", &people.namespace];
    let viewer = ["--viewer-account", VIEWER];
    let words = [&words[..], &own, &viewer].concat();
    Run::of(&mut scene.laboratory().command(&words))
}
