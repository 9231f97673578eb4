//! No secret in what any verb says, however much it says.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::bench::{Bench, foreign, secret, secrets};
use crate::daemon::Daemon;
use crate::run::Run;

/// What must be in no output: the sandbox's secrets, our token in the cluster,
/// and what is in the Secrets, in base64 and without.
fn all_secrets(bench: &Bench, objects: &[Value]) -> Vec<String> {
    let kubeconfig = std::fs::read_to_string(bench.testbed.kubeconfig()).unwrap();
    let lines = kubeconfig.lines().map(str::trim);
    let token = lines.filter_map(|line| line.strip_prefix("token: "));
    let mut all: Vec<String> = token.map(str::to_owned).collect();
    assert_eq!(all.len(), 1);
    for object in objects {
        for value in object["data"].as_object().unwrap().values() {
            let value = value.as_str().unwrap();
            let text = BASE64_STANDARD.decode(value).unwrap();
            all.extend([value.to_owned(), String::from_utf8(text).unwrap()]);
        }
    }
    all.extend(bench.laboratory.sandbox.secrets());
    all.retain(|secret| secret.len() > 8);
    all
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn no_verb_shows_a_secret_at_any_level() {
    let Some(bench) = Bench::new("leaks") else {
        return;
    };
    let [own, theirs] = ['a', 'b'].map(|letter| bench.namespace(letter));
    bench.create(&secrets(&theirs), &foreign());
    let before = bench.object(&secret(&theirs));
    let left_over = ["sync", "-n", &own, "--secret-name", "old"];
    bench.fill(&left_over).ok();
    let taken = format!("{theirs}/ecr-pull");
    let both = ["-n", &own, "-n", &theirs];
    let mut runs: Vec<Run> = Vec::new();
    for format in ["text", "json"] {
        let logging = ["--log-level", "trace", "--log-format", format];
        let with = [&both[..], &logging].concat();
        let run =
            bench.fill(&[&["sync", "--on-foreign", "merge", "--no-cache"][..], &with].concat());
        runs.push(run.ok());
        runs.push(bench.fill(&[&["diff"][..], &with].concat()));
        runs.push(bench.run(&[&["status"][..], &with].concat()));
        runs.push(bench.run(&[&["preflight"][..], &with].concat()));
        runs.push(bench.run(&[&["prune"][..], &with].concat()).ok());
        let dry_run = ["adopt", &taken, "--dry-run", "server"];
        runs.push(bench.fill(&[&dry_run[..], &with].concat()).ok());
        runs.push(Run {
            code: Some(0),
            stdout: String::new(),
            stderr: log_of_a_daemon(&bench, &own, &logging),
        });
    }
    let kept = format!("{}/iamra-leaks-token", secrets(&own));
    let objects = [secret(&own), secret(&theirs), kept].map(|path| bench.object(&path));
    let secrets = all_secrets(&bench, &[&objects[..], &[before]].concat());
    assert!(secrets.len() > 8, "{}", secrets.len());
    for run in &runs {
        let said = run.stdout.len() + run.stderr.len();
        assert!(said > 20, "nothing was said: {run}");
        for secret in &secrets {
            let shown = [&run.stdout, &run.stderr].map(|text| text.contains(secret));
            assert_eq!(shown, [false, false], "a secret is in {run}");
        }
    }
}

/// What `run` says until its Secret was mended.
fn log_of_a_daemon(bench: &Bench, own: &str, logging: &[&str]) -> String {
    let files = bench.laboratory.key_files("iamra");
    let mut command = bench.command(&["run", "-n", own, "--own-namespace", own]);
    command.args(logging).args(files).args(["--registry", HOST]);
    let mut daemon = Daemon::start(&mut command, bench.laboratory.home());
    daemon.until_said("all targets are known", 1);
    let path = secret(own);
    bench.ask(http::Method::DELETE, &path, &Value::Null);
    daemon.until("mended the Secret", || {
        bench.ask(http::Method::GET, &path, &Value::Null).0 == 200
    });
    bench.ask(
        http::Method::PATCH,
        &path,
        &json!({"data": {".dockerconfigjson": "e30="}}),
    );
    daemon.until_said("mended what others had changed", 1);
    let (code, said) = daemon.end();
    assert_eq!(code, Some(0), "{said}");
    // Each write is an audit event.
    assert!(said.contains("wrote a secret"), "{said}");
    said
}

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
