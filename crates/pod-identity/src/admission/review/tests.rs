use super::*;

fn review(request: &Value) -> Vec<u8> {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": request,
    })
    .to_string()
    .into_bytes()
}

fn creation() -> Value {
    json!({
        "uid": "918ef1dc",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "CREATE",
        "namespace": "shop",
        "userInfo": {"username": "admin"},
        "object": {
            "metadata": {"generateName": "web-"},
            "spec": {"serviceAccountName": "web", "containers": [
                {"name": "web", "env": [{"name": "PASSWORD", "value": "hunter2"}]},
            ]},
        },
        "oldObject": null,
        "dryRun": true,
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut request = creation();
    for (pointer, value) in changes {
        *request.pointer_mut(pointer).unwrap() = value.clone();
    }
    request
}

fn parsed(request: &Value) -> AdmissionRequest {
    AdmissionRequest::parse(&review(request)).unwrap()
}

#[test]
fn a_request_says_what_is_done_with_which_pod() {
    let request = parsed(&creation());
    assert_eq!(request.uid, "918ef1dc");
    assert_eq!(request.api_version, ReviewVersion::V1);
    assert_eq!(request.operation, Operation::Create);
    assert!(request.is_dry_run);
    assert_eq!(request.pod_name(), "web-");
    assert_eq!(request.pod, creation()["object"]);
    assert!(request.may_be_patched());
    let account = request.service_account().unwrap();
    assert_eq!(account.to_string(), "shop/web");
}

#[test]
fn its_debug_has_no_pod() {
    let text = format!("{:?}", parsed(&creation()));
    assert!(text.contains("918ef1dc") && text.contains("web-"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn the_account_is_default_unless_it_is_named() {
    for (spec, account) in [
        (json!({}), "shop/default"),
        (json!({"serviceAccountName": ""}), "shop/default"),
        (json!({"serviceAccountName": null}), "shop/default"),
        (json!({"serviceAccount": "old"}), "shop/old"),
        (
            json!({"serviceAccountName": "new", "serviceAccount": "old"}),
            "shop/new",
        ),
    ] {
        let request = parsed(&with(&[("/object/spec", spec.clone())]));
        let found = request.service_account().unwrap().to_string();
        assert_eq!(found, account, "{spec}");
    }
    // The pod's own namespace does not count.
    let request = parsed(&with(&[("/object/metadata", json!({"namespace": "bank"}))]));
    assert_eq!(request.service_account().unwrap().namespace(), "shop");
    let request = parsed(&with(&[("/namespace", json!(null))]));
    assert!(request.service_account().is_err());
}

#[test]
fn only_the_creation_of_a_pod_may_be_patched() {
    let mut part = creation();
    part["subResource"] = "ephemeralcontainers".into();
    let mirror = json!({"annotations": {"kubernetes.io/config.mirror": "0a1b"}});
    for request in [
        with(&[("/operation", json!("UPDATE"))]),
        with(&[("/operation", json!("CONNECT")), ("/object", json!(null))]),
        with(&[("/operation", json!("DELETE")), ("/object", json!(null))]),
        with(&[("/object/metadata", mirror)]),
        part,
    ] {
        assert!(!parsed(&request).may_be_patched(), "{request}");
    }
}

#[test]
fn what_is_not_a_request_for_a_pod_is_an_error() {
    let text = |body: &[u8]| {
        let error = AdmissionRequest::parse(body).unwrap_err();
        assert_eq!(error.status(), 400);
        assert_eq!(error.answer(), None);
        error.to_string()
    };
    let cases: [(&[u8], &str); 7] = [
        (b"", "the body is no AdmissionReview: EOF while parsing"),
        (b"\xff", "the body is no AdmissionReview: expected value"),
        (b"[[[[", "the body is no AdmissionReview: "),
        (
            b"{}",
            "the body is a \"\" of \"\", and only an AdmissionReview",
        ),
        (
            br#"{"apiVersion": "admission.k8s.io/v2", "kind": "AdmissionReview"}"#,
            "the body is a \"AdmissionReview\" of \"admission.k8s.io/v2\", and",
        ),
        (
            br#"{"apiVersion": "admission.k8s.io/v1", "kind": "Pod"}"#,
            "the body is a \"Pod\" of \"admission.k8s.io/v1\", and",
        ),
        (
            br#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}"#,
            "the AdmissionReview has no request",
        ),
    ];
    for (body, start) in cases {
        let error = text(body);
        assert!(error.starts_with(start), "{error}");
    }
    for (request, start) in [
        (json!({}), "the body is no AdmissionReview: missing field"),
        (
            with(&[("/operation", json!("PATCH"))]),
            "the body is no AdmissionReview: unknown variant",
        ),
        (
            with(&[("/object", json!("{}"))]),
            "the request 918ef1dc has no pod: its metadata is missing",
        ),
        (
            with(&[("/object/spec", json!([]))]),
            "the request 918ef1dc has no pod: its spec is missing",
        ),
    ] {
        let error = text(&review(&request));
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn what_is_no_pod_passes_with_a_warning() {
    let kind = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    let request = with(&[("/kind", kind), ("/object", json!({"kind": "Deployment"}))]);
    let answer = AdmissionRequest::parse(&review(&request))
        .unwrap_err()
        .answer()
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer.to_bytes()).unwrap();
    assert_eq!(
        answer["response"],
        json!({"uid": "918ef1dc", "allowed": true, "warnings": [
            "the request is of a Deployment, and only pods are injected into: see the webhook's rules"
        ]})
    );
}

#[test]
fn the_answer_is_of_the_requests_version() {
    for version in ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"] {
        let body = json!({
            "apiVersion": version, "kind": "AdmissionReview", "request": creation(),
        });
        let request = AdmissionRequest::parse(body.to_string().as_bytes()).unwrap();
        let answer = AdmissionAnswer::allow(&request).to_bytes();
        assert_eq!(
            serde_json::from_slice::<Value>(&answer).unwrap(),
            json!({
                "apiVersion": version,
                "kind": "AdmissionReview",
                "response": {"uid": "918ef1dc", "allowed": true},
            })
        );
    }
}

#[test]
fn an_answer_has_its_patch_and_each_warning_once() {
    let patch = PodPatch {
        operations: vec![PatchOperation {
            path: "/a".to_owned(),
            value: json!(1),
        }],
        warnings: vec![Warning::new("one"), Warning::new("two")],
    };
    let answer = AdmissionAnswer::allow(&parsed(&creation()))
        .warned([Warning::new("two")])
        .patched(patch);
    let answer: Value = serde_json::from_slice(&answer.to_bytes()).unwrap();
    let response = &answer["response"];
    assert_eq!(response["patchType"], "JSONPatch");
    let patch = STANDARD
        .decode(response["patch"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&patch).unwrap(),
        json!([{"op": "add", "path": "/a", "value": 1}])
    );
    assert_eq!(response["warnings"], json!(["two", "one"]));
}
