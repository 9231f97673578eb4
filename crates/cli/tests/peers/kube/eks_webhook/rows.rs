//! The pods that are made by both.

use serde_json::{Value, json};

/// A pod, and where ours leaves it otherwise on purpose.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) pod: Value,
    pub(super) ours: Option<Ours>,
}

/// What ours has instead at some places of what is [seen](super::seen), and why.
pub(super) struct Ours {
    pub(super) places: Vec<(&'static str, Value)>,
    /// Read by people.
    pub(super) why: &'static str,
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = plain();
    rows.extend(expirations());
    rows.extend(left_alone());
    rows.extend(with_variables());
    rows.extend(with_volumes());
    rows
}

/// A pod of an account, with more in its metadata and its spec.
pub(super) fn pod(account: &str, more: &Value) -> Value {
    let mut pod = json!({
        "metadata": {"generateName": "pod-"},
        "spec": {
            "serviceAccountName": account,
            "automountServiceAccountToken": false,
            "containers": [container("web")],
        },
    });
    for part in ["metadata", "spec"] {
        let members = more[part].as_object().into_iter().flatten();
        for (name, value) in members {
            pod[part][name] = value.clone();
        }
    }
    pod
}

fn same(what: &'static str, pod: Value) -> Row {
    Row {
        what,
        pod,
        ours: None,
    }
}

fn ours(
    what: &'static str,
    pod: Value,
    places: &[(&'static str, Value)],
    why: &'static str,
) -> Row {
    let places = places.to_vec();
    Row {
        ours: Some(Ours { places, why }),
        ..same(what, pod)
    }
}

fn plain() -> Vec<Row> {
    let labels = |labels: Value| pod("web", &json!({"metadata": {"labels": labels}}));
    let other = json!({"eks.amazonaws.com/pod-identity": "other"});
    vec![
        same("one container", pod("web", &json!({}))),
        same(
            "an account that the file does not name",
            pod("plain", &json!({})),
        ),
        same(
            "several containers, and some that come first",
            pod(
                "web",
                &json!({"spec": {
                    "initContainers": [container("setup"), sidecar("proxy")],
                    "containers": [container("web"), container("log")],
                }}),
            ),
        ),
        same("labels", labels(json!({"app": "web"}))),
        ours(
            "their label with another value",
            labels(other.clone()),
            &[("/labels", other)],
            "what a pod has is not replaced",
        ),
        same(
            "Windows",
            pod(
                "web",
                &json!({"spec": {"nodeSelector": {"kubernetes.io/os": "windows"}}}),
            ),
        ),
    ]
}

fn expirations() -> Vec<Row> {
    let of = |account, seconds: &str| annotated(account, ("token-expiration", seconds));
    vec![
        same("an hour", of("web", "3600")),
        same("too short a time", of("web", "60")),
        same("a day, which is what nobody chose", of("web", "86400")),
        same("a time that is none", of("web", "1h")),
        same("annotations of the account", pod("short", &json!({}))),
        same("a time beside that of the account", of("short", "3600")),
    ]
}

fn left_alone() -> Vec<Row> {
    let of = |names: &str| {
        let mut pod = annotated("web", ("skip-containers", names));
        pod["spec"]["containers"] = json!([container("web"), container("log")]);
        pod
    };
    vec![
        same("a container that is left alone", of("log")),
        same("a name that no container has", of("other")),
        ours(
            "a blank in the list of those that are left alone",
            of("other, log"),
            &[
                ("/containers/1/env", json!([])),
                ("/containers/1/mounts", json!([])),
            ],
            "no container's name begins with a blank: it is the list's",
        ),
        ours(
            "all are left alone",
            of("web,log"),
            &[NO_LABELS, NO_VOLUMES].map(|(place, empty)| (place, empty())),
            "a token that nothing mounts serves nobody",
        ),
    ]
}

fn with_variables() -> Vec<Row> {
    let of = |name: &str| {
        let mut pod = pod("web", &json!({}));
        pod["spec"]["containers"][0]["env"] = json!([{"name": name, "value": "own"}]);
        pod
    };
    let uninjected = [NO_MOUNTS, NO_LABELS, NO_VOLUMES].map(|(place, empty)| (place, empty()));
    let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    let mut beside = uninjected.to_vec();
    beside.push((
        "/containers/0/env",
        with_region(&json!([{"name": relative, "value": "own"}])),
    ));
    vec![
        same("a variable", of("HOME")),
        same("a region", of("AWS_REGION")),
        same("a default region", of("AWS_DEFAULT_REGION")),
        ours(
            "an endpoint of its own",
            of("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            &uninjected,
            "it has credentials from elsewhere, and no use for the token",
        ),
        ours(
            "an endpoint on its host",
            of(relative),
            &beside,
            "SDKs take that one, and ours would be a way that none goes",
        ),
    ]
}

fn with_volumes() -> Vec<Row> {
    let of = |volumes: Value, mounts: Value| {
        let mut pod = pod("web", &json!({"spec": {"volumes": volumes}}));
        pod["spec"]["containers"][0]["volumeMounts"] = mounts;
        pod
    };
    let empty = |name: &str| json!([{"name": name, "emptyDir": {}}]);
    let at = |name: &str, path: &str| json!([{"name": name, "mountPath": path}]);
    let unwarned = [NO_MOUNTS, NO_LABELS].map(|(place, empty)| (place, empty()));
    let mut named_alike = unwarned.to_vec();
    named_alike.push(("/containers/0/env", with_region(&json!([]))));
    let admitted = json!({
        "labels": {},
        "initContainers": [],
        "containers": [{"name": "web", "env": with_region(&json!([])), "mounts": at("data", FOLDER)}],
        "volumes": empty("data"),
    });
    vec![
        same("a volume", of(empty("data"), at("data", "/data"))),
        same("what an earlier webhook has left", injected()),
        ours(
            "a volume that is called as the token's, and has none",
            of(empty(TOKEN), json!([])),
            &named_alike,
            "the variable would name a file that is not there; a warning says so",
        ),
        ours(
            "another volume where the token belongs",
            of(empty("data"), at("data", FOLDER)),
            &[("", admitted)],
            "with two mounts at one path the API server refuses the pod; a warning is enough",
        ),
    ]
}

/// As either leaves it.
fn injected() -> Value {
    let token = json!({
        "audience": "pods.eks.amazonaws.com", "expirationSeconds": 3600, "path": TOKEN,
    });
    let sources = json!([{"serviceAccountToken": token}]);
    let mut pod = pod(
        "web",
        &json!({
            "metadata": {"labels": {"eks.amazonaws.com/pod-identity": "enabled"}},
            "spec": {"volumes": [{"name": TOKEN, "projected": {"sources": sources}}]},
        }),
    );
    let container = &mut pod["spec"]["containers"][0];
    container["env"] = json!([
        {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
        {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": format!("{FOLDER}/{TOKEN}")},
    ]);
    container["volumeMounts"] = json!([{"name": TOKEN, "readOnly": true, "mountPath": FOLDER}]);
    pod
}

fn annotated(account: &str, (name, value): (&str, &str)) -> Value {
    let name = format!("eks.amazonaws.com/{name}");
    pod(
        account,
        &json!({"metadata": {"annotations": {name: value}}}),
    )
}

fn container(name: &str) -> Value {
    json!({"name": name, "image": "image"})
}

/// One that begins before the others and stays.
fn sidecar(name: &str) -> Value {
    json!({"name": name, "image": "image", "restartPolicy": "Always"})
}

/// The variables, and those that a container without credentials is given as well.
fn with_region(variables: &Value) -> Value {
    let mut all = variables.as_array().unwrap().clone();
    let regions = ["AWS_DEFAULT_REGION", "AWS_REGION"];
    all.extend(regions.map(|name| json!({"name": name, "value": "eu-west-1"})));
    all.into()
}

/// Nothing, at a place.
type Nothing = (&'static str, fn() -> Value);

const NO_LABELS: Nothing = ("/labels", || json!({}));
const NO_MOUNTS: Nothing = ("/containers/0/mounts", || json!([]));
const NO_VOLUMES: Nothing = ("/volumes", || json!([]));
const FOLDER: &str = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
const TOKEN: &str = "eks-pod-identity-token";
