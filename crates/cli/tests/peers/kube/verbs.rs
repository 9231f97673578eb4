//! `iamra k8s` by hand: what a verb says, and what it changes.

use http::Method;
use serde_json::{Value, json};

use super::bench::{Bench, foreign, secret, secrets};
use super::installed::{Installed, apply, documents};
use crate::laboratory::runtime;
use crate::run::Run;

/// What somebody else writes into it.
fn edit(bench: &Bench, namespace: &str) {
    let edited = json!({"data": {".dockerconfigjson": "e30="}});
    let (status, said) = bench.ask(Method::PATCH, &secret(namespace), &edited);
    assert_eq!(status, 200, "{said}");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn status_says_what_is_wrong() {
    let Some(bench) = Bench::new("status") else {
        return;
    };
    let [a, b, c, d] = ['a', 'b', 'c', 'd'].map(|letter| bench.namespace(letter));
    bench.fill(&["sync", "-n", &a, "-n", &b, "-n", &c]).ok();
    let fine = bench.run(&["status", "-n", &a]).ok();
    assert!(fine.stdout.contains("iamra/status"), "{fine}");

    edit(&bench, &b);
    let path = secret(&c);
    let past =
        json!({"metadata": {"annotations": {"iamra.dev/expires-at": "2020-01-01T00:00:00Z"}}});
    // By our own hand, so that it is no edit.
    let (status, said) = bench.ask(Method::PATCH, &format!("{path}?fieldManager=iamra"), &past);
    assert_eq!(status, 200, "{said}");
    bench.create(&secrets(&d), &foreign());
    let all = ["-n", &a, "-n", &b, "-n", &c, "-n", &d, "-n", "nowhere"];
    let run = bench.run(&[&["status"], &all[..]].concat());
    assert_eq!(run.code, Some(1), "{run}");
    bench.shown("status", &run);

    // Where it is to be so, somebody else's is no problem.
    let merged = ["status", "-n", &d, "--on-foreign", "merge"];
    bench.run(&merged).ok();

    let run = bench.run(&[&["status", "-o", "json"], &all[..]].concat());
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let problems: Vec<_> = rows.iter().map(|row| row["problem"].as_str()).collect();
    let expected = [
        None,
        Some("edited"),
        Some("expired"),
        Some("foreign"),
        Some("missing"),
    ];
    assert_eq!(problems, expected);

    let nobody = bench.nobody(&a);
    let mut command = bench.command(&["status", "-n", &a]);
    let denied = Run::of(command.env("KUBECONFIG", nobody));
    assert_eq!(denied.code, Some(3), "{denied}");
    assert!(denied.stderr.contains("kubernetes.denied"), "{denied}");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn diff_says_what_sync_would_change() {
    let Some(bench) = Bench::new("diff") else {
        return;
    };
    let letters = ['a', 'b', 'c', 'd', 'e', 'f'];
    let [absent, same, edited, foreign_one, stale, full] =
        letters.map(|letter| bench.namespace(letter));
    bench.fill(&["sync", "-n", &same, "-n", &edited]).ok();
    bench.fill(&["sync", "-n", &stale, "--auth-only"]).ok();
    let run = bench.fill(&["diff", "-n", &same]).ok();
    assert_eq!(run.stdout, format!("same {same}/ecr-pull\n"));

    edit(&bench, &edited);
    bench.create(&secrets(&foreign_one), &foreign());
    let mut all = vec!["diff"];
    for namespace in [&absent, &same, &edited, &foreign_one, &stale] {
        all.extend(["-n", namespace]);
    }
    let before = bench.object(&secret(&stale));
    let run = bench.fill(&all);
    assert_eq!(run.code, Some(1), "{run}");
    bench.shown("diff", &run);
    assert_eq!(bench.object(&secret(&stale)), before);
    let (status, _) = bench.ask(Method::GET, &secret(&absent), &Value::Null);
    assert_eq!(status, 404);

    // What the cluster would refuse is said, though nothing is written.
    let hard = json!({"count/secrets": "0"});
    let quota = json!({"metadata": {"name": "none"}, "spec": {"hard": hard}});
    let quotas = format!("/api/v1/namespaces/{full}/resourcequotas");
    bench.create(&quotas, &quota);
    let counted = json!({"status": {"hard": hard, "used": hard}});
    bench.ask(Method::PATCH, &format!("{quotas}/none/status"), &counted);
    let refused = bench.fill(&["diff", "-n", &full]);
    assert_eq!(refused.code, Some(3), "{refused}");
    assert!(refused.stderr.contains("exceeded quota"), "{refused}");

    all.extend(["-o", "json"]);
    let lines: Vec<Value> = serde_json::from_str(&bench.fill(&all).stdout).unwrap();
    let words: Vec<_> = lines
        .iter()
        .map(|line| line["state"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["absent", "same", "edited", "foreign", "stale"]);
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn adopt_takes_what_it_is_told_to() {
    let Some(bench) = Bench::new("adopt") else {
        return;
    };
    let [a, b] = ['a', 'b'].map(|letter| bench.namespace(letter));
    bench.create(&secrets(&a), &foreign());
    let named = format!("{a}/ecr-pull");
    let told = |what: &str, more: &[&str]| bench.fill(&[&["adopt", what, "-n", &a], more].concat());

    let before = bench.object(&secret(&a));
    for dry_run in ["client", "server"] {
        told(&named, &["--dry-run", dry_run]).ok();
        assert_eq!(bench.object(&secret(&a)), before);
    }
    bench.shown("adopt", &told(&named, &[]).ok());
    let after = bench.object(&secret(&a));
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["metadata"]["labels"]["iamra.dev/config"], "adopt");
    assert_ne!(after["data"], before["data"]);
    let again = told(&named, &[]).ok();
    assert_eq!(
        again.stdout,
        format!("unchanged {named}: it is ours already\n")
    );

    bench.create(&secrets(&b), &foreign());
    let before = bench.object(&secret(&b));
    for other in [format!("{b}/ecr-pull"), format!("{a}/other"), a.clone()] {
        let refused = told(&other, &[]);
        assert_eq!(refused.code, Some(2), "{refused}");
        assert!(refused.stderr.contains("config.invalid"), "{refused}");
    }
    assert_eq!(bench.object(&secret(&b)), before);
    // A dry run knows what cannot be, and several need one token.
    let [opaque_one, first, second] = ['d', 'e', 'f'].map(|letter| bench.namespace(letter));
    let opaque = json!({"metadata": {"name": "ecr-pull"}, "data": {"x": "eA=="}});
    bench.create(&secrets(&opaque_one), &opaque);
    let refused = bench.fill(&[
        "adopt",
        &format!("{opaque_one}/ecr-pull"),
        "-n",
        &opaque_one,
        "--dry-run",
        "client",
    ]);
    assert_eq!(refused.code, Some(2), "{refused}");
    assert!(
        refused.stderr.contains("kubernetes.wrong-type"),
        "{refused}"
    );
    let requests = || {
        let requests = bench.laboratory.sandbox.requests();
        requests.count(iamra_sandbox::Operation::EcrToken)
    };
    let before = requests();
    let both = [&first, &second].map(|namespace| {
        bench.create(&secrets(namespace), &foreign());
        format!("{namespace}/ecr-pull")
    });
    let all = [
        "adopt",
        &both[0],
        &both[1],
        "-n",
        &first,
        "-n",
        &second,
        "--no-cache",
    ];
    bench.fill(&all).ok();
    assert_eq!(requests(), before + 1);
    let missing = bench.namespace('c');
    let nothing = format!("{missing}/ecr-pull");
    let run = bench.fill(&["adopt", &nothing, "-n", &missing]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("there is no secret"), "{run}");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn prune_deletes_what_is_left_over() {
    let Some(bench) = Bench::new("prune") else {
        return;
    };
    let [a, b, c] = ['a', 'b', 'c'].map(|letter| bench.namespace(letter));
    bench.fill(&["sync", "-n", &a, "-n", &b]).ok();
    bench.fill(&["sync", "-n", &a, "--secret-name", "old"]).ok();
    let labels = json!({"app.kubernetes.io/managed-by": "iamra", "iamra.dev/config": "prune"});
    let token = json!({"metadata": {"name": "iamra-prune-token", "labels": labels}});
    bench.create(&secrets(&b), &token);
    // Another configuration's, and somebody else's.
    bench.fill(&["sync", "-n", &c]).ok();
    let theirs = json!({"metadata": {"labels": {"iamra.dev/config": "pruned"}}});
    bench.ask(Method::PATCH, &secret(&c), &theirs);
    let accounts = format!("/api/v1/namespaces/{b}/serviceaccounts");
    let both = json!([{"name": "other"}, {"name": "ecr-pull"}]);
    let account = json!({"metadata": {"name": "ci"}, "imagePullSecrets": both});
    bench.create(&accounts, &account);

    let arguments = ["prune", "-n", &a, "--service-account", "c*"];
    let own = bench.run(&arguments).ok();
    assert_eq!(own.stdout, format!("left-over {a}/old\n"));
    let everywhere = bench
        .run(&[&arguments[..], &["--all-namespaces"]].concat())
        .ok();
    let there = [&arguments[..], &["--in", &b]].concat();
    let listed = bench.run(&there).ok();
    assert_eq!(listed.stdout, everywhere.stdout);
    bench.shown("prune", &listed);
    bench.object(&secret(&b));

    let sure = [&there[..], &["--yes"]].concat();
    let done = bench.run(&sure).ok();
    assert_eq!(done.stdout, listed.stdout.replace("left-over", "removed"));
    for gone in [secret(&b), format!("{}/old", secrets(&a))] {
        let (status, _) = bench.ask(Method::GET, &gone, &Value::Null);
        assert_eq!(status, 404, "{gone}");
    }
    let kept = format!("{}/iamra-prune-token", secrets(&b));
    for kept in [secret(&a), secret(&c), kept] {
        bench.object(&kept);
    }
    let account = bench.object(&format!("{accounts}/ci"));
    assert_eq!(account["imagePullSecrets"], json!([{"name": "other"}]));
    assert_eq!(bench.run(&sure).ok().stdout, "");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn prune_needs_no_right_to_other_secrets() {
    let Some(bench) = Bench::new("rights") else {
        return;
    };
    let [a, b] = ['a', 'b'].map(|letter| bench.namespace(letter));
    bench.fill(&["sync", "-n", &a, "-n", &b]).ok();
    let kubeconfig = bench.nobody(&a);
    let as_us =
        |arguments: &[&str]| Run::of(bench.command(arguments).env("KUBECONFIG", &kubeconfig));
    let sure = ["prune", "-n", &a, "--in", &b, "--yes"];
    let denied = as_us(&sure);
    assert_eq!(denied.code, Some(3), "{denied}");
    bench.object(&secret(&b));

    let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces";
    for namespace in [&a, &b] {
        let rule = json!({
            "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["ecr-pull"],
            "verbs": ["list", "delete"],
        });
        let allowed = json!({"metadata": {"name": "us"}, "rules": [rule]});
        bench.create(&format!("{rbac}/{namespace}/roles"), &allowed);
        let binding = json!({
            "metadata": {"name": "us"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "us"},
            "subjects": [{"kind": "ServiceAccount", "name": "us", "namespace": a}],
        });
        bench.create(&format!("{rbac}/{namespace}/rolebindings"), &binding);
    }
    let done = as_us(&sure).ok();
    assert_eq!(done.stdout, format!("removed {b}/ecr-pull\n"));
    bench.object(&secret(&a));
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn preflight_prints_what_is_missing() {
    let Some(bench) = Bench::new("preflight") else {
        return;
    };
    let [a, b] = ['a', 'b'].map(|letter| bench.namespace(letter));
    let kubeconfig = bench.nobody(&a);
    let arguments = [
        "preflight",
        "--own-namespace",
        &a,
        "-n",
        &b,
        "--service-account",
        "default",
        "--leader-elect",
    ];
    let as_us =
        |arguments: &[&str]| Run::of(bench.command(arguments).env("KUBECONFIG", &kubeconfig));
    let run = as_us(&arguments);
    assert_eq!(run.code, Some(3), "{run}");
    bench.shown("preflight", &run);
    for document in documents(&run.stdout) {
        if document.contains("kind:") {
            runtime().block_on(apply(bench.testbed, document));
        }
    }
    let run = as_us(&arguments).ok();
    assert!(!run.stdout.contains("missing"), "{run}");
    as_us(&[
        "preflight",
        "--for",
        "sync",
        "--own-namespace",
        &a,
        "-n",
        &b,
    ])
    .ok();
    let beyond = as_us(&[
        "preflight",
        "--for",
        "sync",
        "--own-namespace",
        &a,
        "-n",
        &a,
    ]);
    assert_eq!(beyond.code, Some(3), "{beyond}");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn selectors_do_not_say_where_to_prune() {
    let Some(bench) = Bench::new("where") else {
        return;
    };
    let run = bench.run(&["prune", "--namespace-glob", "no-such-*"]);
    assert_eq!(run.code, Some(2), "{run}");
    bench.shown("prune-where", &run);
    let named = ["prune", "--namespace-glob", "no-such-*", "--in", "default"];
    assert_eq!(bench.run(&named).ok().stdout, "");
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn cluster_mode_is_refused_without_its_policy() {
    let Some(bench) = Bench::new("policy") else {
        return;
    };
    let a = bench.namespace('a');
    let globs = [
        "--namespace-glob",
        "nothing-like-that-*",
        "--own-namespace",
        &a,
    ];
    for verb in ["preflight", "run"] {
        let run = bench.run(&[&[verb], &globs[..]].concat());
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("error[kubernetes.no-policy]"), "{run}");
    }
    bench
        .run(&[&["preflight", "--accept-broad-rbac"], &globs[..]].concat())
        .ok();

    let installed = Installed::new(bench.testbed, "policy", &globs[..2]);
    let installed = runtime().block_on(installed);
    let kubeconfig = bench.kubeconfig(&installed.token());
    let own = ["--own-namespace", &installed.namespace];
    let mut command = bench.command(&[&["preflight"], &globs[..2], &own].concat());
    let run = Run::of(command.env("KUBECONFIG", kubeconfig)).ok();
    let said = format!(
        "# the ValidatingAdmissionPolicy {}.{} is in force\n",
        installed.name, installed.namespace
    );
    assert!(run.stdout.ends_with(&said), "{run}");
    // The administrator is not whom it binds.
    for verb in ["preflight", "run"] {
        let run = bench.run(&[&[verb], &globs[..2], &own].concat());
        assert_eq!(run.code, Some(3), "{run}");
        assert!(run.stderr.contains("matchConditions must mean"), "{run}");
    }
}

#[test]
#[ignore = "peer: kube-apiserver"]
fn preflight_warns_of_neighbours() {
    let Some(bench) = Bench::new("pods") else {
        return;
    };
    let a = bench.namespace('a');
    let accounts = format!("/api/v1/namespaces/{a}/serviceaccounts");
    bench.ask(
        Method::POST,
        &accounts,
        &json!({"metadata": {"name": "default"}}),
    );
    let mount = json!([{"name": "vault", "mountPath": "/var/run/vault"}]);
    let container = |name: &str| json!({"name": name, "image": "i", "volumeMounts": mount});
    let pod = json!({"metadata": {"name": "pod"}, "spec": {
        "volumes": [{"name": "vault", "emptyDir": {}}],
        "containers": [container("app"), container("iamra")],
    }});
    bench.create(&format!("/api/v1/namespaces/{a}/pods"), &pod);
    let arguments = [
        "preflight",
        "--own-namespace",
        &a,
        "--jwt-file",
        "/var/run/vault/token",
    ];
    let mut command = bench.command(&arguments);
    command
        .env("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        .env("HOSTNAME", "pod");
    let run = Run::of(&mut command).ok();
    assert!(run.stderr.contains("more than one container"), "{run}");
    assert!(run.stderr.contains("app, iamra"), "{run}");

    // In the host's network, nobody is called so.
    let run = Run::of(command.env("HOSTNAME", "a-node")).ok();
    assert!(run.stderr.contains("no pod of our host name"), "{run}");

    let run = Run::of(command.env("KUBECONFIG", bench.nobody(&a)));
    assert!(run.stderr.contains("did not look"), "{run}");
}
