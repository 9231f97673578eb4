//! A node whose agent is stolen: what can be had with all that is on it. The
//! table is that of `docs/pod-identity-threats.md`, and each of its rows that
//! names this file is proved here, in that order.

mod node;
mod table;

use std::time::{Duration, SystemTime};

use node::Node;
use refresh::Clock as _;
use rolesanywhere::Certificate;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use table::{Row, rows};

use super::scene::AUDIENCE;
use super::sharing::publish;

/// Whether somebody got what he tried to get.
#[derive(Debug, Eq, PartialEq)]
enum Outcome {
    Gets,
    Nothing,
}

use Outcome::{Gets, Nothing};

/// What somebody has, what he tries, and what comes of it.
type Proof = (&'static str, &'static str, fn(&Node) -> Outcome);

const POD: &str = "the token of a pod here";
const GONE: &str = "the token of a pod that is gone";
const TOKEN: &str = "the agent's own token";
const CERTIFICATE: &str = "the agent's own certificate";

const PROOFS: [Proof; 13] = [
    (POD, "that pod's role, from the agent", |node| {
        let answer = node.agent.ask(&node.token_here());
        assert_eq!(answer.json()["RoleArn"], node.scene.role("web"));
        Gets
    }),
    (POD, "another account's name, from Vault", |node| {
        let token = node.token_here();
        let own = node.sign(&token, "pods", WEB);
        assert_eq!(own.code, Some(0), "{own}");
        another_name(node, &token)
    }),
    (POD, "a broker's certificate, from Vault", |node| {
        a_brokers_certificate(node, &node.token_here())
    }),
    (GONE, "to log in to Vault", |node| {
        let (token, pod) = (node.token_here(), "web-0");
        assert!(node.scene.sandbox().kubernetes().delete_pod("shop", pod));
        let refused = node.sign(&token, "pods", WEB);
        denied(&refused);
        Nothing
    }),
    (
        GONE,
        "its role, from the agent or a broker",
        the_role_of_a_dead_pod,
    ),
    (
        "the memory of the agent",
        "the sessions that are in it, when the pods are gone",
        sessions_outlive_pods,
    ),
    (TOKEN, "another account's name, from Vault", |node| {
        let own = node.sign(&node.own_token(), "pods", AGENT);
        assert_eq!(own.code, Some(0), "{own}");
        another_name(node, &node.own_token())
    }),
    (TOKEN, "a broker's certificate, from Vault", |node| {
        a_brokers_certificate(node, &node.own_token())
    }),
    (TOKEN, "a role of its own", |node| {
        let answer = node.agent.ask(&node.own_token());
        assert_eq!(answer.status, 404, "{answer:?}");
        Nothing
    }),
    (
        CERTIFICATE,
        "a session of a pod's role, from AWS",
        a_session_by_the_agents_name,
    ),
    (
        CERTIFICATE,
        "the role of a pod here, from a broker, by its token",
        |node| {
            let (status, body) = node.ask_broker(Some(&node.token_here()));
            assert_eq!(status, 200, "{body}");
            assert!(body.contains(&node.scene.role("web")), "{body}");
            Gets
        },
    ),
    (
        CERTIFICATE,
        "an account of another node, from a broker",
        an_account_of_another_node,
    ),
    (
        CERTIFICATE,
        "other agents' tokens, in a broker's place",
        in_a_brokers_place,
    ),
];

#[test]
fn each_row_of_the_documents_table_is_proved() {
    let rows = rows();
    let here: Vec<&Row> = rows.iter().filter(|row| row.is_proved_here()).collect();
    let of_document = here.iter().map(|row| (&*row.has, &*row.tries));
    let of_test = PROOFS.iter().map(|(has, tries, _)| (*has, *tries));
    assert!(of_document.eq(of_test), "{rows:#?}");
    for (row, (.., prove)) in here.iter().zip(PROOFS) {
        let expected = if row.gets.starts_with("nothing") {
            Nothing
        } else {
            Gets
        };
        assert_eq!(prove(&Node::taken_over()), expected, "{row:?}");
    }
    for row in rows.iter().filter(|row| !row.is_proved_here()) {
        assert!(row.names_a_test(), "{row:?}");
    }
}

fn another_name(node: &Node, token: &str) -> Outcome {
    for name in ["ledger.bank.pods.c1.example", "web.shop.pods.c2.example"] {
        let refused = node.sign(token, "pods", name);
        assert_ne!(refused.code, Some(0), "{refused}");
        assert!(
            refused.stderr.contains("not allowed by this role"),
            "{refused}"
        );
    }
    Nothing
}

/// Neither by the brokers' login, nor by that of pods.
fn a_brokers_certificate(node: &Node, token: &str) -> Outcome {
    for login in ["pods-broker", "pods"] {
        let refused = node.sign_by(token, (login, "pods-broker"), BROKER);
        denied(&refused);
    }
    Nothing
}

fn the_role_of_a_dead_pod(node: &Node) -> Outcome {
    let token = node.token_here();
    assert_eq!(node.agent.ask(&token).status, 200);
    assert_eq!(node.ask_broker(Some(&token)).0, 200);
    let cluster = node.scene.sandbox().kubernetes();
    assert!(cluster.delete_pod("shop", "web-0"));
    node.until(|| node.agent.ask(&token).status == 400);
    node.until(|| node.ask_broker(Some(&token)).0 == 400);
    Nothing
}

/// Bounded by what they are issued for.
fn sessions_outlive_pods(node: &Node) -> Outcome {
    let session = node.agent.ask(&node.token_here()).json();
    let files = node.certificate(&node.token_here(), WEB);
    let cluster = node.scene.sandbox().kubernetes();
    assert!(cluster.delete_pod("shop", "web-0"));
    node.use_elsewhere(&session).ok();
    node.open_session(&files, &node.scene.role("web")).ok();
    let now: SystemTime = refresh::SystemClock.now();
    let end: jiff::Timestamp = session["Expiration"].as_str().unwrap().parse().unwrap();
    let left = SystemTime::from(end).duration_since(now).unwrap();
    assert!(left <= Duration::from_secs(3600), "{left:?}");
    let certificate = CertificateDer::from_pem_file(&files[0]).unwrap();
    let certificate = Certificate::from_der(certificate).unwrap();
    let left = certificate.not_after().duration_since(now).unwrap();
    assert!(left <= Duration::from_secs(24 * 3600), "{left:?}");
    Gets
}

fn a_session_by_the_agents_name(node: &Node) -> Outcome {
    for role in ["web", "ledger"] {
        let refused = node.open_session(&node.own_certificate(), &node.scene.role(role));
        denied(&refused);
        assert!(
            refused.stderr.contains("aws.role-not-assumable"),
            "{refused}"
        );
    }
    Nothing
}

/// Without a token, with one of the same claims that nobody has signed, and with
/// one that is meant for somebody else.
fn an_account_of_another_node(node: &Node) -> Outcome {
    let ledgers = node.token_elsewhere(AUDIENCE);
    let (claims, _signature) = ledgers.rsplit_once('.').unwrap();
    let (_, by_another) = node.own_token_in_parts();
    let forged = format!("{claims}.{by_another}");
    let for_vault = node.token_elsewhere("vault");
    for token in [None, Some(""), Some(&*forged), Some(&*for_vault)] {
        let (status, body) = node.ask_broker(token);
        assert_eq!(status, 400, "{body}");
    }
    Nothing
}

/// Vault signs it for a client; and agents ask for the brokers' name.
fn in_a_brokers_place(node: &Node) -> Outcome {
    let impostor = node.impostor();
    publish(&node.scene, &[(&impostor, "broker-0")]);
    let other = node.agent_of_another_node();
    let ledgers = node.token_elsewhere(AUDIENCE);
    assert_eq!(other.ask(&ledgers).status, 200);
    let said = other.daemon.said();
    assert!(
        said.contains("no broker: opening a session alone"),
        "{said}"
    );
    let said = impostor.daemon.said();
    assert!(!said.contains("pod-hand-out"), "{said}");
    Nothing
}

fn denied(run: &crate::run::Run) {
    assert_eq!(run.code, Some(3), "{run}");
}

const WEB: &str = "web.shop.pods.c1.example";
const AGENT: &str = "iamra-agent.iamra-system.pods.c1.example";
const BROKER: &str = "iamra-broker.iamra-system.pods.c1.example";
