use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::RequestParts;
use crate::answer::Answer;
use crate::timestamp::unix_seconds;

const VERSION: &str = "2.0.0-sandbox";
const CLUSTER_NAME: &str = "vault-cluster-sandbox";
const CLUSTER_ID: &str = "5a4d0b0c-0000-4000-8000-000000000001";

/// Health, seal status and leader, which need no token and work while sealed.
pub(super) fn answer(
    path: &str,
    request: &RequestParts,
    now: SystemTime,
    sealed: bool,
) -> Option<Answer> {
    match path {
        "sys/health" => Some(health(request, now, sealed)),
        "sys/seal-status" => Some(seal_status(sealed)),
        "sys/leader" => Some(Answer::json(StatusCode::OK, &json!({"ha_enabled": false}))),
        _ => None,
    }
}

/// 503 while sealed, or what `sealedcode` asks for.
fn health(request: &RequestParts, now: SystemTime, sealed: bool) -> Answer {
    let asked = request.query_parameters();
    let asked = asked.iter().find(|(name, _)| name == "sealedcode");
    let asked = asked.and_then(|(_, code)| code.parse().ok());
    let status = if sealed {
        asked.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    } else {
        StatusCode::OK
    };
    let mode = if sealed { "unknown" } else { "disabled" };
    let mut document = json!({
        "initialized": true,
        "sealed": sealed,
        "standby": sealed,
        "replication_performance_mode": mode,
        "replication_dr_mode": mode,
        "server_time_utc": unix_seconds(now),
        "version": VERSION,
    });
    name_cluster(&mut document, sealed);
    Answer::json(status, &document)
}

fn seal_status(sealed: bool) -> Answer {
    let mut document = json!({
        "type": "shamir",
        "initialized": true,
        "sealed": sealed,
        "t": 1,
        "n": 1,
        "progress": 0,
        "nonce": "",
        "recovery_seal": false,
        "version": VERSION,
        "commit_date": "",
        "migration": false,
        "storage_type": "inmem",
    });
    name_cluster(&mut document, sealed);
    Answer::json(StatusCode::OK, &document)
}

/// A sealed server does not know its cluster.
fn name_cluster(document: &mut Value, sealed: bool) {
    let cluster = [("cluster_name", CLUSTER_NAME), ("cluster_id", CLUSTER_ID)];
    if let (false, Some(document)) = (sealed, document.as_object_mut()) {
        let cluster = cluster.map(|(name, value)| (name.to_owned(), Value::from(value)));
        document.append(&mut Map::from_iter(cluster));
    }
}
