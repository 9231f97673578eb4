use pod_identity::PatchOperation;
use serde_json::{Value, json};

/// What the API server makes of `pod`: RFC 6902 with its `add` alone, to the
/// letter. Pointers are read by `serde_json`, which did not write them.
pub(crate) fn apply(pod: &Value, operations: &[PatchOperation]) -> Result<Value, String> {
    let mut pod = pod.clone();
    for operation in operations {
        let json = json!(operation);
        assert_eq!(json["op"], "add");
        let path = json["path"].as_str().unwrap();
        add(&mut pod, path, &json["value"]).ok_or_else(|| format!("{json} of {pod}"))?;
    }
    Ok(pod)
}

fn add(pod: &mut Value, path: &str, value: &Value) -> Option<()> {
    let (parent, last) = path.rsplit_once('/')?;
    let last = last.replace("~1", "/").replace("~0", "~");
    match pod.pointer_mut(parent)? {
        Value::Object(members) => {
            members.insert(last, value.clone());
        }
        Value::Array(items) if last == "-" => items.push(value.clone()),
        Value::Array(items) => {
            let index: usize = last.parse().ok()?;
            (index <= items.len()).then(|| items.insert(index, value.clone()))?;
        }
        _ => return None,
    }
    Some(())
}

#[test]
fn adding_is_as_the_rfc_has_it() {
    let operation = |path: &str| {
        vec![PatchOperation {
            path: path.to_owned(),
            value: json!(9),
        }]
    };
    let pod = json!({"a": [1, 2], "b/c~d": {}});
    for (path, expected) in [
        ("/a/-", Some(json!({"a": [1, 2, 9], "b/c~d": {}}))),
        ("/a/0", Some(json!({"a": [9, 1, 2], "b/c~d": {}}))),
        ("/a/2", Some(json!({"a": [1, 2, 9], "b/c~d": {}}))),
        ("/a", Some(json!({"a": 9, "b/c~d": {}}))),
        (
            "/b~1c~0d/e~01",
            Some(json!({"a": [1, 2], "b/c~d": {"e~1": 9}})),
        ),
        ("/a/3", None),
        ("/none/x", None),
        ("/a/0/x", None),
    ] {
        assert_eq!(apply(&pod, &operation(path)).ok(), expected, "{path}");
    }
}
