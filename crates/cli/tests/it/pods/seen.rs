//! What people see of agents and pods: `k8s pods`, and `doctor --pod`.

use std::net::SocketAddr;
use std::time::Duration;

use iamra_sandbox::{Pod, ServiceAccount};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::scene::{AUDIENCE, Agent, Scene};
use super::sharing;
use crate::daemon::free_address;
use crate::http::ask;
use crate::run::Run;

/// One of the cluster's agents or brokers, as a pod of its namespace.
pub(super) fn as_pod(scene: &Scene, component: &str, metrics: &str) -> Pod {
    let address: SocketAddr = metrics.parse().unwrap();
    let port = json!({"name": "metrics", "containerPort": address.port()});
    let container = json!([{"name": "iamra", "image": "iamra", "ports": [port]}]);
    let labels = [
        ("app.kubernetes.io/name", "iamra"),
        ("app.kubernetes.io/component", component),
    ];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let account = format!("iamra-{component}");
    let name = format!("iamra-{component}-{}", address.port());
    let pod = Pod {
        ip: Some(address.ip()),
        labels: labels.into(),
        spec: [("containers".to_owned(), container)].into_iter().collect(),
        ..Pod::named("iamra-system", &name, &account)
    };
    scene.sandbox().kubernetes().create_pod(&pod);
    pod
}

fn agent(scene: &Scene) -> (Agent, String) {
    let metrics = free_address();
    let agent = scene.agent(&["--metrics-addr", &metrics]);
    as_pod(scene, "agent", &metrics);
    (agent, metrics)
}

fn pods(scene: &Scene, more: &[&str]) -> Run {
    let words = ["k8s", "pods", "--kubeconfig", &scene.kubeconfig];
    let words = [&words[..], more].concat();
    Run::of(&mut scene.laboratory.command(&words))
}

/// All that people look at, with what they see.
pub(super) fn looks(scene: &Scene, logging: &[&str]) -> Vec<(String, Run)> {
    injected(scene, "looked-at", "web");
    let flags = scene.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let doctor = [&["doctor", "--pod", "shop/looked-at"], &flags[..]].concat();
    let pods = vec!["k8s", "pods", "--kubeconfig", &scene.kubeconfig];
    let runs = [pods, doctor].map(|words| {
        let words = [&words[..], logging].concat();
        let run = Run::of(&mut scene.laboratory.command(&words)).ok();
        (words.join(" "), run)
    });
    runs.into()
}

/// The rows by the name of the service account.
fn row<'a>(rows: &'a Value, account: &str) -> &'a Value {
    let rows = rows.as_array().unwrap();
    let mut found = rows.iter().filter(|row| row["serviceAccount"] == account);
    found
        .next()
        .unwrap_or_else(|| panic!("{account}: {rows:?}"))
}

#[test]
fn one_table_has_what_all_agents_and_brokers_know() {
    let scene = Scene::new();
    let metrics = free_address();
    let broker = sharing::broker(&scene, "broker-0", &["--metrics-addr", &metrics]);
    as_pod(&scene, "broker", &metrics);
    sharing::publish(&scene, &[(&broker, "broker-0")]);
    let metrics = free_address();
    let agent = sharing::agent(&scene, "agent-0", &["--metrics-addr", &metrics]);
    as_pod(&scene, "agent", &metrics);
    let web = scene.pod("shop", "web-0", "web");
    assert_eq!(agent.ask(&scene.token(&web)).status, 200);

    let all = pods(&scene, &["-o", "json"]);
    assert_eq!(all.code, Some(0), "{all}");
    let rows: Value = serde_json::from_str(&all.stdout).unwrap();
    let web = row(&rows, "web");
    assert_eq!(web["commonName"], "web.shop.pods.c1.example");
    assert_eq!(web["roleArn"], scene.role("web"));
    // The agent has the session, and the broker's certificate stands behind it.
    for time in ["sessionEnds", "certificateEnds", "handedOut"] {
        assert!(web[time].is_string(), "{time}: {web}");
    }
    // It has a role, and none of its pods has asked.
    let ledger = row(&rows, "ledger");
    assert_eq!(ledger["roleArn"], scene.role("ledger"));
    assert!(ledger["sessionEnds"].is_null() && ledger["problem"].is_null());

    let text = pods(&scene, &[]).ok().stdout;
    let line = text.lines().find(|line| line.contains(" web ")).unwrap();
    assert!(
        line.contains("web.shop.pods.c1.example") && line.contains("0 min ago"),
        "{text}"
    );
}

#[test]
fn what_is_wrong_with_an_account_is_in_its_row() {
    let scene = Scene::new();
    let (agent, _) = agent(&scene);
    scene.account(
        "shop",
        "other",
        &[("iamra.dev/role-arn", &scene.role("ledger"))],
    );
    scene.account("shop", "typo", &[("iamra.dev/role-arn", "ledger")]);
    let other = scene.pod("shop", "other-0", "other");
    assert_eq!(agent.ask(&scene.token(&other)).status, 403);
    let all = pods(&scene, &["-o", "json"]);
    assert_eq!(all.code, Some(1), "{all}");
    let rows: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(
        row(&rows, "other")["problem"]["code"],
        "aws.role-not-assumable"
    );
    assert_eq!(row(&rows, "typo")["problem"]["code"], "config.invalid");
    assert!(row(&rows, "web")["problem"].is_null());
}

#[test]
fn an_agent_that_cannot_be_reached_is_named() {
    let scene = Scene::new();
    let (_agent, _) = agent(&scene);
    let gone = as_pod(&scene, "agent", &free_address());
    let all = pods(&scene, &[]);
    assert_ne!(all.code, Some(0), "{all}");
    assert!(all.stdout.contains("web.shop.pods.c1.example"), "{all}");
    assert!(all.stderr.contains(&gone.name), "{all}");
}

#[test]
fn nobody_else_sees_which_accounts_an_agent_knows() {
    let scene = Scene::new();
    let (_agent, metrics) = agent(&scene);
    let sandbox = scene.sandbox();
    let token = |namespace: &str, name: &str, audience: &str| {
        let account = ServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            audience: audience.to_owned(),
            lifetime: Duration::from_secs(600),
        };
        let token = sandbox.service_account_token(&account).unwrap();
        token.expose_secret().to_owned()
    };
    scene.account("iamra-system", "iamra-agent", &[]);
    let of_pod = token("shop", "web", "iamra.dev/pods");
    let of_agent = token("iamra-system", "iamra-agent", AUDIENCE);
    let right = token("iamra-system", "iamra-agent", "iamra.dev/pods");
    for (headers, expected) in [
        (&[][..], 403),
        (&[("Authorization", &*right)], 403),
        (&[("Iamra-Token", "x")], 403),
        (&[("Iamra-Token", &*of_pod)], 403),
        (&[("Iamra-Token", &*of_agent)], 403),
        (&[("Iamra-Token", &*right)], 200),
    ] {
        let answer = ask(&metrics, ("GET", "/pods"), headers).unwrap();
        assert_eq!(answer.status, expected, "{answer:?}");
        let is_shown = answer.body.contains("accounts\":");
        assert_eq!(is_shown, expected == 200, "{answer:?}");
    }
}

/// As a webhook leaves a pod.
fn injected(scene: &Scene, name: &str, account: &str) -> Pod {
    let folder = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
    let app = json!([{
        "name": "app", "image": "app",
        "env": [
            {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
            {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": format!("{folder}/token")},
        ],
        "volumeMounts": [{"name": "token", "mountPath": folder}],
    }]);
    let token = json!({"serviceAccountToken": {"audience": AUDIENCE, "path": "token"}});
    let volumes = json!([{"name": "token", "projected": {"sources": [token]}}]);
    let spec = [
        ("containers".to_owned(), app),
        ("volumes".to_owned(), volumes),
    ];
    let pod = Pod {
        spec: spec.into_iter().collect(),
        ..Pod::named("shop", name, account)
    };
    scene.sandbox().kubernetes().create_pod(&pod);
    pod
}

/// What `doctor --pod` ends with, and its steps with what came of them.
struct Walked {
    code: Option<i32>,
    steps: Vec<(String, Option<bool>)>,
    said: String,
}

fn walked(scene: &Scene, pod: &str) -> Walked {
    let flags = scene.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let words = [&["doctor", "--pod", pod, "-o", "json"], &flags[..]].concat();
    let run = Run::of(&mut scene.laboratory.command(&words));
    let steps: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    let steps = steps.as_array().unwrap().iter().map(|step| {
        let name = step["name"].as_str().unwrap().to_owned();
        (name, step["ok"].as_bool())
    });
    Walked {
        code: run.code,
        steps: steps.collect(),
        said: run.stdout,
    }
}

#[test]
fn the_way_of_a_pod_is_walked_to_its_session() {
    let scene = Scene::new();
    let (agent, _) = agent(&scene);
    let web = injected(&scene, "web-0", "web");
    assert_eq!(agent.ask(&scene.token(&web)).status, 200);
    let Walked { code, steps, said } = walked(&scene, "shop/web-0");
    let expected = [
        "cluster",
        "pod",
        "injected",
        "role",
        "agent",
        "account",
        "token",
        "name",
        "health",
        "login",
        "certificate",
        "session",
    ];
    let names: Vec<_> = steps.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, expected, "{said}");
    assert!(steps.iter().all(|(_, ok)| *ok == Some(true)), "{said}");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("web.shop.pods.c1.example"), "{said}");
    assert!(said.contains("last hand-out 2"), "{said}");
}

#[test]
fn the_first_thing_that_is_in_a_pods_way_is_found() {
    let scene = Scene::new();
    let (_agent, _) = agent(&scene);
    scene.pod("shop", "bare", "web");
    injected(&scene, "nobody", "without-role");
    scene.account(
        "shop",
        "other",
        &[("iamra.dev/role-arn", &scene.role("ledger"))],
    );
    injected(&scene, "other", "other");
    let elsewhere = Pod {
        node: "node-2".to_owned(),
        ..injected(&scene, "elsewhere", "web")
    };
    scene.sandbox().kubernetes().create_pod(&elsewhere);
    for (pod, step, code) in [
        ("gone", "pod", "pods.no-pod"),
        ("bare", "injected", "pods.not-injected"),
        ("nobody", "role", "pods.no-role"),
        ("elsewhere", "agent", "pods.no-agent"),
        ("other", "session", "aws.role-not-assumable"),
    ] {
        let Walked {
            code: exit,
            steps,
            said,
        } = walked(&scene, &format!("shop/{pod}"));
        let failed: Vec<_> = steps.iter().filter(|(_, ok)| *ok == Some(false)).collect();
        assert_eq!(failed.len(), 1, "{pod}: {said}");
        assert_eq!(failed[0].0, step, "{pod}: {said}");
        assert!(said.contains(code), "{pod}: {said}");
        assert_ne!(exit, Some(0), "{pod}");
    }
}

#[test]
fn a_head_is_no_hand_out() {
    let scene = Scene::new();
    let (mut agent, _) = agent(&scene);
    let token = scene.token(&scene.pod("shop", "web-0", "web"));
    let ask_by = |method| {
        let headers = [("Authorization", &*token)];
        ask(&agent.address, (method, "/v1/credentials"), &headers).unwrap()
    };
    let handed_out = || {
        let all = pods(&scene, &["-o", "json"]).ok();
        let rows: Value = serde_json::from_str(&all.stdout).unwrap();
        row(&rows, "web")["handedOut"].clone()
    };
    assert_eq!(ask_by("HEAD").status, 200);
    assert_eq!(handed_out(), Value::Null);
    assert_eq!(ask_by("GET").status, 200);
    assert_ne!(handed_out(), Value::Null);
    agent.daemon.until_said(HANDED_OUT, 1);
    assert_eq!(agent.daemon.said().matches(HANDED_OUT).count(), 1);
}

const HANDED_OUT: &str = "handed out credentials to a pod";
