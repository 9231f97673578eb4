//! Another CA signs from now on: agents and brokers that do not know each other's
//! any more have another certificate signed before its time.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::scene::{Agent, Scene};
use super::sharing::{agent, broker, publish};

/// A root that nobody knows but AWS.
fn rotate(scene: &Scene) {
    let sandbox = scene.sandbox();
    let next = sandbox.add_root_issuer("next").unwrap();
    let next = CertificateDer::from_pem_slice(next.as_bytes()).unwrap();
    assert!(sandbox.set_default_issuer("next"));
    sandbox.configure_roles_anywhere(|state| {
        state.trust_anchors[0].certificates.push(next);
    });
}

fn session(scene: &Scene, agent: &Agent, (namespace, account): (&str, &str)) {
    let pod = scene.pod(namespace, &format!("{account}-0"), account);
    let answer = agent.ask(&scene.token(&pod));
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Waits until it has its second certificate.
fn until_renewed(one: &Agent, account: &str) {
    let name = format!("{account}.iamra-system");
    let is_own = |line: &&str| line.contains("Vault issued a certificate") && line.contains(&name);
    for _ in 0..1500 {
        if one.daemon.said().lines().filter(is_own).count() == 2 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("no other certificate: {}", one.daemon.said());
}

/// How many pods it has handed credentials to.
fn handed_out(one: &Agent) -> usize {
    one.daemon.said().matches("pod-hand-out").count()
}

#[test]
fn an_agent_that_does_not_know_the_brokers_ca_comes_to_know_it() {
    let scene = Scene::new();
    scene.account_with_role("shop", "late");
    let old = broker(&scene, "broker-0", &[]);
    publish(&scene, &[(&old, "broker-0")]);
    let agent = agent(&scene, "agent-0", &[]);
    session(&scene, &agent, ("shop", "web"));
    assert_eq!(handed_out(&old), 1);
    drop(old);

    rotate(&scene);
    let new = broker(&scene, "broker-1", &[]);
    publish(&scene, &[(&new, "broker-1")]);
    // Alone, so that the pod has what it needs.
    session(&scene, &agent, ("bank", "ledger"));
    assert_eq!(handed_out(&new), 0);
    until_renewed(&agent, "iamra-agent");
    session(&scene, &agent, ("shop", "late"));
    assert_eq!(handed_out(&new), 1);
}

#[test]
fn a_broker_whose_ca_agents_do_not_know_shows_another_certificate() {
    let scene = Scene::new();
    let mut broker = broker(&scene, "broker-0", &[]);
    publish(&scene, &[(&broker, "broker-0")]);
    broker.daemon.until_said("Vault issued a certificate", 1);
    rotate(&scene);
    let agent = agent(&scene, "agent-0", &[]);
    // By the broker, if that has its other certificate soon enough.
    session(&scene, &agent, ("shop", "web"));
    let said = agent.daemon.said();
    assert!(said.contains("a broker cannot be reached"), "{said}");
    until_renewed(&broker, "iamra-broker");
    let before = handed_out(&broker);
    session(&scene, &agent, ("bank", "ledger"));
    assert_eq!(handed_out(&broker), before + 1);
}
