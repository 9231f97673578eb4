use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use serde_json::{Value, json};

use super::list::list;
use super::object::Kind;
use super::route::{Route, watches};
use super::selection::Selection;
use super::status::Status;
use super::token::ISSUER;
use super::watch::Watch;
use super::{Cluster, Forward, token_request};
use crate::RequestParts;
use crate::answer::Answer;
use crate::vault::Conditions;

/// What the API answers, and what follows after that.
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) watch: Option<Watch>,
    /// Who answers in its place.
    pub(crate) forward: Option<Forward>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            watch: None,
            forward: None,
        }
    }
}

/// Answers a request to the Kubernetes API.
pub(crate) fn answer(
    cluster: &Arc<Cluster>,
    request: &RequestParts,
    conditions: Conditions<'_>,
) -> Reply {
    let reply = route(cluster, request, conditions);
    reply.unwrap_or_else(|status| status.answer().into())
}

fn route(
    cluster: &Arc<Cluster>,
    request: &RequestParts,
    conditions: Conditions<'_>,
) -> Result<Reply, Status> {
    let authorization = request.header("authorization").unwrap_or_default();
    if authorization.strip_prefix("Bearer ") != Some(cluster.api_token()) {
        return Err(Status::unauthorized());
    }
    let route = Route::of(&request.path);
    let method = match route {
        Route::Unknown => return Err(Status::no_resource()),
        Route::TokenReviews | Route::Token { .. } => "POST",
        _ => "GET",
    };
    if request.method != method {
        return Err(Status::method_not_allowed());
    }
    match route {
        Route::List { kind, namespace } => {
            let selection = Selection::read(kind, namespace, request)?;
            if watches(request) {
                return follow(cluster, selection, request);
            }
            list(&cluster.world(), &selection, request).map(Reply::from)
        }
        Route::Object {
            kind,
            namespace,
            name,
        } => object(cluster, kind, (namespace, name)).map(Reply::from),
        Route::TokenReviews => token_review(cluster, request, conditions.now).map(Reply::from),
        Route::Token { namespace, account } => {
            let place = (namespace, account);
            token_request::answer(cluster, place, request, conditions).map(Reply::from)
        }
        Route::PodProxy { namespace, pod } => Ok(Reply {
            forward: Some(Forward::new(cluster, (namespace, pod), request)?),
            ..Answer::empty(StatusCode::OK).into()
        }),
        Route::Keys => Ok(keys(cluster).into()),
        Route::Discovery => Ok(discovery(request).into()),
        Route::Unknown => Err(Status::no_resource()),
    }
}

fn object(
    cluster: &Cluster,
    kind: Kind,
    (namespace, name): (&str, &str),
) -> Result<Answer, Status> {
    let world = cluster.world();
    let object = world.find(kind, namespace, name);
    let object = object.ok_or_else(|| Status::no_object(kind, name))?;
    Ok(Answer::json(StatusCode::OK, &object.document()))
}

fn follow(
    cluster: &Arc<Cluster>,
    selection: Selection,
    request: &RequestParts,
) -> Result<Reply, Status> {
    let watch = Watch::begin(cluster, selection, request)?;
    Ok(Reply {
        answer: Answer::text(StatusCode::OK, "application/json", ""),
        watch: Some(watch),
        forward: None,
    })
}

fn keys(cluster: &Cluster) -> Answer {
    let document = json!({ "keys": [cluster.key().public_jwk()] });
    let kind = "application/jwk-set+json";
    Answer::text(StatusCode::OK, kind, document.to_string())
        .with_header("cache-control", "public, max-age=3600")
}

fn discovery(request: &RequestParts) -> Answer {
    let host = request.header("host").unwrap_or_default();
    let document = json!({
        "issuer": ISSUER,
        "jwks_uri": format!("http://{host}/openid/v1/jwks"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    Answer::json(StatusCode::OK, &document).with_header("cache-control", "public, max-age=3600")
}

/// `TokenReview`: what was asked, and what became of it. As the real one, a token
/// that is not good is answered without `authenticated`.
fn token_review(
    cluster: &Cluster,
    request: &RequestParts,
    now: SystemTime,
) -> Result<Answer, Status> {
    let asked: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Status::bad_request(error.to_string()))?;
    let kind = (&asked["apiVersion"], &asked["kind"]);
    if kind != (&json!("authentication.k8s.io/v1"), &json!("TokenReview")) {
        return Err(Status::bad_request("the object is no TokenReview"));
    }
    let spec = &asked["spec"];
    let token = spec["token"].as_str().unwrap_or_default();
    if token.is_empty() {
        let text = "token is required for TokenReview in authentication";
        return Err(Status::bad_request(text));
    }
    let audiences = crate::jwt::audiences(&spec["audiences"]);
    let status = match cluster.review(token, &audiences, now) {
        Ok(reviewed) => reviewed.document(),
        Err(error) => json!({"user": {}, "error": error}),
    };
    let document = json!({
        "kind": "TokenReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": null},
        "spec": spec,
        "status": status,
    });
    Ok(Answer::json(StatusCode::CREATED, &document))
}
