//! What `k8s manifests --pods` prints, and what it refuses to print.

use serde_json::{Value, json};

use super::manifests::{manifests, objects, of_kind, written};
use super::shown;
use crate::run::{Run, bare, iamra};

const PODS: [&str; 9] = [
    "--pods",
    "--cluster-name",
    "c1",
    "--trust-anchor-arn",
    "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a",
    "--profile-arn",
    "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/a",
    "--vault-addr",
    "https://vault.vault.svc",
];

const ROLES: &str = r#"{"associations": [{
  "namespace": "shop",
  "serviceAccount": "web",
  "roleArn": "arn:aws:iam::123456789012:role/web"
}]}"#;

/// What there is, each with what it differs by.
const CASES: [(&str, &[&str]); 3] = [
    ("agent", &[]),
    ("brokers", &["--brokers", "--verify", "jwks"]),
    (
        "webhook",
        &[
            "--brokers",
            "--webhook",
            "--own-namespace",
            "pod-roles",
            "--pod-audience",
            "aws.example",
            "--annotation-domain",
            "example.test",
        ],
    ),
];

fn printed(more: &[&str]) -> Run {
    manifests(&[&PODS[..], more].concat())
}

#[test]
fn each_part_is_printed() {
    for (name, more) in CASES {
        let run = printed(more).ok();
        shown(&format!("k8s-manifests-pods-{name}"), &run.stdout);
        assert_eq!(run.stderr, "", "{name}");
    }
}

/// Every pod and container, with the workload that it is of.
fn pods(objects: &[Value]) -> Vec<(&str, &Value)> {
    let kinds = ["DaemonSet", "Deployment"];
    let workloads = kinds.iter().flat_map(|kind| of_kind(objects, kind));
    let pods = workloads.map(|workload| {
        let name = workload["metadata"]["name"].as_str().unwrap();
        (name, &workload["spec"]["template"]["spec"])
    });
    pods.collect()
}

/// Nobody but an agent is root, and nobody but its init container can change the
/// network.
#[test]
fn no_container_can_do_more_than_it_has_to() {
    for (case, more) in CASES {
        let objects = objects(&printed(more).ok().stdout);
        for (name, pod) in pods(&objects) {
            assert_eq!(pod["automountServiceAccountToken"], false, "{case} {name}");
            let is_agent = name == "iamra-agent";
            assert_eq!(pod["hostNetwork"] == true, is_agent, "{case} {name}");
            let lists = [&pod["containers"], &pod["initContainers"]];
            for container in lists.iter().filter_map(|list| list.as_array()).flatten() {
                let capabilities = match (is_agent, container["name"].as_str().unwrap()) {
                    (true, "link") => json!({"drop": ["ALL"], "add": ["NET_ADMIN"]}),
                    (true, _) => json!({"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
                    (false, _) => json!({"drop": ["ALL"]}),
                };
                let context = &container["securityContext"];
                assert_eq!(context["capabilities"], capabilities, "{case} {name}");
                assert_eq!(context["readOnlyRootFilesystem"], true, "{case} {name}");
                assert_eq!(context["allowPrivilegeEscalation"], false, "{case} {name}");
                assert_eq!(context["runAsNonRoot"] == true, !is_agent, "{case} {name}");
            }
        }
    }
}

/// What is in the pods' config file is read there, and the list of roles is an
/// object of its own.
#[test]
fn settings_and_roles_are_carried_into_the_cluster() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| written(home.path(), name, text);
    let roles = write("roles.json", ROLES);
    let config = write(
        "c.toml",
        "schema = 1\nsession-rate = 40\nregistry = ['public.ecr.aws']\n",
    );
    let carrying = [
        "--config",
        &config,
        "--associations",
        &roles,
        "--max-accounts",
        "50",
    ];
    let objects = objects(&printed(&carrying).ok().stdout);
    let maps = of_kind(&objects, "ConfigMap");
    let text = maps[0]["data"]["iamra.toml"].as_str().unwrap();
    assert_eq!(
        text,
        "schema = 1\nassociations = \"/etc/iamra/associations/associations.json\"\n\
         cluster-name = \"c1\"\nmax-accounts = \"50\"\n\
         profile-arn = \"arn:aws:rolesanywhere:eu-central-1:123456789012:profile/a\"\n\
         session-rate = \"40\"\n\
         trust-anchor-arn = \"arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a\"\n\
         vault-addr = \"https://vault.vault.svc\"\n"
    );
    assert_eq!(maps[1]["metadata"]["name"], "iamra-associations");
    assert_eq!(maps[1]["data"], json!({"associations.json": ROLES}));
    let agent = pods(&objects)[0].1;
    let mounts = agent["containers"][0]["volumeMounts"].as_array().unwrap();
    let folders: Vec<&Value> = mounts.iter().map(|mount| &mount["mountPath"]).collect();
    assert!(folders.contains(&&json!("/etc/iamra/associations")));
    let again = write("again.toml", text);
    let mut command = iamra(home.path());
    Run::of(command.args(["config", "print", "--config", &again])).ok();
}

/// A certificate travels, a key does not: it is in a Secret that the webhook, which
/// never sees Vault, has not.
#[test]
fn keys_are_in_a_secret_of_those_who_need_them() {
    let home = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["us".to_owned()]).unwrap();
    let certificate = written(home.path(), "cert.pem", &made.cert.pem());
    let key = written(home.path(), "key.pem", &made.signing_key.serialize_pem());
    let run = printed(&[
        "--brokers",
        "--webhook",
        "--vault-cacert",
        &certificate,
        "--vault-client-cert",
        &certificate,
        "--vault-client-key",
        &key,
    ]);
    let run = run.ok();
    assert!(!run.stdout.contains("PRIVATE KEY"), "a key is printed");
    let command = "# kubectl create secret generic iamra-pods-files --namespace iamra-system \\\n\
                   #   --from-file='vault-client-cert.pem=";
    assert!(run.stdout.contains(command), "{run}");
    let objects = objects(&run.stdout);
    let config = &of_kind(&objects, "ConfigMap")[0]["data"];
    assert_eq!(config["vault-cacert.pem"], made.cert.pem());
    for (name, pod) in pods(&objects) {
        let has_files = pod["volumes"].to_string().contains("iamra-pods-files");
        assert_eq!(has_files, name != "iamra-webhook", "{name}");
    }
}

/// Other roles are no other pods; other settings are.
#[test]
fn pods_are_replaced_for_settings_alone() {
    let home = tempfile::tempdir().unwrap();
    let fingerprint = |more: &[&str]| {
        let objects = objects(&printed(more).ok().stdout);
        let agent = of_kind(&objects, "DaemonSet")[0];
        agent["spec"]["template"]["metadata"]["annotations"]["iamra.dev/settings"].clone()
    };
    let roles = |text: &str| written(home.path(), "roles.json", text);
    let one = fingerprint(&["--associations", &roles(ROLES)]);
    let other = ROLES.replace("role/web", "role/other");
    assert_eq!(one, fingerprint(&["--associations", &roles(&other)]));
    assert_ne!(one, fingerprint(&[]));
}

/// A folder for `kubectl apply -k`, with all that the stream has.
#[test]
fn a_folder_for_kustomize_is_written() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("out").display().to_string();
    let all = ["--brokers", "--webhook"];
    let folder = ["-o", "kustomize", "--out-dir", &place];
    assert_eq!(printed(&[&all[..], &folder].concat()).ok().stdout, "");
    let read = |name: &str| std::fs::read_to_string(home.path().join("out").join(name)).unwrap();
    let kustomization: Value = serde_saphyr::from_str(&read("kustomization.yaml")).unwrap();
    let files = kustomization["resources"].as_array().unwrap();
    let texts = files.iter().map(|file| read(file.as_str().unwrap()));
    let in_folder: usize = texts.map(|text| objects(&text).len()).sum();
    let printed = objects(&printed(&all).ok().stdout);
    assert_eq!(in_folder, printed.len());
}

#[test]
fn what_cannot_be_installed_is_one_clear_line() {
    let mut lines = String::new();
    let cases: &[&[&str]] = &[
        &["--brokers"],
        &["--webhook"],
        &["--cluster-name", "c1"],
        &["--verify", "jwks"],
        &["--pods"],
        &PODS[..3],
        &[&PODS[..1], &PODS[3..]].concat(),
        &[&PODS[..3], &PODS[7..]].concat(),
        &[&["--pods", "--cluster-name", "a.pods"], &PODS[3..]].concat(),
        &[&PODS[..], &["--verify", "x"]].concat(),
        &[&PODS[..], &["--max-accounts", "0"]].concat(),
        &[&PODS[..], &["--associations", "missing.json"]].concat(),
        &[&PODS[..], &["--own-namespace", "kube-system"]].concat(),
        &[&PODS[..], &["--image", "{{ .x }}"]].concat(),
        &[&PODS[..], &["--vault-capath", "/etc/ssl"]].concat(),
        &[
            &PODS[..],
            &["--https-proxy", "http://me:secret@proxy.test:3128"],
        ]
        .concat(),
        &[&PODS[..], &["-o", "helm", "--out-dir", "x"]].concat(),
        &[&PODS[..], &["-o", "kustomize"]].concat(),
        &[&PODS[..], &["--form", "cronjob"]].concat(),
        &[&PODS[..], &["--replicas", "3"]].concat(),
        &[
            &PODS[..],
            &["--role-arn", "arn:aws:iam::123456789012:role/a"],
        ]
        .concat(),
        &[&PODS[..], &["--sandbox"]].concat(),
        &[&PODS[..], &["--metrics-addr", "0.0.0.0:9090"]].concat(),
        &[&PODS[..], &["-n", "team-a"]].concat(),
    ];
    for arguments in cases {
        let run = bare(&[&["k8s", "manifests"], *arguments].concat());
        let ended = (run.code, run.stdout.as_str());
        assert_eq!(ended, (Some(2), ""), "{arguments:?} {run}");
        let told = arguments.strip_prefix(&PODS[..]).unwrap_or(arguments);
        lines += &format!("{told:?}\n{}\n", run.stderr);
    }
    shown("k8s-manifests-pods-refused", &lines);
}
