//! What somebody tries who is not whom they say.

use std::time::Duration;

use iamra_sandbox::Operation;

use super::scene::{AUDIENCE, Scene};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn another_ones_role_in_an_annotation_gains_nothing() {
    let scene = Scene::new();
    let ledgers = scene.role("ledger");
    scene.account("shop", "thief", &[("iamra.dev/role-arn", &ledgers)]);
    let thief = scene.pod("shop", "thief-0", "thief");
    let agent = scene.agent(&[]);
    let answer = agent.ask(&scene.token(&thief));
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(!answer.body.contains("AccessKeyId"), "{answer:?}");
    // And whose role it is goes on having it.
    let ledger = scene.pod("bank", "ledger-0", "ledger");
    assert_eq!(agent.ask(&scene.token(&ledger)).status, 200);
}

#[test]
fn a_token_that_is_not_meant_for_this_is_refused_in_words() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let cluster = scene.sandbox().kubernetes();
    let foreign = cluster.foreign_token(&web, AUDIENCE, HOUR).unwrap();
    let foreign = secrecy::ExposeSecret::expose_secret(&foreign).to_owned();
    let parsed = "Service account token cannot be parsed: token is malformed: token contains an \
                  invalid number of segments\n";
    let audience = "Service account token is for the audience [\"vault\"], and must be for \
                    \"pods.eks.amazonaws.com\"\n";
    let agent = scene.agent(&[]);
    for (token, expected) in [
        ("", "Service account token cannot be empty\n"),
        ("hunter2", parsed),
        (&*scene.token_for(&web, "vault", HOUR), audience),
        (&foreign, "Service account token is not one of this cluster"),
    ] {
        let answer = agent.ask(token);
        assert_eq!(answer.status, 400, "{token}: {answer:?}");
        assert!(answer.body.starts_with(expected), "{answer:?}");
    }
    assert_eq!(agent.ask_with(&[]).status, 400);
    assert_eq!(scene.sandbox().requests().count(Operation::VaultLogin), 0);
}

#[test]
fn the_token_of_a_dead_pod_is_refused_within_the_bound() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let token = scene.token(&web);
    let agent = scene.agent(&[]);
    assert_eq!(agent.ask(&token).status, 200);
    assert!(scene.sandbox().kubernetes().delete_pod("shop", "web-0"));
    // It is told to believe for a second, and five are enough for that.
    let mut looks = 0;
    while agent.ask(&token).status == 200 {
        looks += 1;
        assert!(looks < 100, "still believed");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(agent.ask(&token).status, 400);
    // The account's other pods are none the worse for it.
    let other = scene.pod("shop", "web-1", "web");
    assert_eq!(agent.ask(&scene.token(&other)).status, 200);
}

#[test]
fn by_keys_alone_an_old_token_is_not_believed() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let token = scene.token(&web);
    let agent = scene.agent(&["--verify", "jwks", "--max-token-age", "2"]);
    assert_eq!(agent.ask(&token).status, 200);
    let cluster = scene.sandbox().kubernetes();
    let foreign = cluster.foreign_token(&web, AUDIENCE, HOUR).unwrap();
    let foreign = agent.ask(secrecy::ExposeSecret::expose_secret(&foreign));
    assert_eq!(foreign.status, 400, "{foreign:?}");
    std::thread::sleep(Duration::from_millis(3100));
    let answer = agent.ask(&token);
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("is believed for 2 s"), "{answer:?}");
    assert_eq!(agent.ask(&scene.token(&web)).status, 200);
}

#[test]
fn only_the_agents_own_addresses_are_answered() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let token = scene.token(&web);
    let agent = scene.agent(&[]);
    for (host, status) in [
        ("169.254.170.23", 200),
        ("[fd00:ec2::23]:80", 200),
        (&*agent.address, 200),
        ("localhost", 403),
        ("evil.example", 403),
        ("169.254.169.254", 403),
    ] {
        let answer = agent.ask_with(&[("Host", host), ("Authorization", &token)]);
        assert_eq!(answer.status, status, "{host}: {answer:?}");
    }
}

#[test]
fn a_flood_slows_nobody_but_its_sender() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let token = scene.token(&web);
    let agent = scene.agent(&["--caller-rate", "10"]);
    let answers: Vec<_> = (0..40).map(|_| agent.ask(&token)).collect();
    let refused = answers.iter().filter(|answer| answer.status == 429);
    let refused: Vec<_> = refused.collect();
    assert!(refused.len() >= 20, "{} refused", refused.len());
    assert_eq!(refused[0].body, "Too Many Requests\n");
    assert!(
        refused[0].head.contains("retry-after: 1"),
        "{:?}",
        refused[0]
    );
    // Another address of this machine is another pod.
    let from = std::net::SocketAddr::from(([127, 0, 0, 2], 0));
    let answer = super::scene::ask_from(from, &agent.address, &token);
    assert_eq!(answer.status, 200, "{answer:?}");
}
