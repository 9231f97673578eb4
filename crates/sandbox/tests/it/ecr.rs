//! ECR's and ECR Public's API: tokens, and every refusal.

mod refusals;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iamra_sandbox::{EcrAction, EcrDenial, Fault, FaultEffect, FaultTarget, Operation};
use reqwest::Request;
use serde_json::Value;

use crate::running::Running;
use crate::sts::{Session, answer, session, signed_for};

pub(crate) const PRIVATE: &str = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
pub(crate) const PUBLIC: &str = "SpencerFrontendService.GetAuthorizationToken";

fn post(running: &Running, target: &str, body: &str) -> Request {
    let request = running.client.post(running.aws_http_url() + "/");
    let request = request
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", target);
    request.body(body.to_owned()).build().unwrap()
}

/// Asks the private API in a region, or the public one.
pub(crate) async fn ask(it: &Session, target: &str, region: &str) -> (u16, Value) {
    ask_as(it, &it.credentials, target, region).await
}

async fn ask_as(
    it: &Session,
    credentials: &Credentials,
    target: &str,
    region: &str,
) -> (u16, Value) {
    let request = post(&it.running, target, "{}");
    send(it, request, credentials, (service(target), region)).await
}

async fn send(
    it: &Session,
    mut request: Request,
    credentials: &Credentials,
    scope: (&str, &str),
) -> (u16, Value) {
    signed_for(&mut request, credentials, it.clock.now(), scope);
    let (status, text) = answer(&it.running, request).await;
    (status, serde_json::from_str(&text).unwrap_or_default())
}

fn service(target: &str) -> &'static str {
    if target == PUBLIC {
        "ecr-public"
    } else {
        "ecr"
    }
}

/// The password of a token for a region.
pub(crate) async fn password(it: &Session, region: &str) -> String {
    let (status, answer) = ask(it, PRIVATE, region).await;
    assert_eq!(status, 200, "{answer}");
    password_in(&answer["authorizationData"][0])
}

/// The password of a token for the public registry.
pub(crate) async fn public_password(it: &Session) -> String {
    let (status, answer) = ask(it, PUBLIC, "us-east-1").await;
    assert_eq!(status, 200, "{answer}");
    password_in(&answer["authorizationData"])
}

fn password_in(data: &Value) -> String {
    let token = data["authorizationToken"].as_str().unwrap();
    let decoded = String::from_utf8(STANDARD.decode(token).unwrap()).unwrap();
    decoded.strip_prefix("AWS:").unwrap().to_owned()
}

fn assert_refused((status, answer): &(u16, Value), code: &str, what: &str) {
    assert_eq!(
        (*status, answer["__type"].as_str()),
        (400, Some(code)),
        "{what}: {answer}"
    );
    assert!(answer["message"].is_string(), "{what}: {answer}");
}

#[tokio::test]
async fn a_token_is_new_long_and_for_the_region_that_was_asked() {
    let it = session().await;
    let (status, answer) = ask(&it, PRIVATE, "eu-central-1").await;
    assert_eq!(status, 200, "{answer}");
    let data = &answer["authorizationData"][0];
    let end = it.clock.now() + Duration::from_secs(12 * 3600);
    let end = end.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(data["expiresAt"].as_f64(), Some(end.as_secs_f64()));
    assert_eq!(
        data["proxyEndpoint"],
        "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"
    );
    let first = password_in(data);
    assert!(first.len() > 1000 && !first.contains(':'), "{first}");
    let second = password(&it, "eu-central-1").await;
    assert_ne!(first, second);
    let secrets = it.running.secrets();
    let encoded = data["authorizationToken"].as_str().unwrap();
    for secret in [first.as_str(), second.as_str(), encoded] {
        assert!(secrets.iter().any(|known| known == secret));
    }
    let requests = it.running.requests();
    assert_eq!(requests.count(Operation::EcrToken), 2);
    let host = it.running.aws_http_url().replace("http://", "");
    assert_eq!(requests.hosts(Operation::EcrToken), [host]);
}

#[tokio::test]
async fn every_partition_has_its_suffix() {
    let it = session().await;
    let (_, answer) = ask(&it, PRIVATE, "cn-north-1").await;
    assert_eq!(
        answer["authorizationData"][0]["proxyEndpoint"],
        "https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"
    );
}

#[tokio::test]
async fn a_public_token_is_one_object_without_an_endpoint() {
    let it = session().await;
    let (status, answer) = ask(&it, PUBLIC, "us-east-1").await;
    assert_eq!(status, 200, "{answer}");
    let data = answer["authorizationData"].as_object().unwrap();
    let names: Vec<_> = data.keys().map(String::as_str).collect();
    assert_eq!(names, ["authorizationToken", "expiresAt"]);
    assert_eq!(it.running.requests().count(Operation::EcrPublicToken), 1);
    let refused = ask(&it, PUBLIC, "eu-central-1").await;
    assert_refused(&refused, "InvalidSignatureException", "another region");
}

#[tokio::test]
async fn registries_of_other_accounts_by_their_ids() {
    let it = session().await;
    let ask = async |body: &str| {
        let request = post(&it.running, PRIVATE, body);
        send(&it, request, &it.credentials, ("ecr", "us-east-1")).await
    };
    let (_, answer) = ask(r#"{"registryIds":["210987654321","345678901234"]}"#).await;
    let data = answer["authorizationData"].as_array().unwrap();
    let endpoints: Vec<_> = data.iter().map(|it| it["proxyEndpoint"].as_str()).collect();
    assert_eq!(
        endpoints,
        [
            Some("https://210987654321.dkr.ecr.us-east-1.amazonaws.com"),
            Some("https://345678901234.dkr.ecr.us-east-1.amazonaws.com")
        ]
    );
    for ids in [
        r#"["21098765432"]"#,
        r#"["21098765432x"]"#,
        "[]",
        "[1]",
        r#""210987654321""#,
    ] {
        let refused = ask(&format!(r#"{{"registryIds":{ids}}}"#)).await;
        assert_refused(&refused, "InvalidParameterException", ids);
    }
}

#[tokio::test]
async fn a_user_has_an_access_key_alone() {
    let it = session().await;
    let user = crate::user::credentials(&it.running);
    let (status, answer) = ask_as(&it, &user, PRIVATE, "us-east-1").await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn each_permission_can_be_missing() {
    let it = session().await;
    for (action, name, targets) in [
        (
            EcrAction::GetAuthorizationToken,
            "ecr:GetAuthorizationToken",
            (400, 200),
        ),
        (
            EcrAction::GetPublicAuthorizationToken,
            "ecr-public:GetAuthorizationToken",
            (200, 400),
        ),
        (
            EcrAction::GetServiceBearerToken,
            "sts:GetServiceBearerToken",
            (200, 400),
        ),
    ] {
        let principal_arn = it.running.role_arn().to_owned();
        let denial = EcrDenial {
            principal_arn,
            action,
        };
        it.running.configure_ecr(|ecr| ecr.denials = vec![denial]);
        let private = ask(&it, PRIVATE, "us-east-1").await;
        let public = ask(&it, PUBLIC, "us-east-1").await;
        assert_eq!((private.0, public.0), targets, "{name}");
        let refused = if private.0 == 400 { private } else { public };
        assert_refused(&refused, "AccessDeniedException", name);
        let message = refused.1["message"].as_str().unwrap();
        let user = "User: arn:aws:sts::123456789012:assumed-role/iamra-sandbox/";
        let end = format!(
            "is not authorized to perform: {name} on resource: * because no identity-based \
             policy allows the {name} action"
        );
        assert!(
            message.starts_with(user) && message.ends_with(&end),
            "{message}"
        );
    }
    // Somebody else is not concerned.
    let user = crate::user::credentials(&it.running);
    let (status, _) = ask_as(&it, &user, PUBLIC, "us-east-1").await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn faults_in_ecrs_own_form() {
    let it = session().await;
    for (effect, status, code) in [
        (
            FaultEffect::Throttle { retry_after: None },
            400,
            "ThrottlingException",
        ),
        (
            FaultEffect::ServerError { status: 500 },
            500,
            "ServerException",
        ),
    ] {
        it.running
            .faults()
            .add(Fault::once(FaultTarget::Ecr, effect));
        let (answered, answer) = ask(&it, PRIVATE, "us-east-1").await;
        assert_eq!(
            (answered, answer["__type"].as_str()),
            (status, Some(code)),
            "{answer}"
        );
    }
    it.running
        .faults()
        .add(Fault::once(FaultTarget::Ecr, FaultEffect::Expired));
    let (status, answer) = ask(&it, PRIVATE, "us-east-1").await;
    assert_eq!(status, 200, "{answer}");
    let now = it
        .clock
        .now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let end = answer["authorizationData"][0]["expiresAt"]
        .as_f64()
        .unwrap();
    assert!(end < now.as_secs_f64(), "{answer}");
}
