//! What `k8s manifests` prints, and what it refuses to print.

use serde_json::{Value, json};

use super::shown;
use crate::run::{Run, bare, iamra};

const SESSION: [&str; 6] = [
    "--trust-anchor-arn",
    "arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a",
    "--profile-arn",
    "arn:aws:rolesanywhere:eu-central-1:123456789012:profile/a",
    "--role-arn",
    "arn:aws:iam::123456789012:role/pull",
];

const VAULT: [&str; 6] = [
    "--vault-addr",
    "http://vault.vault.svc",
    "--auth-role",
    "iamra",
    "--common-name",
    "iamra.example.test",
];

const REGISTRY: [&str; 2] = [
    "--registry",
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
];

/// What there is, each with what it differs by.
fn cases() -> Vec<(&'static str, Vec<&'static str>)> {
    let teams = ["-n", "team-a", "-n", "team-b", "--leader-elect"];
    let accounts = ["--service-account", "default"];
    let names = ["--own-namespace", "pulls", "--config-name", "teams"];
    let chosen = ["--namespace-selector", "team=a,tier!=db"];
    let secret = ["--secret-format", "config-json", "--secret-name", "docker"];
    let files = ["--certificate", "/tmp/pki/cert.pem"];
    let key = ["--private-key", "/tmp/my pki/key.pem"];
    let cases: [(&str, &[&[&str]]); 11] = [
        ("own", &[&REGISTRY]),
        ("namespaces", &[&teams, &accounts, &names, &REGISTRY]),
        (
            "cluster",
            &[
                &chosen,
                &secret,
                &["--leader-elect"],
                &SESSION,
                &VAULT,
                &REGISTRY,
            ],
        ),
        (
            "old",
            &[&["--kube-version", "1.29", "-n", "team-a"], &REGISTRY],
        ),
        (
            "cronjob",
            &[&["--form", "cronjob", "-n", "team-a"], &REGISTRY],
        ),
        (
            "cronjob-cluster",
            &[&["--form", "cronjob", "--namespace-glob", "*"], &REGISTRY],
        ),
        ("sandbox", &[&["--sandbox"]]),
        (
            "sidecar-cert",
            &[&["--form", "sidecar-cert", "--layout", "bundle"], &VAULT],
        ),
        (
            "sidecar-creds",
            &[
                &["--form", "sidecar-creds", "--listen", "127.0.0.1:9911"],
                &SESSION,
                &VAULT,
            ],
        ),
        (
            "sidecar-file",
            &[
                &["--form", "sidecar-file", "--profile", "app"],
                &["--kube-version", "v1.28.3"],
                &SESSION,
                &VAULT,
            ],
        ),
        (
            "files",
            &[&SESSION, &files, &key, &["--form", "cronjob"], &REGISTRY],
        ),
    ];
    cases.map(|(name, parts)| (name, parts.concat())).into()
}

pub(super) fn manifests(arguments: &[&str]) -> Run {
    let image = ["k8s", "manifests", "--image", "iamra:test"];
    bare(&[&image, arguments].concat())
}

/// The objects of a stream.
pub(super) fn objects(yaml: &str) -> Vec<Value> {
    let yaml = format!("\n{yaml}");
    let documents = yaml.split("\n---\n");
    documents
        .filter(|text| !text.trim().is_empty())
        .map(|text| serde_saphyr::from_str(text).unwrap())
        .collect()
}

pub(super) fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let objects = objects.iter();
    objects.filter(|object| object["kind"] == kind).collect()
}

#[test]
fn each_form_is_printed() {
    for (name, arguments) in cases() {
        let run = manifests(&arguments).ok();
        shown(&format!("k8s-manifests-{name}"), &run.stdout);
        let is_told = ["old", "cluster"].contains(&name);
        assert_eq!(run.stderr.is_empty(), !is_told, "{name} {run}");
    }
}

#[test]
fn no_pod_has_more_than_it_needs() {
    for (name, arguments) in cases() {
        let objects = objects(&manifests(&arguments).ok().stdout);
        let kinds = [
            ("Deployment", "/spec/template/spec"),
            ("CronJob", "/spec/jobTemplate/spec/template/spec"),
        ];
        let pods = kinds.iter().flat_map(|(kind, place)| {
            let found = of_kind(&objects, kind).into_iter();
            found.map(|object| object.pointer(place).unwrap())
        });
        let pods: Vec<&Value> = pods.collect();
        assert_eq!(pods.len(), 1, "{name}");
        let pod = pods[0];
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(pod["securityContext"]["runAsUser"], 65534, "{name}");
        let lists = [&pod["containers"], &pod["initContainers"]];
        for container in lists.iter().filter_map(|list| list.as_array()).flatten() {
            let context = &container["securityContext"];
            assert_eq!(context["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(context["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}), "{name}");
            let is_ours = container["name"] == "iamra";
            let mounts = container["volumeMounts"].as_array().unwrap().iter();
            for mount in mounts.filter(|_| !is_ours) {
                assert_eq!(mount["name"], "shared", "{name}");
                assert_eq!(mount["readOnly"], true, "{name}");
            }
        }
        let account = of_kind(&objects, "ServiceAccount");
        assert_eq!(account[0]["automountServiceAccountToken"], false, "{name}");
        let has_roles = objects.iter().any(|object| {
            let kind = object["kind"].as_str().unwrap();
            kind.contains("Role")
        });
        assert_eq!(has_roles, !name.starts_with("sidecar"), "{name}");
    }
}

/// Whatever is set on this machine, no secret gets out of it, and no address
/// that only counts here.
#[test]
fn secrets_and_variables_of_others_stay_here() {
    let home = tempfile::tempdir().unwrap();
    let mut command = iamra(home.path());
    command
        .args(["k8s", "manifests", "--log-level", "info"])
        .args(REGISTRY)
        .env("IAMRA_VAULT_TOKEN", "hvs.SECRET")
        .env("VAULT_TOKEN", "hvs.SECRET")
        .env("AWS_SECRET_ACCESS_KEY", "SECRET")
        .env("AWS_ACCESS_KEY_ID", "AKIASECRET")
        .env("VAULT_ADDR", "http://laptop.test:8200")
        .env("POD_NAMESPACE", "laptop")
        .env("IAMRA_SECRET_NAME", "by-variable");
    let run = Run::of(&mut command).ok();
    assert!(!run.stdout.contains("SECRET"), "{run}");
    assert!(!run.stdout.contains("laptop"), "{run}");
    assert!(run.stdout.contains("by-variable"), "{run}");
    let warning = "variables of this machine do not count in the cluster";
    assert!(run.stderr.contains(warning), "{run}");
    assert!(run.stderr.contains("VAULT_ADDR"), "{run}");
}

/// The config file that is printed says what was said here.
#[test]
fn settings_are_carried_into_the_cluster() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| written(home.path(), name, text);
    let template = "type = 'example.test/login'\n[data]\npassword = '{{password}}'\n";
    let template = write("t.toml", template);
    let ca = write("ca.pem", "-----BEGIN CERTIFICATE-----\nx\n");
    let config = write("c.toml", "schema = 1\nconcurrency = 3\nauth-only = true\n");
    let run = manifests(&[
        "--config",
        &config,
        REGISTRY[0],
        REGISTRY[1],
        "--secret-format",
        "template",
        "--secret-template",
        &template,
        "--aws-ca-bundle",
        &ca,
        "--namespace",
        "a",
        "--namespace",
        "b",
    ]);
    let objects = objects(&run.ok().stdout);
    let config = of_kind(&objects, "ConfigMap")[0];
    let data = &config["data"];
    let text = data["iamra.toml"].as_str().unwrap();
    assert_eq!(
        text,
        "schema = 1\nauth-only = true\naws-ca-bundle = \"/etc/iamra/config/aws-ca-bundle.pem\"\n\
         concurrency = \"3\"\nmetrics-addr = \"0.0.0.0:9090\"\nnamespace = [\"a\", \"b\"]\n\
         registry = [\"123456789012.dkr.ecr.eu-central-1.amazonaws.com\"]\n\
         secret-format = \"template\"\n\
         secret-template = \"/etc/iamra/config/secret-template.toml\"\n"
    );
    assert!(
        data["secret-template.toml"]
            .as_str()
            .unwrap()
            .contains("{{password}}")
    );
    assert!(
        data["aws-ca-bundle.pem"]
            .as_str()
            .unwrap()
            .contains("BEGIN")
    );
    let policy = of_kind(&objects, "ValidatingAdmissionPolicy")[0].to_string();
    assert!(policy.contains("example.test/login"), "{policy}");
    // It is one that iamra reads.
    let again = write("again.toml", text);
    let mut command = iamra(home.path());
    Run::of(command.args(["config", "print", "--config", &again])).ok();
}

/// A folder for `kubectl apply -k`, and one for Helm.
#[test]
fn folders_are_written() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("out");
    let place = folder.display().to_string();
    for form in ["kustomize", "helm"] {
        let folder = ["--leader-elect", "-o", form, "--out-dir", &place];
        let run = manifests(&[&folder[..], &REGISTRY].concat()).ok();
        assert_eq!(run.stdout, "");
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut text = String::new();
    for name in [
        "kustomization.yaml",
        "Chart.yaml",
        "values.yaml",
        "templates/workload.yaml",
    ] {
        text += &format!("## {name}\n{}", read(name));
    }
    let text = text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    shown("k8s-manifests-folders", &text);
    // Whatever was there before and is not needed any more, says so.
    let old = ["--kube-version", "1.28", "-o", "helm", "--out-dir", &place];
    manifests(&[&old[..], &REGISTRY].concat()).ok();
    assert_eq!(
        read("templates/admission.yaml"),
        "# Nothing of this is needed.\n"
    );
}

/// Nothing is kept, and no right is there to keep anything.
#[test]
fn tokens_that_are_forgotten_need_no_secret() {
    for (more, is_kept) in [(&[][..], true), (&["--forget-tokens"], false)] {
        let run = manifests(&[&["-n", "team-a"], &REGISTRY[..], more].concat()).ok();
        assert_eq!(run.stdout.contains("iamra-default-token"), is_kept, "{run}");
    }
}

/// A workload of several groups has the rights of all of them, and no group has
/// another's.
#[test]
fn groups_are_one_workload() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| written(home.path(), name, text);
    write("t.toml", "[data]\npassword = '{{password}}'\n");
    let config = write("c.toml", GROUPS);
    let mut command = iamra(home.path());
    command.args([
        "k8s",
        "manifests",
        "--config",
        &config,
        "--image",
        "iamra:test",
    ]);
    let run = Run::of(&mut command).ok();
    shown("k8s-manifests-groups", &run.stdout);
    let objects = objects(&run.stdout);
    let text = &of_kind(&objects, "ConfigMap")[0]["data"]["iamra.toml"];
    let again = write("again.toml", text.as_str().unwrap());
    let mut command = iamra(home.path());
    Run::of(command.args(["config", "print", "--config", &again])).ok();
}

/// What is wrong in one group is told with its place.
#[test]
fn a_group_that_would_not_start_is_not_printed() {
    let home = tempfile::tempdir().unwrap();
    let of = |group: &str| {
        let path = home.path().join("c.toml");
        let text = format!("schema = 1\nregion = 'eu-central-1'\n[group.a]\n{group}\n");
        #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
        std::fs::write(&path, text).unwrap();
        manifests(&["--config", &path.display().to_string()])
    };
    of("").ok();
    for (group, why) in [
        ("secret-format = 'tls'", "such a Secret needs a name"),
        ("registry = ['example.test']", "[group.a] (registry)"),
        ("namespace = ['kube-system']", "[group.a] (namespace)"),
        (
            "secret-template = 't.toml'\nsecret-format = 'template'",
            "t.toml does not exist",
        ),
        ("trust-anchor-arn = 'arn'", "[group.a] (trust-anchor-arn)"),
        ("certificate = '-'", "[group.a] (certificate)"),
        (
            "[group.B_c]\nsecret-name = 'b'",
            "[group.B_c]: a name is of",
        ),
    ] {
        let run = of(group);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
        assert!(run.stderr.contains(why), "{why}: {run}");
    }
}

const GROUPS: &str = "\
schema = 1
vault-addr = 'https://vault.example.test:8200'
auth-role = 'iamra'
common-name = 'iamra.example.test'
trust-anchor-arn = 'arn:aws:rolesanywhere:eu-central-1:123456789012:trust-anchor/a'
profile-arn = 'arn:aws:rolesanywhere:eu-central-1:123456789012:profile/a'
own-namespace = 'pulls'

[group.teams]
role-arn = 'arn:aws:iam::123456789012:role/a'
registry = ['123456789012.dkr.ecr.eu-central-1.amazonaws.com']
namespace-glob = ['team-*']
service-account = ['default']
secret-label = ['team=a']

[group.flux]
registry = ['public.ecr.aws']
namespace = ['flux-system', 'pulls']
secret-name = 'login'
secret-template = 't.toml'
credentials = 'ambient'
secret-annotation = ['example.test/of=flux']
";

/// What is read by a shell is quoted for it.
#[test]
fn a_file_of_an_odd_name_is_one_word() {
    let key = "/tmp/my pki/$(id).pe'm";
    let files = ["--certificate", "c.pem", "--private-key", key];
    let run = manifests(&[&SESSION[..], &files, &REGISTRY].concat()).ok();
    let lines = run.stdout.lines();
    let lines: Vec<&str> = lines.filter(|line| line.contains("--from-file")).collect();
    let words: Vec<String> = lines
        .iter()
        .flat_map(|line| shlex::split(line.trim_start_matches('#').trim_end_matches('\\')).unwrap())
        .collect();
    let expected = ["certificate.pem=c.pem", &format!("private-key={key}")];
    let expected = expected.map(|file| format!("--from-file={file}"));
    assert_eq!(words, expected, "{run}");
}

#[test]
fn what_cannot_be_installed_is_one_clear_line() {
    let mut lines = String::new();
    let with_session = |more: &[&'static str]| [&SESSION[..], more].concat();
    let cases: &[&[&str]] = &[
        &["--mode", "all"],
        &["--form", "daemonset"],
        &["-o", "json"],
        &["-o", "helm"],
        &["-o", "kustomize"],
        &["--out-dir", "x"],
        &["--replicas", "0"],
        &["--replicas", "x"],
        &["--replicas", "2"],
        &["--replicas", "2", "--form", "cronjob"],
        &["--leader-elect", "--form", "cronjob"],
        &["--kube-version", "latest"],
        &["--kube-version", "1.29", "--namespace-selector", "a=b"],
        &["--kube-version", "1.29", "--namespace-glob", "*"],
        &["--kube-version", "1.29", "--mode", "cluster"],
        &["--mode", "namespaced", "--namespace-selector", "a=b"],
        &["--mode", "namespaced", "--namespace-glob", "*"],
        &["-n", "kube-system"],
        &["-n", "Team"],
        &["-n", "a/b"],
        &["--own-namespace", "kube-system"],
        &["--own-namespace", "a b"],
        &["--secret-name", "A"],
        &["--secret-name", "a'] || true || ['"],
        &["--config-name", "a.b"],
        &["--config-name", "a\nb"],
        &["--service-account", "a\"b"],
        &["--secret-format", "jks"],
        &["--secret-format", "template"],
        &[
            "--secret-format",
            "template",
            "--secret-template",
            "missing.toml",
        ],
        &["--image", "a b"],
        &["--image", "{{ .x }}"],
        &["--metrics-addr", "127.0.0.1:9090"],
        &["--metrics-addr", "x"],
        &["--https-proxy", "http://me:secret@proxy.test:3128"],
        &["--trust-anchor-arn", "arn"],
        &SESSION[..4],
        &with_session(&VAULT[..2]),
        &with_session(&VAULT[2..]),
        &with_session(&VAULT[..4]),
        &with_session(&["--certificate", "-"]),
        &with_session(&["--certificate", "c.pem", "--private-key", "pkcs11:token=a"]),
        &["--credentials", "x"],
        &["--account", "123456789012"],
        &["--concurrency", "0"],
        &["--max-writes-per-second", "x"],
        &["--token-interval", "0"],
        &["--on-foreign", "delete"],
        &["--secret-label", "a"],
        &["--secret-label", "app.kubernetes.io/managed-by=Helm"],
        &["--secret-format", "tls"],
        &["--secret-format", "basic-auth", "--public"],
        &["--mode", "cluster", "-n", "a"],
        &["--aws-profile", "a"],
        &["--jwt-command", "date"],
        &["--vault-capath", "/etc/ssl"],
        &["--form", "sidecar-file", "--credentials-file", "x"],
        &["--form", "sidecar-creds", "--listen", "unix:/run/x"],
        &["--form", "sidecar-creds", "--listen", "127.0.0.1:0"],
        &["--form", "sidecar-cert", "-n", "a"],
        &["--form", "sidecar-creds", "--secret-name", "a"],
    ];
    for arguments in cases {
        // Of what a pod needs, nothing is missing but what is told here.
        let is_sidecar = arguments.iter().any(|word| word.starts_with("sidecar"));
        let registry: &[&str] = if is_sidecar || arguments.contains(&"--account") {
            &[]
        } else {
            &REGISTRY
        };
        let run = bare(&[&["k8s", "manifests"], *arguments, registry].concat());
        let ended = (run.code, run.stdout.as_str());
        assert_eq!(ended, (Some(2), ""), "{arguments:?} {run}");
        lines += &format!("{arguments:?}\n{}\n", run.stderr);
    }
    shown("k8s-manifests-refused", &lines);
}

/// A file of that name in the folder; returns its path.
#[expect(clippy::disallowed_methods, reason = "a test's own folder")]
pub(super) fn written(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}
