//! What pods get while somebody is away.

use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget};

use super::scene::Scene;

#[test]
fn a_sealed_vault_is_waited_out_and_said() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    scene.sandbox().seal(true);
    let agent = scene.agent(&["--vault-max-retries", "0"]);
    let answer = agent.ask(&scene.token(&web));
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("retry-after: "), "{answer:?}");
    assert!(!answer.body.contains("AccessKeyId"), "{answer:?}");
    scene.sandbox().seal(false);
    until(|| agent.ask(&scene.token(&web)).status == 200);
}

#[test]
fn a_token_that_was_known_is_believed_while_the_cluster_is_away() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let token = scene.token(&web);
    let agent = scene.agent(&[]);
    assert_eq!(agent.ask(&token).status, 200);
    let away = FaultEffect::ServerError { status: 503 };
    let away = Fault::always(FaultTarget::Kubernetes, away);
    scene.sandbox().faults().add(away);
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(agent.ask(&token).status, 200);
    // Who was never seen is not.
    let stranger = agent.ask(&scene.token(&web));
    assert_eq!(stranger.status, 503, "{stranger:?}");
}

#[test]
fn a_cluster_that_hangs_keeps_no_known_pod_waiting() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let token = scene.token(&web);
    let agent = scene.agent(&[]);
    assert_eq!(agent.ask(&token).status, 200);
    let hanging = Fault::always(FaultTarget::Kubernetes, FaultEffect::Hang);
    scene.sandbox().faults().add(hanging);
    std::thread::sleep(Duration::from_millis(1200));
    // Strangers wait for the cluster; who is known does not wait behind them.
    let strangers: Vec<_> = (0..40).map(|_| scene.token(&web)).collect();
    std::thread::scope(|scope| {
        let waiting: Vec<_> = strangers
            .iter()
            .map(|stranger| scope.spawn(|| agent.ask(stranger).status))
            .collect();
        assert_eq!(agent.ask(&token).status, 200);
        for stranger in waiting {
            assert_eq!(stranger.join().unwrap(), 503);
        }
    });
}

#[test]
fn what_aws_throttles_comes_back_later() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    scene.sandbox().limit_sessions(Some(1));
    let ledger = scene.pod("bank", "ledger-0", "ledger");
    let agent = scene.agent(&["--session-rate", "1"]);
    // At their pace, none is refused.
    assert_eq!(agent.ask(&scene.token(&web)).status, 200);
    assert_eq!(agent.ask(&scene.token(&ledger)).status, 200);
}

fn until(happened: impl Fn() -> bool) {
    for _ in 0..600 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came");
}
