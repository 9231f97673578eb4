//! The chart in `deploy`, by helm's own code.

use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::peer::Peer;

/// Which a block of YAML would not take: its first line is deeper than the second.
const SETTINGS: &str = "  schema = 1\nregion = \"{{ no template }}\"\n";
const CHART: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../deploy/pull-secrets/helm"
);
/// What is printed of the same configuration as a stream.
const STREAM: &str = include_str!("../../../../deploy/pull-secrets/manifests.yaml");

fn helm(peer: &Peer, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(peer.path()).args(arguments).output().unwrap();
    let [said, complaint] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    (output.status.success(), said + &complaint)
}

fn rendered(peer: &Peer, values: &[&str]) -> String {
    let (is_ok, said) = helm(peer, &[&["template", "iamra", CHART], values].concat());
    assert!(is_ok, "{said}");
    said
}

fn objects(yaml: &str) -> Vec<Value> {
    let documents = yaml.split("---\n").filter(|it| {
        let mut lines = it.lines();
        lines.any(|line| !line.is_empty() && !line.starts_with('#'))
    });
    let objects = documents.map(|it| serde_saphyr::from_str(it).unwrap());
    let mut objects: Vec<Value> = objects.map(without_what_helm_adds).collect();
    objects.sort_by_key(|it| format!("{} {}", it["kind"], it["metadata"]["name"]));
    objects
}

/// Values that nobody has set are empty in the chart, and absent in the stream; the
/// fingerprint has another end.
fn without_what_helm_adds(mut object: Value) -> Value {
    if let Some(template) = object.pointer_mut("/spec/template") {
        let spec = template["spec"].as_object_mut().unwrap();
        for value in ["nodeSelector", "tolerations", "imagePullSecrets"] {
            if spec
                .get(value)
                .is_some_and(|it| *it == json!([]) || *it == json!({}))
            {
                spec.remove(value);
            }
        }
        let fingerprint = &mut template["metadata"]["annotations"]["iamra.dev/settings"];
        let text = fingerprint.as_str().unwrap();
        *fingerprint = json!(text.split('-').next());
    }
    object
}

#[test]
#[ignore = "peer: helm"]
fn the_chart_is_without_a_complaint_and_renders_what_is_printed() {
    let Some(peer) = Peer::program("helm") else {
        return;
    };
    let (is_ok, said) = helm(&peer, &["lint", "--strict", CHART]);
    assert!(is_ok && said.contains("0 chart(s) failed"), "{said}");
    assert_eq!(objects(&rendered(&peer, &[])), objects(STREAM));
}

#[test]
#[ignore = "peer: helm"]
fn its_values_are_the_users() {
    let Some(peer) = Peer::program("helm") else {
        return;
    };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(SETTINGS.as_bytes()).unwrap();
    let settings = format!("settings={}", file.path().display());
    let values = [
        "--set-file",
        &settings,
        "--set=image=registry.example/iamra@sha256:0",
        "--set=replicas=3",
        "--set=imagePullSecrets[0].name=pull",
        "--set=monitoring.enabled=false",
        "--set=nodeSelector.disk=ssd",
        "--set=podAnnotations.team=a",
    ];
    let [usual, chosen] = [&[][..], &values].map(|values| objects(&rendered(&peer, values)));
    let of = |objects: &[Value], kind: &str| {
        let mut found = objects.iter().filter(|it| it["kind"] == kind);
        found.next().cloned().unwrap_or_default()
    };
    let config = of(&chosen, "ConfigMap");
    let text = config["data"]["iamra.toml"].as_str().unwrap();
    assert_eq!(text, SETTINGS);
    let deployment = of(&chosen, "Deployment");
    assert_eq!(deployment["spec"]["replicas"], 3);
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(
        pod["containers"][0]["image"],
        "registry.example/iamra@sha256:0"
    );
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "pull"}]));
    assert_eq!(pod["nodeSelector"], json!({"disk": "ssd"}));
    let annotations = |objects: &[Value]| {
        of(objects, "Deployment")["spec"]["template"]["metadata"]["annotations"].clone()
    };
    assert_eq!(annotations(&chosen)["team"], "a");
    assert_eq!(of(&chosen, "PrometheusRule"), Value::Null);
    assert_ne!(of(&usual, "PrometheusRule"), Value::Null);

    // Other settings are other pods.
    let fingerprint = |values: &[&str]| {
        let text = rendered(&peer, values);
        let line = text.lines().find(|it| it.contains("iamra.dev/settings"));
        line.unwrap().to_owned()
    };
    assert_ne!(fingerprint(&[]), fingerprint(&values));

    // One pod may always be moved.
    let single = objects(&rendered(&peer, &["--set=replicas=1"]));
    assert_eq!(of(&single, "PodDisruptionBudget"), Value::Null);
    assert_ne!(of(&usual, "PodDisruptionBudget"), Value::Null);

    // What is misspelt is said.
    for value in ["replica=3", "monitoring.enable=false", "replicas=-1"] {
        let set = format!("--set={value}");
        let (is_ok, said) = helm(&peer, &["template", "iamra", CHART, &set]);
        assert!(!is_ok && said.contains("schema"), "{said}");
    }
    let (is_ok, said) = helm(&peer, &["template", "iamra", CHART, "--set=enabled=true"]);
    assert!(is_ok, "{said}");
}
