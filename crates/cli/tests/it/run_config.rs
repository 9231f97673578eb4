//! `iamra run`: what is shared, and what a reload changes.

use iamra_sandbox::Operation;
use rustix::process::Signal;

use crate::daemon::{Daemon, free_address};
use crate::http::get;
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
        self.laboratory.write("run.toml", &self.config(""));
        let mut command = self.laboratory.command(&["run", "--config", "run.toml"]);
        // What is said for one session is not for all.
        command
            .env_remove("ROLE_ARN")
            .env("IAMRA_ROLE_ARN", "arn:aws:iam::1:role/other");
        Daemon::start(&mut command, self.laboratory.home())
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
    ] {
        let run = check(&plan.config("").replacen(from, to, 1));
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains(expected), "{expected}: {run}");
    }
    let run = plan.laboratory.run(&["run"]);
    assert!(
        run.code == Some(2) && run.stderr.contains("--config is missing"),
        "{run}"
    );
    assert_eq!(plan.count(Operation::CreateSession), 0);
}
