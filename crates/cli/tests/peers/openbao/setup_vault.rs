//! What `iamra setup vault` prints, applied to a real OpenBao.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::api::Question;
use super::deployment::Deployment;
use crate::peer::Peer;
use crate::run::Run;

/// The names of the workloads; the first is the service account that the
/// deployment knows.
pub(super) const WORKLOADS: [&str; 4] = [
    "--workload",
    "a.example.test=iamra@apps",
    "--workload",
    "b.example.test=other@apps",
];

/// Prints the setup of a mount that the deployment's root signs.
pub(super) fn printed(deployment: &Deployment, mount: &str, more: &[&str]) -> String {
    let setup = [
        "setup",
        "vault",
        "--root-mount",
        "pki",
        "--pki-mount",
        mount,
    ];
    deployment.run(&[&setup[..], more].concat()).ok().stdout
}

/// Runs a script as an administrator would, with `bao` on the `PATH`.
pub(crate) fn run_script(deployment: &Deployment, script: &str) -> Run {
    let bao = Peer::named_by("IAMRA_TEST_BAO").unwrap();
    let folder = deployment.laboratory.path("bin");
    let _ = std::fs::create_dir(&folder);
    let _ = std::os::unix::fs::symlink(bao.path(), folder.join("bao"));
    let script = deployment.laboratory.write("setup.sh", script);
    let output = Command::new("sh")
        .arg(script)
        .env_clear()
        .env("HOME", deployment.laboratory.home())
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("BAO_ADDR", deployment.bao.url())
        .env("BAO_TOKEN", deployment.bao.root_token())
        .output();
    Run::from(output.unwrap())
}

/// Makes the calls of the JSON form.
pub(super) fn make_calls(deployment: &Deployment, document: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    for call in document["calls"].as_array().unwrap() {
        let mut body = call["body"].clone();
        for input in call["inputs"].as_array().into_iter().flatten() {
            let [key, from, field] =
                ["key", "from_call", "field"].map(|name| input[name].as_str().unwrap());
            let answer = answers[from]["data"][field].clone();
            body[key] = match input["within"].as_str() {
                Some(text) => {
                    let variable = format!("${{{from}}}");
                    json!([text.replace(&variable, answer.as_str().unwrap())])
                }
                None => answer,
            };
        }
        let path = call["path"].as_str().unwrap().strip_prefix("/v1/").unwrap();
        let answer = deployment
            .bao
            .demand(call["method"].as_str().unwrap(), path, &body);
        if let Some(name) = call["name"].as_str() {
            answers.insert(name.to_owned(), answer);
        }
    }
}

/// Workload A has its own certificate, and nobody else's.
fn assert_separated(deployment: &Deployment, mount: &str) {
    let jwt = deployment
        .laboratory
        .write("jwt", &deployment.service_accounts.good);
    let login = [
        "--auth",
        "kubernetes",
        "--jwt-file",
        &jwt,
        "--pki-mount",
        mount,
    ];
    let issue = |role: &str, names: &[&str]| {
        let words = ["cert", "issue", "--out-dir", mount, "--auth-role", role];
        let mut command = deployment.command(&[&words[..], &login, names].concat());
        for name in [
            "VAULT_TOKEN",
            "VAULT_CERT_CN",
            "VAULT_CERT_NAME",
            "IAMRA_PKI_ROLE",
            "VAULT_ROLE",
        ] {
            command.env_remove(name);
        }
        Run::of(&mut command)
    };
    issue("a.example.test", &["--common-name", "a.example.test"]).ok();
    let file = |name: &str| {
        deployment
            .laboratory
            .path(mount)
            .join(name)
            .display()
            .to_string()
    };
    let check = deployment
        .run(&[
            "cert",
            "check",
            "--certificate",
            &file("cert.pem"),
            "--private-key",
            &file("private.pem"),
            "--intermediates",
            &file("chain.pem"),
            "--trust-anchor-pem",
            "root.pem",
        ])
        .ok();
    assert_eq!(
        check.stdout,
        "✓ fit for IAM Roles Anywhere, and leads to the trust anchor\n"
    );
    let before = deployment.laboratory.read(&format!("{mount}/cert.pem"));
    let (a, b) = ("a.example.test", "b.example.test");
    for (auth_role, names, expected) in [
        // B's name by A's role; B's role; a login as B.
        (
            a,
            ["--common-name", b, "--pki-role", a],
            "permission denied",
        ),
        (
            a,
            ["--common-name", b, "--pki-role", b],
            "permission denied",
        ),
        (b, ["--common-name", b, "--pki-role", b], "not authorized"),
        (
            a,
            ["--common-name", "x.a.example.test", "--pki-role", a],
            "permission denied",
        ),
    ] {
        let run = issue(auth_role, &names);
        assert_eq!(run.code, Some(3), "{names:?}: {run}");
        assert!(run.stderr.contains(expected), "{names:?}: {run}");
    }
    let more = ["--common-name", a, "--dns", b];
    let run = issue(a, &more);
    assert_ne!(run.code, Some(0), "{run}");
    assert_eq!(
        deployment.laboratory.read(&format!("{mount}/cert.pem")),
        before
    );
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_workload_gets_its_own_certificate_and_no_other() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let script = printed(&deployment, "pki-by-script", &WORKLOADS);
    run_script(&deployment, &script).ok();
    assert_separated(&deployment, "pki-by-script");

    let more = [&WORKLOADS[..], &["-o", "json"]].concat();
    make_calls(&deployment, &printed(&deployment, "pki-by-calls", &more));
    assert_separated(&deployment, "pki-by-calls");
    // Both leave the same behind.
    let role = |mount: &str| {
        let path = format!("{mount}/roles/a.example.test");
        deployment.bao.demand("GET", &path, &Value::Null)["data"].clone()
    };
    assert_eq!(role("pki-by-script"), role("pki-by-calls"));
    let role = role("pki-by-script");
    assert_eq!(
        (&role["ttl"], &role["max_ttl"]),
        (&json!(86400), &json!(86400))
    );
    assert_eq!(role["key_usage"], json!(["DigitalSignature"]));
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn every_login_is_taken_as_it_is_meant() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let subject = "o'brien \"x\" $HOME ${x} %{x} `id` $(id) \\";
    let workload = format!("a.example.test={subject}");
    for (method, workload, path, key, expected) in [
        (
            "jwt",
            workload.as_str(),
            "role",
            "bound_subject",
            json!(subject),
        ),
        (
            "approle",
            "a.example.test",
            "role",
            "bind_secret_id",
            json!(true),
        ),
        (
            "cert",
            "a.example.test",
            "certs",
            "allowed_common_names",
            json!(["a.example.test"]),
        ),
    ] {
        deployment.bao.demand(
            "POST",
            &format!("sys/auth/{method}"),
            &json!({ "type": method }),
        );
        let more = ["--workload-auth", method, "--workload", workload];
        for form in ["cli", "json"] {
            let mount = format!("pki-{method}-{form}");
            let printed = printed(&deployment, &mount, &[&more[..], &["-o", form]].concat());
            match form {
                "cli" => drop(run_script(&deployment, &printed).ok()),
                _ => make_calls(&deployment, &printed),
            }
            let path = format!("auth/{method}/{path}/a.example.test");
            let role = deployment.bao.demand("GET", &path, &Value::Null)["data"].clone();
            assert_eq!(role[key], expected, "{method}");
            let policy = format!("iamra/{mount}/a.example.test");
            assert_eq!(role["token_policies"], json!([policy]), "{method}");
        }
    }
}

/// The keys and the issuers of a mount.
fn authority(deployment: &Deployment, mount: &str) -> [Value; 2] {
    ["keys", "issuers"].map(|what| {
        let question = Question {
            method: "LIST",
            path: &format!("{mount}/{what}"),
            token: Some(deployment.bao.root_token()),
            body: &Value::Null,
        };
        deployment.bao.ask(question).document["data"]["keys"].clone()
    })
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_second_run_keeps_mount_key_and_authority() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let script = printed(&deployment, "team/PKI", &WORKLOADS);
    // The first run ends before the CA is signed.
    let half = script.replace("pki/root/sign-intermediate", "nowhere/sign");
    assert_ne!(run_script(&deployment, &half).code, Some(0));
    let [keys, issuers] = authority(&deployment, "team/PKI");
    assert_eq!(
        (keys.as_array().unwrap().len(), &issuers),
        (1, &Value::Null)
    );
    run_script(&deployment, &script).ok();
    let made = authority(&deployment, "team/PKI");
    assert_eq!(made[0], keys, "the same key");
    let policies = deployment
        .bao
        .demand("LIST", "sys/policies/acl", &Value::Null);
    let named = json!("iamra/team/~p~k~i/a.example.test");
    let all = policies["data"]["keys"].as_array().unwrap();
    assert!(all.contains(&named), "{policies}");

    let again = run_script(&deployment, &script).ok();
    assert!(again.stderr.contains("kept the mount team/PKI"), "{again}");
    assert!(again.stderr.contains("kept the CA of team/PKI"), "{again}");
    assert_eq!(authority(&deployment, "team/PKI"), made);
    assert_separated(&deployment, "team/PKI");

    // What is no PKI mount is not kept: Vault says why.
    let body = json!({ "type": "kv" });
    deployment.bao.demand("POST", "sys/mounts/taken", &body);
    let run = run_script(&deployment, &printed(&deployment, "taken", &WORKLOADS));
    assert_ne!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("already in use"), "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_request_that_was_not_signed_yet_is_printed_for_the_same_key() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let words = ["setup", "vault", "--pki-mount", "pki-elsewhere"];
    let script = deployment.run(&[&words, &WORKLOADS[..]].concat());
    let script = script.ok().stdout;
    let mut keys = Vec::new();
    for _ in 0..2 {
        let run = run_script(&deployment, &script).ok();
        let begin = "-----BEGIN CERTIFICATE REQUEST-----";
        assert!(run.stdout.contains(begin), "{run}");
        keys.push(authority(&deployment, "pki-elsewhere")[0].clone());
    }
    assert_eq!(keys[0], keys[1]);
}

/// The auth method is made and configured once; what it knows by then is kept.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn an_auth_method_is_made_where_there_is_none() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let mut words = vec![
        "setup",
        "vault",
        "--existing-mount",
        "--pki-mount",
        "pki",
        "--enable-auth",
        "--workload-auth-mount",
        "second",
    ];
    words.extend(WORKLOADS);
    words.extend(["--kubernetes-host", "https://cluster.example:6443"]);
    words.extend(["--kubernetes-ca-file", "root.pem"]);
    let script = deployment.run(&words).ok().stdout;
    let without = run_script(&deployment, &script);
    assert!(without.stderr.contains("it names the file"), "{without}");
    let reviewer = deployment.laboratory.write("reviewer.jwt", "a.b.c");
    let line = format!("REVIEWER_JWT_FILE={reviewer}\n");
    let named = script.replacen("set -eu\n", &format!("set -eu\n{line}"), 1);
    // It was mounted before the file was asked for.
    let run = run_script(&deployment, &named).ok();
    assert!(run.stderr.contains("kept the auth method second"), "{run}");
    let config = || {
        deployment
            .bao
            .demand("GET", "auth/second/config", &Value::Null)["data"]
            .clone()
    };
    let made = config();
    assert_eq!(made["kubernetes_host"], "https://cluster.example:6443");
    assert_eq!(made["disable_local_ca_jwt"], true);
    assert_eq!(made["token_reviewer_jwt_set"], true, "{made}");
    let again = run_script(
        &deployment,
        &named.replace("cluster.example", "other.example"),
    )
    .ok();
    assert!(
        again.stderr.contains("kept the configuration of second"),
        "{again}"
    );
    assert_eq!(config(), made);
}

/// With the older way allowed, Vault makes the key of the workload's own name,
/// and of no other.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn vault_makes_keys_only_where_it_is_allowed_to() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let jwt = deployment
        .laboratory
        .write("jwt", &deployment.service_accounts.good);
    for (mount, more, expected) in [
        ("pki-strict", &[][..], Some(3)),
        ("pki-issue", &["--allow-issue"], Some(0)),
    ] {
        let script = printed(&deployment, mount, &[&WORKLOADS[..], more].concat());
        run_script(&deployment, &script).ok();
        for (name, code) in [("a.example.test", expected), ("b.example.test", Some(3))] {
            let mut command = deployment.command(&[
                "cert",
                "issue",
                "--pki-mode",
                "issue",
                "--out-dir",
                mount,
                "--auth",
                "kubernetes",
                "--jwt-file",
                &jwt,
                "--pki-mount",
                mount,
                "--auth-role",
                "a.example.test",
                "--pki-role",
                "a.example.test",
                "--common-name",
                name,
            ]);
            for name in [
                "VAULT_TOKEN",
                "VAULT_CERT_CN",
                "VAULT_CERT_NAME",
                "VAULT_ROLE",
            ] {
                command.env_remove(name);
            }
            let run = Run::of(&mut command);
            assert_eq!(run.code, code, "{mount} {name}: {run}");
        }
    }
}
