use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::object::Kind;
use super::status::Status;
use super::{Cluster, ServiceAccount};
use crate::RequestParts;
use crate::answer::Answer;
use crate::timestamp::rfc3339;
use crate::vault::Conditions;

/// `TokenRequest`: a token of a service account, bound to a pod of it or to none.
pub(super) fn answer(
    cluster: &Cluster,
    (namespace, account): (&str, &str),
    request: &RequestParts,
    conditions: Conditions<'_>,
) -> Result<Answer, Status> {
    let asked: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Status::bad_request(error.to_string()))?;
    let spec = &asked["spec"];
    let lifetime = lifetime(spec)?;
    let audience = crate::jwt::audiences(&spec["audiences"]).into_iter().next();
    let audience = audience.ok_or_else(|| Status::bad_request("no audience is named"))?;
    if cluster
        .world()
        .find(Kind::ServiceAccount, namespace, account)
        .is_none()
    {
        return Err(Status::no_object(Kind::ServiceAccount, account));
    }
    let around = (conditions.now, conditions.random);
    let token = match &spec["boundObjectRef"] {
        Value::Null => {
            let account = ServiceAccount {
                namespace: namespace.to_owned(),
                name: account.to_owned(),
                audience,
                lifetime,
            };
            cluster.token(&account, conditions.now, conditions.random)
        }
        bound => {
            check(cluster, (namespace, account), bound)?;
            let pod = bound["name"].as_str().unwrap_or_default();
            let claims = cluster.pod_claims((namespace, pod), (&audience, lifetime), around);
            let claims = claims.ok_or_else(|| Status::no_object(Kind::Pod, pod))?;
            cluster.key().issue_untyped(&claims.document())
        }
    };
    let token = token.map_err(|_| Status::server_error(StatusCode::INTERNAL_SERVER_ERROR))?;
    conditions.ledger.note_secret(&token);
    let mut document = asked.clone();
    document["status"] = json!({
        "token": token,
        "expirationTimestamp": rfc3339(conditions.now + lifetime),
    });
    Ok(Answer::json(StatusCode::CREATED, &document))
}

/// An hour where nothing is said; no less than ten minutes.
fn lifetime(spec: &Value) -> Result<Duration, Status> {
    let seconds = spec["expirationSeconds"].as_u64().unwrap_or(3600);
    if seconds < 600 {
        let why = "spec.expirationSeconds: Invalid value: may not specify a duration less than 10 minutes";
        return Err(Status::invalid(why));
    }
    Ok(Duration::from_secs(seconds))
}

/// The pod has to be the one that is meant, and of that account.
fn check(cluster: &Cluster, place: (&str, &str), bound: &Value) -> Result<(), Status> {
    let (namespace, account) = place;
    let name = bound["name"].as_str().unwrap_or_default();
    let world = cluster.world();
    let pod = world.find(Kind::Pod, namespace, name);
    let pod = pod.ok_or_else(|| Status::no_object(Kind::Pod, name))?;
    if bound["uid"].as_str().is_some_and(|uid| uid != pod.uid) {
        return Err(Status::conflict(
            "the UID in the bound object reference does not match",
        ));
    }
    if pod.text("/spec/serviceAccountName") != Some(account) {
        let why = "cannot bind token to a pod running with a different service account name";
        return Err(Status::bad_request(why));
    }
    Ok(())
}
