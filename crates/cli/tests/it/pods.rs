//! Pod identity: `k8s agent` between pods, a cluster, Vault and AWS.

mod attacks;
mod copies;
mod outages;
mod rotation;
mod scene;
mod seen;
mod sharing;
mod stolen;

use iamra_sandbox::Operation;

use scene::Scene;

/// What agent and broker log while pods come, rightly and wrongly.
pub(crate) struct Conversation {
    pub(crate) logs: [(&'static str, String); 3],
    /// What `k8s pods` and `doctor --pod` print meanwhile.
    pub(crate) looks: Vec<(String, crate::run::Run)>,
    pub(crate) secrets: Vec<String>,
}

pub(crate) fn conversation(logging: &[&str]) -> Conversation {
    let scene = Scene::new();
    let of_brokers = [logging, &["--broker-service", "iamra-broker"]].concat();
    let names = ["broker-0", "broker-1"];
    let [one, other] = names.map(|name| sharing::broker(&scene, name, &of_brokers));
    sharing::publish(&scene, &[(&one, names[0]), (&other, names[1])]);
    let metrics = crate::daemon::free_address();
    let of_agent = [logging, &["--metrics-addr", &metrics]].concat();
    let agent = sharing::agent(&scene, "agent-0", &of_agent);
    seen::as_pod(&scene, "agent", &metrics);
    let web = scene.pod("shop", "web-0", "web");
    assert_eq!(agent.ask(&scene.token(&web)).status, 200);
    let wrong = scene.token_for(&web, "vault", std::time::Duration::from_secs(600));
    assert_eq!(agent.ask(&wrong).status, 400);
    until_copied([&one, &other]);
    let looks = seen::looks(&scene, logging);
    let logs = [agent, one, other].map(|one| {
        let (code, log) = one.daemon.end();
        assert_eq!(code, Some(0), "{log}");
        log
    });
    let [of_agent, of_one, of_other] = logs;
    Conversation {
        logs: [
            ("k8s agent", of_agent),
            ("k8s broker", of_one),
            ("k8s broker", of_other),
        ],
        looks,
        secrets: scene.sandbox().secrets(),
    }
}

/// Waits until one has a copy of what the other one has.
fn until_copied(brokers: [&scene::Agent; 2]) {
    let said = |broker: &&scene::Agent| {
        let said = broker.daemon.said();
        said.contains("took over a session of another broker")
    };
    for _ in 0..1500 {
        if brokers.iter().any(said) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("no copy: {}", brokers.map(|it| it.daemon.said()).join("\n"));
}

#[test]
fn each_pod_has_the_role_of_its_service_account() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let ledger = scene.pod("bank", "ledger-0", "ledger");
    let agent = scene.agent(&[]);
    let answer = agent.ask(&scene.token(&web)).json();
    assert_eq!(answer["RoleArn"], scene.role("web"));
    assert_eq!(answer["AccountId"], "123456789012");
    assert_eq!(
        agent.ask(&scene.token(&ledger)).json()["RoleArn"],
        scene.role("ledger")
    );
    let (code, log) = agent.daemon.end();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn one_certificate_and_one_session_serve_all_pods_of_an_account() {
    let scene = Scene::new();
    let pods = ["web-0", "web-1", "web-2"].map(|name| scene.pod("shop", name, "web"));
    let agent = scene.agent(&[]);
    let keys = pods.map(|pod| {
        // A rotated token is as good as the one before.
        let (one, other) = (scene.token(&pod), scene.token(&pod));
        let key = |token: &str| agent.ask(token).json()["AccessKeyId"].clone();
        assert_eq!(key(&one), key(&other));
        key(&one)
    });
    assert_eq!(keys[0], keys[2]);
    let requests = scene.sandbox().requests();
    assert_eq!(requests.count(Operation::CreateSession), 1);
    assert_eq!(requests.count(Operation::VaultSign), 1);
    assert_eq!(requests.count(Operation::VaultLogin), 1);
}

#[test]
fn who_has_no_role_is_told_what_to_write() {
    let scene = Scene::new();
    scene.account("shop", "guest", &[]);
    let guest = scene.pod("shop", "guest-0", "guest");
    let agent = scene.agent(&[]);
    let answer = agent.ask(&scene.token(&guest));
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.body,
        "No role is associated with the service account shop/guest: it has no annotation \
         iamra.dev/role-arn with the ARN of a role\n"
    );
    scene.account("shop", "odd", &[("iamra.dev/role-arn", "web")]);
    let odd = scene.pod("shop", "odd-0", "odd");
    assert_eq!(agent.ask(&scene.token(&odd)).status, 404);
    let said = agent.daemon.said();
    assert!(said.contains("it must be the ARN of a role"), "{said}");
}

#[test]
fn a_list_of_associations_wins() {
    let scene = Scene::new();
    let web = scene.pod("shop", "web-0", "web");
    let listed = |role: &str| {
        let entry = serde_json::json!({
            "namespace": "shop", "serviceAccount": "web", "roleArn": role,
        });
        serde_json::json!({ "associations": [entry] }).to_string()
    };
    let file = scene
        .laboratory
        .write("associations.json", &listed(&scene.role("ledger")));
    // Vault signs the account's own name, and that role does not trust it.
    let agent = scene.agent(&["--associations", &file]);
    let refused = agent.ask(&scene.token(&web));
    assert_eq!(refused.status, 403, "{refused:?}");
    assert!(refused.body.starts_with("Access Denied. "), "{refused:?}");
    assert!(
        refused.body.contains("(aws.role-not-assumable)"),
        "{refused:?}"
    );
}

#[test]
fn what_cannot_be_is_said_before_anybody_is_asked() {
    let scene = Scene::new();
    let missing = scene.run(&["--trust-anchor-arn", scene.sandbox().trust_anchor_arn()]);
    assert_eq!(missing.code, Some(2), "{missing}");
    assert!(missing.stderr.contains("cluster-name"), "{missing}");
    for (flag, value, why) in [
        ("--verify", "trust", "it must be tokenreview or jwks"),
        ("--cluster-name", "pods.c1", "must have no label"),
        (
            "--max-accounts",
            "0",
            "it must be a whole number, 1 or more",
        ),
        ("--region", "eu-west-1", "but the trust anchor"),
        ("--link", "perhaps", "it must be auto or never"),
        ("--listen", "0.0.0.0:80", "would cross the network in clear"),
        ("--associations", "missing.json", "missing.json"),
    ] {
        let mut all = scene.flags();
        all.extend([flag.to_owned(), value.to_owned()]);
        if let Some(first) = all.iter().position(|word| word == flag)
            && first + 2 < all.len()
        {
            all.drain(first..first + 2);
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let run = scene.run(&all);
        assert_eq!(run.code, Some(2), "{flag} {value}: {run}");
        assert!(run.stderr.contains(why), "{flag} {value}: {run}");
        assert!(run.stdout.is_empty(), "{run}");
    }
}
