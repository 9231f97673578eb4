use pod_identity::{
    AdmissionRequest, AgentForm, Form, Injection, PodAnnotations, SidecarForm, SkippedContainers,
    Warning,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::applying::apply;

proptest! {
    #[test]
    fn a_patched_pod_is_patched_no_more(pod in pod(), injection in injection(), skipped in skipped()) {
        let patch = injection.patch(&pod, &skipped);
        let patched = apply(&pod, &patch.operations).map_err(TestCaseError::fail)?;
        let again = injection.patch(&patched, &skipped);
        prop_assert_eq!(json!(again.operations), json!([]), "of {}", patched);
    }

    #[test]
    fn nothing_that_was_there_is_another(pod in pod(), injection in injection(), skipped in skipped()) {
        let patch = injection.patch(&pod, &skipped);
        let patched = apply(&pod, &patch.operations).map_err(TestCaseError::fail)?;
        prop_assert_eq!(without(&patched, &pod), pod, "{}", patched);
    }

    #[test]
    fn names_stay_unique(pod in pod(), injection in injection()) {
        let patch = injection.patch(&pod, &SkippedContainers::default());
        let patched = apply(&pod, &patch.operations).map_err(TestCaseError::fail)?;
        for (list, key) in [("volumes", "name"), ("initContainers", "name")] {
            prop_assert!(is_unique(&patched["spec"][list], key), "{}", patched);
        }
        for container in patched["spec"]["containers"].as_array().unwrap() {
            prop_assert!(is_unique(&container["env"], "name"), "{}", patched);
            prop_assert!(is_unique(&container["volumeMounts"], "mountPath"), "{}", patched);
        }
    }

    #[test]
    fn a_skipped_container_stays_as_it_is(pod in pod(), injection in injection()) {
        let skipped = SkippedContainers::from_iter(["web"]);
        let patch = injection.patch(&pod, &skipped);
        for operation in &patch.operations {
            prop_assert!(!operation.path.starts_with("/spec/containers/0/"), "{}", operation.path);
        }
    }

    #[test]
    fn what_is_no_pod_is_no_trouble(pod in anything(), injection in injection(), skipped in skipped()) {
        let patch = injection.patch(&pod, &skipped);
        let patched = apply(&pod, &patch.operations).map_err(TestCaseError::fail)?;
        let again = injection.patch(&patched, &skipped);
        prop_assert_eq!(json!(again.operations), json!([]), "of {}", patched);
        let _ = PodAnnotations::parse(&"iamra.dev".parse().unwrap(), &pod);
    }

    #[test]
    fn no_body_is_any_trouble(body in any::<Vec<u8>>(), object in anything()) {
        let _ = AdmissionRequest::parse(&body);
        let body = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "1", "operation": "CREATE", "object": object,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
        }});
        if let Ok(request) = AdmissionRequest::parse(body.to_string().as_bytes()) {
            let _ = (request.service_account(), request.may_be_patched(), format!("{request:?}"));
        }
    }

    #[test]
    fn no_warning_is_longer_than_advised(text in ".{0,300}") {
        let warning = Warning::new(&text);
        prop_assert!(warning.as_str().chars().count() <= Warning::LONGEST);
        prop_assert!(!warning.as_str().contains(char::is_control));
    }
}

/// `patched` without what `original` does not have: a list keeps those items that
/// are in the original, which stand in its order.
fn without(patched: &Value, original: &Value) -> Value {
    match (patched, original) {
        (Value::Object(patched), Value::Object(original)) => original
            .iter()
            .map(|(key, original)| {
                let patched = patched.get(key).unwrap_or(&Value::Null);
                (key.clone(), without(patched, original))
            })
            .collect::<Map<_, _>>()
            .into(),
        (Value::Array(patched), Value::Array(original)) => {
            let mut left = original.iter().peekable();
            let kept = patched.iter().filter_map(|patched| {
                let next = left.next_if(|next| without(patched, next) == **next)?;
                Some(without(patched, next))
            });
            kept.collect()
        }
        (_, Value::Null) => Value::Null,
        _ => patched.clone(),
    }
}

fn is_unique(list: &Value, key: &str) -> bool {
    let keys = || list.as_array().into_iter().flatten().map(|it| &it[key]);
    keys()
        .enumerate()
        .all(|(index, it)| !keys().skip(index + 1).any(|other| other == it))
}

/// Pods in which much of what matters is there, by half or otherwise.
fn pod() -> impl Strategy<Value = Value> {
    let containers = (container("web"), container("proxy"));
    let init = subsequence(vec!["setup", "iamra", "mesh"], 0..=3);
    let metadata = select(vec![
        json!({}),
        json!({"labels": null, "new": 1}),
        json!({"labels": {"app": "web"}}),
        json!({"labels": {"eks.amazonaws.com/pod-identity": "no"}}),
    ]);
    (metadata, containers, init, spec()).prop_map(|(metadata, (web, proxy), init, mut spec)| {
        spec["containers"] = json!([web, proxy]);
        if !init.is_empty() {
            let init: Value = init.iter().map(|name| json!({"name": name})).collect();
            spec["initContainers"] = init;
        }
        json!({"metadata": metadata, "spec": spec, "new": {"a": [null, 1]}})
    })
}

fn spec() -> impl Strategy<Value = Value> {
    let token = |name: &str, audience: &str| {
        json!({"name": name, "projected": {"sources": [{"serviceAccountToken": {
            "audience": audience, "path": "eks-pod-identity-token", "expirationSeconds": 700,
        }}]}})
    };
    let volumes = select(vec![
        json!(null),
        json!([]),
        json!([{"name": "cache", "emptyDir": {}}]),
        json!([token("eks-pod-identity-token", "pods.eks.amazonaws.com")]),
        json!([token("eks-pod-identity-token", "vault")]),
        json!([{"name": "cache"}, token("own", "pods.eks.amazonaws.com")]),
        json!([{"name": "iamra", "emptyDir": {}}]),
        json!([{"name": "iamra", "secret": {}}]),
    ]);
    let kind = select(vec![
        json!({}),
        json!({"hostNetwork": true}),
        json!({"os": {"name": "windows"}}),
    ]);
    (kind, volumes).prop_map(|(mut spec, volumes)| {
        spec["volumes"] = volumes;
        spec
    })
}

fn container(name: &'static str) -> impl Strategy<Value = Value> {
    let file = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token";
    let variables = vec![
        json!({"name": "A", "value": "$(B)"}),
        json!({"name": "AWS_REGION", "valueFrom": {"fieldRef": {}}}),
        json!({"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "legacy"}),
        json!({"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "x"}),
        json!({"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": file}),
        json!({"name": "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "value": "x"}),
    ];
    let folder = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
    let at = select(vec![json!("/elsewhere"), json!(folder), json!(null)]);
    let of = select(vec!["cache", "eks-pod-identity-token", "own"]);
    let some = subsequence(variables, 0..=3);
    (some, at, of).prop_map(move |(variables, at, of)| {
        let mut container = json!({"name": name, "new": [{}]});
        if !variables.is_empty() {
            container["env"] = variables.into();
        }
        if !at.is_null() {
            container["volumeMounts"] = json!([{"name": of, "mountPath": at}]);
        }
        container
    })
}

fn injection() -> impl Strategy<Value = Injection> {
    let sidecar = SidecarForm::new(
        "iamra",
        Map::from_iter([("args".to_owned(), json!(["creds", "serve"]))]),
        vec![json!({"name": "iamra", "emptyDir": {}})],
        vec![(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI".into(),
            "http://127.0.0.1/".into(),
        )],
    );
    let forms = vec![Form::Agent(AgentForm::default()), Form::Sidecar(sidecar)];
    let region = select(vec![None, Some("eu-west-1".parse().unwrap())]);
    let switches = (any::<bool>(), any::<bool>());
    (region, switches, select(forms)).prop_map(|(region, (regional_sts, label), form)| Injection {
        region,
        regional_sts,
        label,
        form,
    })
}

fn skipped() -> impl Strategy<Value = SkippedContainers> {
    subsequence(vec!["web", "proxy", "setup", "none"], 0..=2).prop_map(SkippedContainers::from_iter)
}

/// JSON with the keys of pods where they need not be.
fn anything() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        select(vec!["web", "windows", "eks-pod-identity-token"]).prop_map(Value::from),
    ];
    let keys = select(vec![
        "metadata",
        "spec",
        "containers",
        "initContainers",
        "volumes",
        "env",
        "volumeMounts",
        "labels",
        "annotations",
        "name",
        "mountPath",
        "nodeSelector",
        "projected",
        "sources",
    ]);
    scalar.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..6).prop_map(|members| {
                let members = members.into_iter().map(|(key, it)| (key.to_owned(), it));
                Value::Object(members.collect())
            }),
        ]
    })
}
