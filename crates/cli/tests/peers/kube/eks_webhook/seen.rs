use serde_json::{Value, json};

/// What the API server has made of a pod, as far as a webhook may have a hand in it.
pub(super) fn seen((status, pod): &(u16, Value)) -> Value {
    if *status != 201 {
        return json!({"status": status, "reason": pod["reason"]});
    }
    let spec = &pod["spec"];
    let mut volumes: Vec<_> = list(&spec["volumes"]).into_iter().map(volume).collect();
    // Their order means nothing, and what we add comes last.
    volumes.sort_by_key(|volume| volume["name"].to_string());
    json!({
        "labels": or(&pod["metadata"]["labels"], json!({})),
        "initContainers": containers(&spec["initContainers"]),
        "containers": containers(&spec["containers"]),
        "volumes": volumes,
    })
}

fn containers(all: &Value) -> Vec<Value> {
    let all = list(all).into_iter().map(|container| {
        json!({
            "name": container["name"],
            "env": or(&container["env"], json!([])),
            "mounts": or(&container["volumeMounts"], json!([])),
        })
    });
    all.collect()
}

/// The same for each of the times that a day may become by chance.
fn volume(mut volume: Value) -> Value {
    let expiration =
        volume.pointer_mut("/projected/sources/0/serviceAccountToken/expirationSeconds");
    if let Some(expiration) = expiration
        && matches!(expiration.as_u64(), Some(79_200..=86_400))
    {
        *expiration = json!("a day, or up to two hours less");
    }
    volume
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn or(value: &Value, absent: Value) -> Value {
    if value.is_null() {
        absent
    } else {
        value.clone()
    }
}
