//! Brokers hold the sessions, and agents ask them.

use iamra_sandbox::{Endpoint, Operation};

use super::scene::{Agent, Scene};

/// A broker as one of `iamra-broker`, by a pod of its own.
pub(super) fn broker(scene: &Scene, name: &str, more: &[&str]) -> Agent {
    let token = own_token(scene, name, "iamra-broker");
    scene.daemon("broker", &[&["--jwt-file", &token], more].concat())
}

pub(super) fn agent(scene: &Scene, name: &str, more: &[&str]) -> Agent {
    let token = own_token(scene, name, "iamra-agent");
    let own = ["--jwt-file", &token, "--broker-service", "iamra-broker"];
    scene.agent(&[&own, more].concat())
}

fn own_token(scene: &Scene, name: &str, account: &str) -> String {
    let pod = scene.pod("iamra-system", name, account);
    scene
        .laboratory
        .write(&format!("{name}.token"), &scene.token(&pod))
}

/// What the endpoint slices say of these brokers.
pub(super) fn publish(scene: &Scene, brokers: &[(&Agent, &str)]) {
    let endpoints = brokers.iter().map(|(broker, name)| {
        let address: std::net::SocketAddr = broker.address.parse().unwrap();
        Endpoint {
            address: address.ip(),
            port: address.port(),
            ready: true,
            pod: (*name).to_owned(),
        }
    });
    let endpoints: Vec<_> = endpoints.collect();
    let cluster = scene.sandbox().kubernetes();
    cluster.set_endpoints("iamra-system", "iamra-broker", &endpoints);
}

#[test]
fn agents_of_many_nodes_share_one_session_of_an_account() {
    let scene = Scene::new();
    let (one, other) = (
        broker(&scene, "broker-0", &[]),
        broker(&scene, "broker-1", &[]),
    );
    publish(&scene, &[(&one, "broker-0"), (&other, "broker-1")]);
    let agents = ["agent-0", "agent-1", "agent-2"].map(|name| agent(&scene, name, &[]));
    let mut keys = Vec::new();
    for (number, agent) in agents.iter().enumerate() {
        let pod = scene.pod("shop", &format!("web-{number}"), "web");
        let answer = agent.ask(&scene.token(&pod));
        assert_eq!(answer.status, 200, "{answer:?}");
        keys.push(answer.json()["AccessKeyId"].clone());
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0], keys[2]);
    assert_eq!(
        scene.sandbox().requests().count(Operation::CreateSession),
        1
    );
}

#[test]
fn where_a_broker_is_gone_another_one_holds_its_share() {
    let scene = Scene::new();
    let (one, other) = (
        broker(&scene, "broker-0", &[]),
        broker(&scene, "broker-1", &[]),
    );
    publish(&scene, &[(&one, "broker-0"), (&other, "broker-1")]);
    let agent = agent(&scene, "agent-0", &[]);
    let web = scene.pod("shop", "web-0", "web");
    let ledger = scene.pod("bank", "ledger-0", "ledger");
    assert_eq!(agent.ask(&scene.token(&web)).status, 200);
    // The slices still name it.
    drop(one);
    assert_eq!(agent.ask(&scene.token(&ledger)).status, 200);
    drop(other);
    // Alone, with nobody to ask.
    scene.account(
        "shop",
        "late",
        &[("iamra.dev/role-arn", &scene.role("web"))],
    );
    let late = scene.pod("shop", "late-0", "late");
    let answer = agent.ask(&scene.token(&late));
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(
        answer.body.contains("(aws.role-not-assumable)"),
        "{answer:?}"
    );
}

#[test]
fn that_a_broker_is_gone_is_found_out_once_and_not_for_each_account() {
    let scene = Scene::new();
    let (one, other) = (
        broker(&scene, "broker-0", &[]),
        broker(&scene, "broker-1", &[]),
    );
    publish(&scene, &[(&one, "broker-0"), (&other, "broker-1")]);
    let mut agent = agent(&scene, "agent-0", &[]);
    agent.daemon.until_said("other brokers are ready", 1);
    // The slices still name it.
    drop(one);
    let brokers = ["broker-0", "broker-1"];
    let names = (0..).map(|number| format!("app-{number}"));
    let of_the_first = names.filter(|name| {
        let ranked = pod_identity::ranked(&brokers, &format!("shop/{name}"));
        ranked.first() == Some(&&"broker-0")
    });
    for name in of_the_first.take(3) {
        let (role, common_name) = (scene.role(&name), format!("{name}.shop.pods.c1.example"));
        scene.sandbox().configure_roles_anywhere(|state| {
            state.add_role(iamra_sandbox::Role::for_common_name(&role, &common_name));
        });
        scene.account("shop", &name, &[("iamra.dev/role-arn", &role)]);
        let pod = scene.pod("shop", &format!("{name}-0"), &name);
        let answer = agent.ask(&scene.token(&pod));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let said = agent.daemon.said();
    assert_eq!(
        said.matches("a broker cannot be reached").count(),
        1,
        "{said}"
    );
}

#[test]
fn what_a_broker_refuses_a_pod_is_told_in_its_words() {
    let scene = Scene::new();
    let one = broker(&scene, "broker-0", &[]);
    publish(&scene, &[(&one, "broker-0")]);
    let agent = agent(&scene, "agent-0", &[]);
    scene.account(
        "shop",
        "thief",
        &[("iamra.dev/role-arn", &scene.role("ledger"))],
    );
    let thief = scene.pod("shop", "thief-0", "thief");
    let answer = agent.ask(&scene.token(&thief));
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.starts_with("Access Denied. "), "{answer:?}");
    assert!(
        answer.body.ends_with("(aws.role-not-assumable)\n"),
        "{answer:?}"
    );
}

#[test]
fn nobody_but_an_agent_is_answered() {
    let scene = Scene::new();
    let one = broker(&scene, "broker-0", &[]);
    publish(&scene, &[(&one, "broker-0")]);
    // A pod of another account has a certificate of the same Vault, and asks.
    let token = own_token(&scene, "impostor-0", "impostor");
    let impostor = scene.agent(&["--jwt-file", &token, "--broker-service", "iamra-broker"]);
    let web = scene.pod("shop", "web-0", "web");
    let answer = impostor.ask(&scene.token(&web));
    // It works alone: the broker has answered nothing.
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(
        one.daemon
            .said()
            .contains("refused who is neither agent nor broker"),
        "{}",
        one.daemon.said()
    );
    assert!(
        impostor
            .daemon
            .said()
            .contains("no broker: opening a session alone")
    );
}
