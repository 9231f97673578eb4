//! `iamra run`: what is shared, and what a reload changes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::daemon::{Daemon, free_address};
use crate::http::{ask, get};
use crate::laboratory::Laboratory;
use crate::run::Run;

struct Plan {
    laboratory: Laboratory,
    endpoint: String,
    metrics: String,
}

impl Plan {
    fn new() -> Self {
        Self {
            laboratory: Laboratory::new(),
            endpoint: free_address(),
            metrics: free_address(),
        }
    }

    fn config(&self, more: &str) -> String {
        let (sandbox, metrics, endpoint) =
            (&self.laboratory.sandbox, &self.metrics, &self.endpoint);
        let arns = format!(
            "trust-anchor-arn = '{}'\nprofile-arn = '{}'\nrole-arn = '{}'\n",
            sandbox.trust_anchor_arn(),
            sandbox.profile_arn(),
            sandbox.role_arn()
        );
        format!(
            "schema = 1\nmetrics-addr = '{metrics}'\n\
             [identity.app]\ncommon-name = 'app.example.test'\n\
             [session.one]\n{arns}\
             [session.two]\n{arns}session-duration = 900\n\
             [[sink]]\ntype = 'credentials-file'\nsession = 'one'\ncredentials-file = 'a'\n\
             [[sink]]\ntype = 'credentials-file'\nsession = 'one'\ncredentials-file = 'b'\n\
             [[sink]]\ntype = 'endpoint'\nsession = 'one'\nmore-sessions = ['two']\n\
             listen = ['{endpoint}']\nauthorization-token-file = 'token'\n{more}"
        )
    }

    fn start(&self) -> Daemon {
        self.start_with(&self.config(""))
    }

    fn start_with(&self, config: &str) -> Daemon {
        self.laboratory.write("run.toml", config);
        let mut command = self.laboratory.command(&["run", "--config", "run.toml"]);
        // What is said for one session is not for all.
        command
            .env_remove("ROLE_ARN")
            .env("IAMRA_ROLE_ARN", "arn:aws:iam::1:role/other")
            .env("RUNTIME_DIRECTORY", self.runtime_folders());
        Daemon::start(&mut command, self.laboratory.home())
    }

    /// As systemd has it for a unit with two of them.
    fn runtime_folders(&self) -> String {
        let [one, two] = ["runtime", "more"].map(|name| self.laboratory.path(name));
        format!("{}:{}", one.display(), two.display())
    }

    fn metrics(&self) -> String {
        get(&self.metrics, "/metrics", &[]).body
    }

    fn count(&self, operation: Operation) -> usize {
        self.laboratory.sandbox.requests().count(operation)
    }

    fn key(&self, path: &str, token: &str) -> serde_json::Value {
        let token = self.laboratory.read(token);
        let answer = get(&self.endpoint, path, &[("Authorization", &token)]);
        answer.json()["AccessKeyId"].clone()
    }
}

#[test]
fn one_login_and_one_session_serve_all_sinks() {
    let plan = Plan::new();
    let mut daemon = plan.start();
    daemon.until_said("handed out credentials", 2);
    daemon.until_said("opened a session", 2);
    assert_eq!(plan.laboratory.read("a"), plan.laboratory.read("b"));
    let key = plan.key("/creds", "token");
    assert!(plan.laboratory.read("a").contains(key.as_str().unwrap()));
    assert_ne!(plan.key("/two", "token.two"), key);
    assert_eq!(plan.count(Operation::CreateSession), 2);
    assert_eq!(plan.count(Operation::VaultSign), 1);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_reload_changes_what_validates_and_keeps_what_is_the_same() {
    let plan = Plan::new();
    let mut daemon = plan.start();
    daemon.until_said("opened a session", 2);
    let key = plan.key("/creds", "token");
    plan.laboratory
        .write("run.toml", &plan.config("[[sink]]\ntype = 'nothing'\n"));
    daemon.signal(Signal::HUP);
    daemon.until_said("the old configuration stays", 1);
    let metrics = get(&plan.metrics, "/metrics", &[]).body;
    assert!(metrics.contains("iamra_config_is_current 0"), "{metrics}");
    assert!(
        metrics.contains("iamra_config_reloads_total{outcome=\"refused\"} 1"),
        "{metrics}"
    );
    assert_eq!(plan.key("/creds", "token"), key, "it goes on");
    let third = "[[sink]]\ntype = 'credentials-file'\nsession = 'one'\ncredentials-file = 'c'\n";
    plan.laboratory.write("run.toml", &plan.config(third));
    daemon.until("the third file is there", || {
        plan.laboratory.path("c").exists()
    });
    let metrics = get(&plan.metrics, "/metrics", &[]).body;
    assert!(metrics.contains("iamra_config_is_current 1"), "{metrics}");
    assert_eq!(plan.key("/creds", "token"), key);
    assert_eq!(
        plan.count(Operation::CreateSession),
        2,
        "nothing was opened again"
    );
}

/// What is said at the top of the file is a session's, too.
#[test]
fn a_reload_heeds_the_top_of_the_file_and_the_files_that_it_names() {
    let plan = Plan::new();
    let policy = |text: &str| plan.laboratory.write("policy.json", text);
    policy(r#"{"Version":"2012-10-17","Statement":[]}"#);
    let chain = format!(
        "schema = 1\nchain-role-arn = '{}'\nsession-policy = 'policy.json'\n",
        plan.laboratory.sandbox.role_arn()
    );
    let mut daemon = plan.start();
    daemon.until_said("opened a session", 2);
    let key = plan.key("/creds", "token");
    let duration = "schema = 1\nsession-duration = 1800\n";
    let config = plan.config("").replacen("schema = 1\n", duration, 1);
    plan.laboratory.write("run.toml", &config);
    daemon.signal(Signal::HUP);
    daemon.until_said("opened a session", 3);
    daemon.until("another session is served", || {
        plan.key("/creds", "token") != key
    });
    let config = plan.config("").replacen("schema = 1\n", &chain, 1);
    plan.laboratory.write("run.toml", &config);
    daemon.signal(Signal::HUP);
    daemon.until("roles are assumed", || {
        plan.count(Operation::AssumeRole) == 2
    });
    policy(r#"{"Version":"2012-10-17","Statement":[ ]}"#);
    daemon.signal(Signal::HUP);
    daemon.until("they are again", || plan.count(Operation::AssumeRole) == 4);
    assert_eq!(
        plan.count(Operation::VaultSign),
        1,
        "the identity is the same"
    );
}

#[test]
fn a_reload_does_not_disturb_an_endpoint_that_is_the_same() {
    let plan = Plan::new();
    let mut daemon = plan.start();
    daemon.until_said("opened a session", 2);
    let ttl = [("X-aws-ec2-metadata-token-ttl-seconds", "60")];
    let token = ask(&plan.endpoint, ("PUT", "/latest/api/token"), &ttl);
    let token = token.unwrap().body;
    let mut connection = TcpStream::connect(&plan.endpoint).unwrap();
    let mut ask_there = || {
        let request = format!("GET /x HTTP/1.1\r\nHost: {}\r\n\r\n", plan.endpoint);
        connection.write_all(request.as_bytes()).unwrap();
        connection.read(&mut [0; 4096]).unwrap()
    };
    assert_ne!(ask_there(), 0);
    let printed = daemon.printed();
    let third = "[[sink]]\ntype = 'credentials-file'\nsession = 'one'\ncredentials-file = 'c'\n";
    plan.laboratory.write("run.toml", &plan.config(third));
    daemon.signal(Signal::HUP);
    daemon.until_said("read the config file again", 1);
    let shown = [("X-aws-ec2-metadata-token", token.as_str())];
    let answer = get(&plan.endpoint, "/latest/meta-data/placement/region", &shown);
    assert_eq!(answer.status, 200, "its tokens are still good: {answer:?}");
    assert_ne!(ask_there(), 0, "the connection is still there");
    assert_eq!(daemon.printed(), printed, "nothing new is to be known");
    let metrics = plan.metrics();
    assert!(metrics.contains("iamra_served_tokens_total 1"), "{metrics}");
    // Longer than it takes to see that the file is another one.
    std::thread::sleep(std::time::Duration::from_secs(6));
    let metrics = plan.metrics();
    let once = "iamra_config_reloads_total{outcome=\"applied\"} 1";
    assert!(metrics.contains(once), "{metrics}");
}

#[test]
fn two_endpoints_share_neither_address_nor_token() {
    let plan = Plan::new();
    let mut daemon = plan.start();
    daemon.until_said("opened a session", 2);
    let second = |more: &str| {
        plan.config(&format!(
            "[[sink]]\ntype = 'endpoint'\nsession = 'two'\n{more}\n"
        ))
    };
    let same = format!("listen = ['{}']", plan.endpoint);
    let free = "listen = ['127.0.0.1:0']\nauthorization-token-file = 'token'";
    for (index, (more, expected)) in [
        (same.as_str(), "two places to listen are the same"),
        (free, "would open two sessions"),
    ]
    .into_iter()
    .enumerate()
    {
        plan.laboratory.write("run.toml", &second(more));
        daemon.signal(Signal::HUP);
        daemon.until_said("the old configuration stays", index + 1);
        daemon.until_said(expected, 1);
    }
    plan.laboratory
        .write("run.toml", &second("listen = ['127.0.0.1:0']"));
    daemon.signal(Signal::HUP);
    daemon.until("the second endpoint has a token of its own", || {
        plan.laboratory
            .path("runtime/authorization-token.two")
            .exists()
    });
}

#[test]
fn a_file_that_is_gone_is_not_what_runs() {
    let plan = Plan::new();
    let mut daemon = plan.start();
    daemon.until_said("opened a session", 2);
    std::fs::remove_file(plan.laboratory.path("run.toml")).unwrap();
    daemon.until("it is known", || {
        plan.metrics().contains("iamra_config_is_current 0")
    });
    plan.laboratory.write("run.toml", &plan.config(""));
    daemon.until("it is back", || {
        plan.metrics().contains("iamra_config_is_current 1")
    });
    assert_eq!(plan.count(Operation::CreateSession), 2);
}

#[test]
fn what_cannot_run_is_said_with_its_place() {
    let plan = Plan::new();
    let check = |text: &str| -> Run {
        plan.laboratory.write("run.toml", text);
        plan.laboratory
            .run(&["config", "check", "--config", "run.toml"])
    };
    check(&plan.config("")).ok();
    for (from, to, expected) in [
        (
            "session = 'one'",
            "session = 'three'",
            "[[sink]] number 1: there is no [session.three]",
        ),
        (
            "session = 'one'",
            "x = 1",
            "[[sink]] number 1: there is no setting \"x\"",
        ),
        (
            "session-duration = 900",
            "session-duration = 1",
            "[session.two] (session-duration): a session lasts",
        ),
        (
            "session-duration = 900",
            "identity = 'no'",
            "[session.two]: there is no [identity.no]",
        ),
        (
            TOKEN_FILE,
            "protocol = 'ftp'",
            "it must be container or imds",
        ),
        (
            TOKEN_FILE,
            "tls-certificate = 'a'",
            "--tls-certificate and --tls-key belong together",
        ),
        (TOKEN_FILE, "allowed-uid = 'x'", "it must be a number"),
        ("listen = ['", "listen = ['10.0.0.1:80', '", "with TLS only"),
        (
            "credentials-file = 'a'",
            "exec = 'true'\nexec-timeout = 'x'",
            "[[sink]] number 1 (exec-timeout)",
        ),
    ] {
        let run = check(&plan.config("").replacen(from, to, 1));
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains(expected), "{expected}: {run}");
    }
    let default = "[[sink]]\ntype = 'endpoint'\nsession = 'two'\n".repeat(2);
    let run = check(&plan.config(&default));
    let expected = "two places to listen are the same: the default";
    assert!(
        run.code == Some(2) && run.stderr.contains(expected),
        "{run}"
    );
    let run = plan.laboratory.run(&["run"]);
    assert!(
        run.code == Some(2) && run.stderr.contains("--config is missing"),
        "{run}"
    );
    assert_eq!(plan.count(Operation::CreateSession), 0);
}

const TOKEN_FILE: &str = "authorization-token-file = 'token'";
