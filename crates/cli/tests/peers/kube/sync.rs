//! One pass over the targets.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use iamra_sandbox::Operation;
use serde_json::{Value, json};

use super::scene::{Scene, team};
use crate::peer::Peer;
use crate::run::Run;

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const OTHER_HOST: &str = "210987654321.dkr.ecr.us-east-1.amazonaws.com";

#[test]
#[ignore = "peer: kube-apiserver"]
fn every_target_gets_the_same_token_from_one_request() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (labels, selector) = team("sync");
    let spaces = [(); 3].map(|()| scene.namespace(&labels));
    let arguments = ["sync", "--namespace-selector", &selector];
    let run = scene.run(&arguments).ok();
    assert_eq!(run.stdout.matches("created ").count(), 3, "{run}");
    let secrets = spaces.each_ref().map(|space| scene.secret(space));
    assert!(secrets.iter().all(|it| it["data"] == secrets[0]["data"]));
    assert_eq!(secrets[0]["type"], "kubernetes.io/dockerconfigjson");
    let document = document(&secrets[0]);
    let hosts: Vec<_> = document["auths"].as_object().unwrap().keys().collect();
    assert_eq!(hosts, [HOST]);
    let requests = scene.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::EcrToken), 1);
    // Again: it is all there.
    let run = scene.run(&arguments).ok();
    assert_eq!(run.stdout.matches("unchanged ").count(), 3, "{run}");
    assert_eq!(spaces.each_ref().map(|space| scene.secret(space)), secrets);
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn one_that_cannot_be_written_keeps_nothing_from_the_others() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let [good, foreign] = [(); 2].map(|()| scene.namespace(&json!({})));
    let theirs = json!({
        "metadata": {"name": "ecr-pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": BASE64_STANDARD.encode(r#"{"auths":{"quay.io":{"auth":"eDp5"}}}"#)},
    });
    let secrets = format!("/api/v1/namespaces/{foreign}/secrets");
    let before = scene.create(&secrets, &theirs);
    let run = scene.run(&["sync", "-n", &good, "-n", &foreign, "-n", "nowhere"]);
    assert_eq!(run.code, Some(6), "{run}");
    assert_eq!(run.stdout, format!("created {good}/ecr-pull\n"));
    assert!(run.stderr.contains("error[kubernetes.foreign]"), "{run}");
    assert!(
        run.stderr.contains("error[kubernetes.namespace-missing]"),
        "{run}"
    );
    assert_eq!(scene.secret(&foreign), before);
    // Merged on request: theirs stays, byte for byte.
    scene
        .run(&["sync", "-n", &foreign, "--on-foreign", "merge"])
        .ok();
    let merged = document(&scene.secret(&foreign));
    assert_eq!(merged["auths"]["quay.io"], json!({"auth": "eDp5"}));
    assert!(merged["auths"][HOST]["auth"].is_string());
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn what_an_older_tool_wrote_is_taken_over() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let namespace = scene.namespace(&json!({}));
    let auths = format!(r#"{{"auths":{{"https://{HOST}":{{"auth":"QVdTOm9sZA=="}}}}}}"#);
    let theirs = json!({
        "metadata": {"name": "ecr-pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": BASE64_STANDARD.encode(auths)},
    });
    let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
    let before = scene.create(&secrets, &theirs);
    let refused = scene.run(&["sync", "-n", &namespace, "--on-foreign", "refuse"]);
    assert_eq!(refused.code, Some(2), "{refused}");
    let run = scene.run(&["sync", "-n", &namespace]).ok();
    assert_eq!(run.stdout, format!("adopted {namespace}/ecr-pull\n"));
    let after = scene.secret(&namespace);
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert!(document(&after)["auths"][HOST]["auth"].is_string());
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn a_dry_run_writes_nothing() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let namespace = scene.namespace(&json!({}));
    for place in ["client", "server"] {
        let run = scene
            .run(&["sync", "-n", &namespace, "--dry-run", place])
            .ok();
        assert_eq!(
            run.stdout,
            format!("created {namespace}/ecr-pull (dry run)\n")
        );
        assert!(scene.secret(&namespace).is_null());
    }
    // What it is about to be is foreseen by its metadata, and by the server.
    let theirs = scene.namespace(&json!({}));
    let foreign = json!({
        "metadata": {"name": "ecr-pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": BASE64_STANDARD.encode(r#"{"auths":{}}"#)},
    });
    scene.create(&format!("/api/v1/namespaces/{theirs}/secrets"), &foreign);
    scene.run(&["sync", "-n", &namespace]).ok();
    for (place, more, outcome) in [
        (&namespace, &[][..], "unchanged"),
        (&namespace, &["--auth-only"], "updated"),
        (&theirs, &[], "foreign"),
        (&theirs, &["--on-foreign", "merge"], "merged"),
        (&theirs, &["--on-foreign", "adopt"], "adopted"),
    ] {
        let before = scene.secret(place);
        let run = |dry_run| {
            let arguments = ["sync", "-n", place, "--dry-run", dry_run];
            scene.run(&[&arguments[..], more].concat())
        };
        let expected = format!("{outcome} {place}/ecr-pull (dry run)\n");
        assert_eq!(run("client").ok().stdout, expected);
        if outcome != "foreign" {
            assert_eq!(run("server").ok().stdout, expected);
        }
        assert_eq!(scene.secret(place), before);
    }
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn service_accounts_get_the_name_where_the_secret_is() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let [good, foreign] = [(); 2].map(|()| scene.namespace(&json!({})));
    let theirs = json!({"metadata": {"name": "ecr-pull"}, "data": {"x": "eA=="}});
    scene.create(&format!("/api/v1/namespaces/{foreign}/secrets"), &theirs);
    let accounts = |namespace: &str| format!("/api/v1/namespaces/{namespace}/serviceaccounts");
    for namespace in [&good, &foreign] {
        for name in ["ci-a", "ci-b", "other"] {
            let account = json!({
                "metadata": {"name": name},
                "imagePullSecrets": [{"name": "theirs"}],
            });
            scene.create(&accounts(namespace), &account);
        }
    }
    let pulls = |namespace: &str, name: &str| {
        let path = format!("{}/{name}", accounts(namespace));
        let (_, account) = scene.ask(Method::GET, &path, &Value::Null);
        account["imagePullSecrets"].as_array().unwrap().len()
    };
    let arguments = [
        "sync",
        "-n",
        &good,
        "-n",
        &foreign,
        "--service-account",
        "ci-*",
    ];
    for place in ["client", "server"] {
        let run = scene.run(&[&arguments[..], &["--dry-run", place]].concat());
        assert_eq!(run.stdout.matches("attached ").count(), 2, "{run}");
        assert_eq!(pulls(&good, "ci-a"), 1);
    }
    let run = scene.run(&arguments);
    assert_eq!(run.code, Some(6), "{run}");
    let expected = format!(
        "created {good}/ecr-pull\nattached {good}/serviceaccount/ci-a\n\
         attached {good}/serviceaccount/ci-b\n"
    );
    assert_eq!(run.stdout, expected);
    let all = ["ci-a", "ci-b", "other"];
    assert_eq!(all.map(|name| pulls(&good, name)), [2, 2, 1]);
    // Where it is not ours, nobody is to pull with it.
    assert_eq!(all.map(|name| pulls(&foreign, name)), [1, 1, 1]);
    let again = scene.run(&arguments);
    assert_eq!(again.stdout, format!("unchanged {good}/ecr-pull\n"));
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn two_groups_do_not_fight_for_a_secret() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (labels, selector) = team("groups");
    let namespace = scene.namespace(&labels);
    let text = format!(
        "schema = 1\non-foreign = 'adopt'\n[group.a]\nnamespace-selector = '{selector}'\n\
         [group.b]\nnamespace-glob = '{namespace}'\n"
    );
    let config = scene.laboratory.write("groups.toml", &text);
    let run = scene.run(&["sync", "--config", &config]);
    assert_eq!(run.code, Some(6), "{run}");
    assert_eq!(run.stdout, format!("created {namespace}/ecr-pull\n"));
    let manager = "iamra/default.a manages it";
    assert!(run.stderr.contains(manager), "{run}");
    let made = scene.secret(&namespace);
    assert_eq!(made["metadata"]["labels"]["iamra.dev/config"], "default.a");
    let again = scene.run(&["sync", "--config", &config]);
    assert_eq!(again.stdout, format!("unchanged {namespace}/ecr-pull\n"));
    assert_eq!(scene.secret(&namespace), made);
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn what_we_wrote_before_there_were_groups_is_taken_over() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let namespace = scene.namespace(&json!({}));
    let registries = |hosts: &[&str]| format!("registry = {hosts:?}\n");
    let group = |name: &str, more: &str| {
        let text = format!("schema = 1\n[group.{name}]\nnamespace = '{namespace}'\n{more}");
        scene.laboratory.write(&format!("{name}.toml"), &text)
    };
    let both = ["--registry", HOST, "--registry", OTHER_HOST];
    scene
        .run(&[&["sync", "-n", &namespace], &both[..]].concat())
        .ok();
    let before = scene.secret(&namespace);
    // One registry fewer: what is replaced is not what is served here.
    for (config, mark) in [
        (group("a", &registries(&[HOST])), "default.a"),
        (group("b", &registries(&[HOST])), "default.b"),
    ] {
        let refused = scene.run(&["sync", "--config", &config, "--on-foreign", "refuse"]);
        assert_eq!(refused.code, Some(2), "{refused}");
        let run = scene.run(&["sync", "--config", &config]).ok();
        assert_eq!(run.stdout, format!("adopted {namespace}/ecr-pull\n"));
        let after = scene.secret(&namespace);
        assert_eq!(after["metadata"]["labels"]["iamra.dev/config"], mark);
        assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    }
    // And without any, as it was.
    let run = scene.run(&["sync", "-n", &namespace]).ok();
    assert_eq!(run.stdout, format!("adopted {namespace}/ecr-pull\n"));
    // Another configuration is no part of it, whatever it is called.
    for other in ["default-a", "defaul"] {
        let run = scene.run(&["sync", "-n", &namespace, "--config-name", other]);
        assert!(run.stderr.contains("iamra/default manages it"), "{run}");
    }
    let dotted = scene.run(&["sync", "-n", &namespace, "--config-name", "default.a"]);
    assert!(
        dotted.stderr.contains("--config-name: with a dot in it"),
        "{dotted}"
    );
}

#[test]
#[ignore = "peer: kube-apiserver, kubelet-oracle"]
fn kubelet_finds_the_logins() {
    let oracle = Peer::named_by_or_program("IAMRA_TEST_KUBELET", "kubelet-oracle");
    let (Some(scene), Some(oracle)) = (Scene::new(), oracle) else {
        return;
    };
    let image = format!("{HOST}/team/app:1");
    for format in ["dockerconfigjson", "dockercfg"] {
        for more in [&[][..], &["--auth-only"], &["--registry-scheme"]] {
            let namespace = scene.namespace(&json!({}));
            let mut arguments = vec!["sync", "-n", &namespace, "--secret-format", format];
            arguments.extend(more);
            scene.run(&arguments).ok();
            let secret = scene.secret(&namespace).to_string();
            let mut command = oracle.command(&scene.laboratory);
            let found = Run::told(command.args(["secret", &image]), &secret).ok();
            let found: Value = serde_json::from_str(&found.stdout).unwrap();
            assert_eq!(found["found"], true, "{format} {more:?}: {found}");
        }
    }
}

fn document(secret: &Value) -> Value {
    let text = secret["data"][".dockerconfigjson"].as_str().unwrap();
    serde_json::from_slice(&BASE64_STANDARD.decode(text).unwrap()).unwrap()
}
