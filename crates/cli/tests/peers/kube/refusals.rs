//! What a cluster does not let us do: one clear line each, with the rule or the
//! reason, and nothing changed.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};

use super::bench::{Bench, foreign, secret, secrets};
use crate::run::Run;

/// One pass over a namespace, which ends like that.
#[track_caller]
fn refused(bench: &Bench, name: &str, (arguments, code): (&[&str], i32)) {
    let quiet = ["sync", "--no-cache", "--log-level", "warn"];
    let run = bench.fill(&[&quiet[..], arguments].concat());
    assert_eq!(run.code, Some(code), "{name}: {run}");
    assert_eq!(run.stdout, "", "{run}");
    bench.shown(&format!("refused-{name}"), &run);
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn secrets_that_are_no_use_stay_as_they_are() {
    let Some(bench) = Bench::new("stays") else {
        return;
    };
    let auths = BASE64_STANDARD.encode(r#"{"auths":{}}"#);
    let pull = json!({
        "metadata": {"name": "ecr-pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": auths},
    });
    let mut immutable = pull.clone();
    immutable["immutable"] = json!(true);
    let opaque = json!({"metadata": {"name": "ecr-pull"}, "data": {"x": "eA=="}});
    for (letter, name, theirs) in [
        ('a', "immutable", immutable),
        ('b', "wrong-type", opaque),
        ('c', "foreign", foreign()),
    ] {
        let namespace = bench.namespace(letter);
        let before = bench.create(&secrets(&namespace), &theirs);
        refused(&bench, name, (&["-n", &namespace], 2));
        assert_eq!(bench.object(&secret(&namespace)), before);
    }
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn namespaces_that_are_not_there_or_about_to_go() {
    let Some(bench) = Bench::new("goes") else {
        return;
    };
    refused(&bench, "namespace", (&["-n", "nowhere"], 2));
    // Nobody in the testbed ends what is about to go.
    let namespace = bench.namespace('a');
    let path = format!("/api/v1/namespaces/{namespace}");
    bench.ask(Method::DELETE, &path, &Value::Null);
    let phase = bench.object(&path)["status"]["phase"].clone();
    assert_eq!(phase, "Terminating");
    refused(&bench, "terminating", (&["-n", &namespace], 0));
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn a_secret_that_is_too_large() {
    let Some(bench) = Bench::new("large") else {
        return;
    };
    let namespace = bench.namespace('a');
    let text = "{{password}}".repeat(2000);
    let template = format!("[data]\nkey = \"{text}\"\n");
    let template = bench.laboratory.write("template.toml", &template);
    let arguments = ["-n", &namespace, "--secret-template", &template];
    refused(&bench, "too-large", (&arguments, 2));
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn who_we_are_not_and_what_we_may_not() {
    let Some(bench) = Bench::new("nobody") else {
        return;
    };
    let namespace = bench.namespace('a');
    let pass = [
        "sync",
        "-n",
        &namespace,
        "--registry",
        HOST,
        "--credentials",
        "ambient",
    ];
    let user = bench.laboratory.sandbox.iam_user();
    let run = |kubeconfig: &str, verb: &[&str]| {
        use secrecy::ExposeSecret as _;
        let mut command = bench.command(verb);
        command
            .env("KUBECONFIG", kubeconfig)
            .env("AWS_ACCESS_KEY_ID", &user.access_key_id)
            .env(
                "AWS_SECRET_ACCESS_KEY",
                user.secret_access_key.expose_secret(),
            );
        Run::of(command.args(["--log-level", "warn"]))
    };
    let nobody = bench.nobody(&namespace);
    let denied = run(&nobody, &pass);
    assert_eq!(denied.code, Some(3), "{denied}");
    bench.shown("refused-right", &denied);

    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims =
        r#"{"iss":"https://elsewhere","sub":"system:serviceaccount:a:b","exp":1600000000}"#;
    let token = format!(
        "{}.{}.{}",
        part(r#"{"alg":"RS256"}"#),
        part(claims),
        part("x")
    );
    let expired = bench.kubeconfig(&token);
    for verb in [
        &pass[..],
        &["status", "-n", &namespace],
        &["preflight", "-n", &namespace],
        &["prune", "-n", &namespace],
    ] {
        let unknown = run(&expired, verb);
        assert_eq!(unknown.code, Some(3), "{unknown}");
        assert!(unknown.stderr.contains("2020-09-13"), "{unknown}");
        if verb[0] == "sync" {
            bench.shown("refused-expired", &unknown);
        }
    }
}

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
