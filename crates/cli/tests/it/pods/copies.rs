//! What one broker holds, another one has a copy of.

use iamra_sandbox::Operation;
use pod_identity::ranked;

use super::scene::{Agent, Scene};
use super::sharing::{agent, broker, publish};

const OF_SEVERAL: [&str; 2] = ["--broker-service", "iamra-broker"];
const NAMES: [&str; 2] = ["broker-0", "broker-1"];

/// Two brokers that know each other: who holds the account `shop/web`, and the other.
struct Pair {
    first: (Agent, &'static str),
    second: (Agent, &'static str),
}

fn pair(scene: &Scene) -> Pair {
    let brokers = NAMES.map(|name| broker(scene, name, &OF_SEVERAL));
    let [one, other] = brokers.map(|mut broker| {
        // Before they know who is ready, they ask nobody.
        broker.daemon.until_said("Vault issued a certificate", 1);
        broker
    });
    let [is_one, _] = NAMES.map(|name| first_of(&NAMES, "shop/web") == name);
    let (first, second) = if is_one {
        ((one, NAMES[0]), (other, NAMES[1]))
    } else {
        ((other, NAMES[1]), (one, NAMES[0]))
    };
    let mut pair = Pair { first, second };
    publish(scene, &[pair.first(), pair.second()]);
    for (broker, _) in [&mut pair.first, &mut pair.second] {
        broker.daemon.until_said("other brokers are ready", 1);
    }
    pair
}

impl Pair {
    fn first(&self) -> (&Agent, &str) {
        (&self.first.0, self.first.1)
    }

    fn second(&self) -> (&Agent, &str) {
        (&self.second.0, self.second.1)
    }
}

fn first_of<'a>(names: &'a [&str], account: &str) -> &'a str {
    ranked(names, account)[0]
}

/// The key that a pod of `shop/web` is given by an agent that knows nothing yet.
fn key(scene: &Scene, node: &str) -> String {
    let agent = agent(scene, &format!("agent-{node}"), &[]);
    let pod = scene.pod("shop", &format!("web-{node}"), "web");
    let answer = agent.ask(&scene.token(&pod));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["AccessKeyId"].as_str().unwrap().to_owned()
}

fn sessions(scene: &Scene) -> usize {
    scene.sandbox().requests().count(Operation::CreateSession)
}

#[test]
fn a_broker_that_is_lost_takes_no_session_with_it() {
    let scene = Scene::new();
    let mut pair = pair(&scene);
    let key_before = key(&scene, "one");
    pair.second.0.daemon.until_said("pod-hand-out", 1);
    drop(pair.first);
    // The slices still name it, and the node knows nothing.
    assert_eq!(key(&scene, "other"), key_before);
    assert_eq!(sessions(&scene), 1);
}

#[test]
fn a_broker_that_begins_anew_takes_up_what_the_others_have() {
    let scene = Scene::new();
    let mut pair = pair(&scene);
    let key_before = key(&scene, "one");
    pair.second.0.daemon.until_said("pod-hand-out", 1);
    let (lost, name) = pair.first;
    drop(lost);
    let mut anew = broker(&scene, name, &OF_SEVERAL);
    publish(&scene, &[(&anew, name), (&pair.second.0, pair.second.1)]);
    anew.daemon.until_said("other brokers are ready", 1);
    pair.second
        .0
        .daemon
        .until_said("other brokers are ready", 2);
    assert_eq!(key(&scene, "other"), key_before);
    anew.daemon.until_said("pod-hand-out", 1);
    assert_eq!(sessions(&scene), 1);
}

#[test]
fn each_broker_of_a_rolling_update_is_told_what_the_others_hold() {
    let scene = Scene::new();
    let mut pair = pair(&scene);
    let key_before = key(&scene, "one");
    pair.second.0.daemon.until_said("pod-hand-out", 1);
    // The second one is replaced, and the copy goes to its successor.
    let (old, name) = pair.second;
    drop(old);
    let mut anew = broker(&scene, name, &OF_SEVERAL);
    publish(&scene, &[(&pair.first.0, pair.first.1), (&anew, name)]);
    anew.daemon.until_said("pod-hand-out", 1);
    drop(pair.first);
    assert_eq!(key(&scene, "other"), key_before);
    assert_eq!(sessions(&scene), 1);
}
