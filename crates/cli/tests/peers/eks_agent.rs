//! EKS's own Pod Identity agent beside ours: each request of a table is sent to
//! both, by IPv4 and by IPv6, and what they answer is compared.
//!
//! It is the program that `IAMRA_TEST_EKS_AGENT` names. Its service is a stand-in.

mod eks_auth;
mod rows;
#[path = "../it/pods/scene.rs"]
#[expect(dead_code, reason = "the sandbox's own tests use more of it")]
mod scene;
mod tokens;
mod wire;

use std::net::SocketAddr;

use serde_json::Value;

use crate::daemon::{Daemon, free_address};
use crate::peer::Peer;
use eks_auth::{EksAuth, Verdict};
use rows::{Ours, Row, rows};
use scene::{Agent, Scene};
use tokens::Tokens;
use wire::Answer;

/// Where an agent answers: by IPv4, and by IPv6.
type Addresses = [String; 2];

#[test]
#[ignore = "peer: eks-pod-identity-agent"]
fn ours_answers_as_that_of_eks_does() {
    let Some(peer) = Peer::named_by("IAMRA_TEST_EKS_AGENT") else {
        return;
    };
    let scene = Scene::new();
    let tokens = Tokens::of(&scene);
    let service = EksAuth::start(
        [
            (tokens.genuine.clone(), Verdict::Genuine),
            (tokens.without_role.clone(), Verdict::NoRole),
        ]
        .into(),
    );
    let (_theirs, theirs) = eks_agent(&peer, &scene, &service);
    let (_ours, ours) = our_agent(&scene);
    let mut wrong = Vec::new();
    for row in rows(&tokens) {
        for (theirs, ours) in theirs.iter().zip(&ours) {
            let answers = [row.question.ask(theirs), row.question.ask(ours)];
            if let Err(why) = compare(&row, answers.map(alike)) {
                wrong.push(format!("{}: {why}", row.what));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whether they are as the row says.
fn compare(row: &Row, [theirs, ours]: [Answer; 2]) -> Result<(), String> {
    let Some(Ours(status, text, why)) = &row.ours else {
        let found = format!("\n  theirs {theirs:?}\n  ours   {ours:?}");
        return (theirs == ours).then_some(()).ok_or(found);
    };
    if theirs == ours {
        return Err(format!("is no difference any more: {theirs:?} ({why})"));
    }
    if ours.status != *status || !ours.body.starts_with(text) {
        return Err(format!("ours is {ours:?}, and not {status} {text} ({why})"));
    }
    Ok(())
}

/// Credentials are never the same, but have the same members.
fn alike(mut answer: Answer) -> Answer {
    // Ours has the addresses, too, at which it listens here.
    answer.body = answer.body.replace(" 127.0.0.1 ::1]", "]");
    if let Ok(Value::Object(document)) = serde_json::from_str(&answer.body)
        && MEMBERS.iter().all(|name| document[*name].is_string())
    {
        let end: Result<jiff::Timestamp, _> = document["Expiration"].as_str().unwrap().parse();
        assert!(end.is_ok(), "{document:?}");
        "credentials".clone_into(&mut answer.body);
    }
    answer
}

fn eks_agent(peer: &Peer, scene: &Scene, service: &EksAuth) -> (Daemon, Addresses) {
    let [listen, probe, metrics] = [(); 3].map(|()| port());
    let home = scene.laboratory.path("eks-agent");
    std::fs::create_dir(&home).unwrap();
    let mut command = peer.command(&scene.laboratory);
    command
        .args(["server", "--cluster-name", "c1", "--endpoint", &service.url])
        .args(["-b", "127.0.0.1", "-b", "[::1]", "--port", &listen])
        .args(["--probe-port", &probe, "--metrics-port", &metrics])
        .args(["--metrics-address", "127.0.0.1"])
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example");
    let mut daemon = Daemon::start(&mut command, &home);
    let addresses = [format!("127.0.0.1:{listen}"), format!("[::1]:{listen}")];
    for address in &addresses {
        let address: SocketAddr = address.parse().unwrap();
        daemon.until("listens", || std::net::TcpStream::connect(address).is_ok());
    }
    (daemon, addresses)
}

fn our_agent(scene: &Scene) -> (Agent, Addresses) {
    let other = format!("[::1]:{}", port());
    let agent = scene.agent(&["--listen", &other]);
    let addresses = [agent.address.clone(), other];
    (agent, addresses)
}

fn port() -> String {
    let address = free_address();
    let (_, port) = address.rsplit_once(':').unwrap();
    port.to_owned()
}

const MEMBERS: [&str; 5] = [
    "AccessKeyId",
    "SecretAccessKey",
    "Token",
    "AccountId",
    "Expiration",
];
