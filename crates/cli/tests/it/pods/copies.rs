//! What one broker holds, another one has a copy of.

use iamra_sandbox::Operation;
use pod_identity::ranked;
use rustix::process::Signal;

use super::scene::{Agent, Scene};
use super::sharing::{agent, broker, publish};

const OF_SEVERAL: [&str; 2] = ["--broker-service", "iamra-broker"];

/// A broker, and the name of its pod.
struct Named {
    broker: Agent,
    name: String,
}

/// Three names: in the order of `shop/web`, the first, the second and the third.
fn names() -> [String; 3] {
    let names = [1, 2, 3].map(|number| format!("broker-{number}"));
    let mut ranked = ranked(&names, "shop/web").into_iter().cloned();
    std::array::from_fn(|_| ranked.next().unwrap())
}

/// One that has its certificate, and so is ready.
fn started(scene: &Scene, name: &str, more: &[&str]) -> Named {
    let mut broker = broker(scene, name, &[&OF_SEVERAL, more].concat());
    broker.daemon.until_said("Vault issued a certificate", 1);
    Named {
        broker,
        name: name.to_owned(),
    }
}

/// Those are ready, and know it of each other.
fn gather(scene: &Scene, brokers: &mut [&mut Named]) {
    let before = brokers.iter().map(|it| listings(&it.broker));
    let before: Vec<_> = before.collect();
    let all: Vec<_> = brokers.iter().map(|it| (&it.broker, &*it.name)).collect();
    publish(scene, &all);
    for (it, before) in brokers.iter_mut().zip(before) {
        it.broker.daemon.until_said(LISTED, before + 1);
    }
}

fn listings(broker: &Agent) -> usize {
    broker.daemon.said().matches(LISTED).count()
}

const LISTED: &str = "other brokers are ready";
const TAKEN_OVER: &str = "took over a session of another broker";

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

/// The first two, of which the second has a copy; and the key of the session.
fn pair(scene: &Scene) -> (Named, Named, String) {
    let [first, second, _] = names();
    let mut first = started(scene, &first, &[]);
    let mut second = started(scene, &second, &[]);
    gather(scene, &mut [&mut first, &mut second]);
    let key = key(scene, "one");
    second.broker.daemon.until_said(TAKEN_OVER, 1);
    (first, second, key)
}

#[test]
fn a_broker_that_is_lost_takes_no_session_with_it() {
    let scene = Scene::new();
    let (first, _second, before) = pair(&scene);
    drop(first);
    // The slices still name it, and the node knows nothing.
    assert_eq!(key(&scene, "other"), before);
    assert_eq!(sessions(&scene), 1);
}

#[test]
fn who_could_not_be_told_is_told_again() {
    let scene = Scene::new();
    let [first, second, _] = names();
    let mut first = started(&scene, &first, &[]);
    gather(&scene, &mut [&mut first]);
    let before = key(&scene, "one");
    // It comes, and has fallen silent when it is told.
    let mut second = started(&scene, &second, &[]);
    second.broker.daemon.signal(Signal::STOP);
    let both = [&first, &second].map(|it| (&it.broker, &*it.name));
    publish(&scene, &both);
    first
        .broker
        .daemon
        .until_said("a broker cannot be reached", 1);
    second.broker.daemon.signal(Signal::CONT);
    second.broker.daemon.until_said(TAKEN_OVER, 1);
    drop(first);
    assert_eq!(key(&scene, "other"), before);
    assert_eq!(sessions(&scene), 1);
}

/// The first one goes, and comes back with nothing in memory.
fn come_back(scene: &Scene, first: Named, second: &mut Named, more: &[&str]) -> Named {
    let name = first.name.clone();
    drop(first);
    let mut anew = started(scene, &name, more);
    gather(scene, &mut [&mut anew, second]);
    anew
}

#[test]
fn a_broker_that_begins_anew_has_what_the_other_had() {
    let scene = Scene::new();
    let (first, mut second, before) = pair(&scene);
    let mut anew = come_back(&scene, first, &mut second, &[]);
    assert_eq!(key(&scene, "other"), before);
    anew.broker.daemon.until_said(TAKEN_OVER, 1);
    assert_eq!(sessions(&scene), 1);
}

#[test]
fn a_rolling_update_costs_no_session_though_nobody_asks_meanwhile() {
    let scene = Scene::new();
    let [first, second, third] = names();
    let mut one = started(&scene, &second, &[]);
    let mut two = started(&scene, &third, &[]);
    gather(&scene, &mut [&mut one, &mut two]);
    let before = key(&scene, "one");
    two.broker.daemon.until_said(TAKEN_OVER, 1);
    // The one that holds it goes; the one that comes is before all others.
    drop(one);
    let mut three = started(&scene, &first, &[]);
    gather(&scene, &mut [&mut two, &mut three]);
    three.broker.daemon.until_said(TAKEN_OVER, 1);
    drop(two);
    assert_eq!(key(&scene, "other"), before);
    assert_eq!(sessions(&scene), 1);
}

#[test]
fn a_session_that_others_want_otherwise_is_not_taken_over() {
    let scene = Scene::new();
    let (first, mut second, before) = pair(&scene);
    // So that none is refused for its length alone.
    let longer = ["--session-duration", "7200"];
    let _anew = come_back(&scene, first, &mut second, &longer);
    assert_ne!(key(&scene, "other"), before);
    assert_eq!(sessions(&scene), 2);
}
