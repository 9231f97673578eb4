//! Registries: passwords, pages of tags, and an image.

mod image;

use std::time::Duration;

use iamra_sandbox::{Fault, FaultEffect, FaultTarget, Operation, Repository};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::ecr::{password, public_password};
use crate::sts::{Session, session};

pub(crate) use image::IMAGE;

const OURS: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

/// Asks at the registry that `host` names; none for the sandbox's own address.
async fn ask(it: &Session, host: Option<&str>, path: &str, password: &str) -> Response {
    let url = it.running.aws_http_url() + path;
    let request = it.running.client.get(url).basic_auth("AWS", Some(password));
    let request = match host {
        Some(host) => request.header("host", host),
        None => request,
    };
    request.send().await.unwrap()
}

async fn get(it: &Session, path: &str, password: &str) -> (u16, Value) {
    json(ask(it, Some(OURS), path, password).await).await
}

async fn json(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

fn error(code: &str, message: &str) -> Value {
    serde_json::json!({"errors": [{"code": code, "message": message}]})
}

#[tokio::test]
async fn nobody_comes_in_without_a_live_token() {
    let it = session().await;
    let good = password(&it, "us-east-1").await;
    let url = it.running.aws_http_url() + "/v2/";
    let request = || it.running.client.get(&url).header("host", OURS);
    for (what, request) in [
        ("nothing", request()),
        ("other password", request().basic_auth("AWS", Some("other"))),
        ("other user", request().basic_auth("aws", Some(&good))),
        ("other scheme", request().bearer_auth(&good)),
        ("no base 64", request().header("authorization", "Basic ?")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{what}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let challenge = format!("Basic realm=\"https://{OURS}/\",service=\"ecr.amazonaws.com\"");
        assert_eq!(header("www-authenticate"), challenge, "{what}");
        assert_eq!(header("docker-distribution-api-version"), "registry/2.0");
        let (_, body) = json(response).await;
        assert_eq!(body, error("UNAUTHORIZED", "Not Authorized"), "{what}");
    }
    for path in ["/v2/", "/v2"] {
        let response = ask(&it, Some(OURS), path, &good).await;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert!(!response.headers().contains_key("www-authenticate"));
    }
    assert_eq!(it.running.requests().count(Operation::RegistryCheck), 7);
    it.clock.advance(Duration::from_secs(12 * 3600));
    let expired = "Your authorization token has expired. Reauthenticate and try again.";
    assert_eq!(
        get(&it, "/v2/", &good).await,
        (403, error("DENIED", expired))
    );
}

#[tokio::test]
async fn a_token_is_good_for_its_registries_alone() {
    let it = session().await;
    let here = password(&it, "us-east-1").await;
    let there = password(&it, "eu-central-1").await;
    let public = public_password(&it).await;
    let other_account = OURS.replace("123456789012", "210987654321");
    for (host, expected) in [
        (Some(OURS), [200, 401, 401]),
        (Some(&*other_account), [200, 401, 401]),
        (
            Some("123456789012.dkr.ecr.eu-central-1.amazonaws.com"),
            [401, 200, 401],
        ),
        (
            Some("123456789012.dkr-ecr-fips.us-east-1.on.aws"),
            [200, 401, 401],
        ),
        (Some("public.ecr.aws"), [401, 401, 200]),
        (Some("ecr-public.aws.com"), [401, 401, 200]),
        (None, [200, 200, 401]),
        (Some("registry.example.test"), [421, 421, 421]),
    ] {
        for (password, expected) in [&here, &there, &public].into_iter().zip(expected) {
            let status = ask(&it, host, "/v2/", password).await.status();
            assert_eq!(status.as_u16(), expected, "{host:?}");
        }
    }
}

#[tokio::test]
async fn tags_come_page_by_page() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    let mut path = "/v2/many/tags/list".to_owned();
    let (mut pages, mut tags) = (Vec::new(), Vec::new());
    loop {
        let response = ask(&it, Some(OURS), &path, &password).await;
        let link = response.headers().get("link").cloned();
        let (_, body) = json(response).await;
        assert_eq!(body["name"], "many");
        let page = body["tags"].as_array().unwrap().clone();
        pages.push(page.len());
        tags.extend(page);
        let Some(link) = link else { break };
        let link = link.to_str().unwrap().to_owned();
        let next = link
            .strip_prefix('<')
            .and_then(|it| it.strip_suffix(">; rel=\"next\""));
        next.unwrap().clone_into(&mut path);
    }
    assert_eq!(pages, [100, 100, 50]);
    assert_eq!(path, "/v2/many/tags/list?last=v200&n=100");
    let expected: Vec<_> = (1..=250).map(|it| format!("v{it:03}")).collect();
    assert_eq!(tags, expected);
    for (query, status, count) in [
        ("?n=1000", 200, 250),
        ("?n=250", 200, 250),
        ("?n=3&last=v248", 200, 2),
        ("?last=v250", 200, 0),
        ("?n=0", 400, 0),
        ("?n=1001", 400, 0),
        ("?n=x", 400, 0),
    ] {
        let path = format!("/v2/many/tags/list{query}");
        let response = ask(&it, Some(OURS), &path, &password).await;
        assert!(!response.headers().contains_key("link"), "{query}");
        let (answered, body) = json(response).await;
        let tags = body["tags"].as_array().map_or(0, Vec::len);
        assert_eq!((answered, tags), (status, count), "{query}: {body}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_by_code() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    let unknown = |code: &str, message: &str| (404, error(code, message));
    let missing = "The repository with name 'team/none' does not exist in the registry with id \
                   '123456789012'";
    let blob = format!("/v2/team/app/blobs/{IMAGE}");
    for (path, expected) in [
        ("/v2/team/none/tags/list", unknown("NAME_UNKNOWN", missing)),
        (
            "/v2/team/none/manifests/1",
            unknown("NAME_UNKNOWN", missing),
        ),
        (
            "/v2/team/none/blobs/sha256:ab",
            unknown("NAME_UNKNOWN", missing),
        ),
        (
            "/v2/team/app/manifests/3",
            unknown("MANIFEST_UNKNOWN", "Requested image not found"),
        ),
        (&blob, unknown("BLOB_UNKNOWN", "blob unknown to registry")),
        ("/v2/_catalog", unknown("UNSUPPORTED", "No such resource")),
    ] {
        assert_eq!(get(&it, path, &password).await, expected, "{path}");
    }
    // The same name is another repository in another account.
    let host = OURS.replace("123456789012", "210987654321");
    let response = ask(&it, Some(&host), "/v2/team/app/tags/list", &password).await;
    assert_eq!(response.status().as_u16(), 404);
}

#[tokio::test]
async fn a_repository_can_be_closed_to_readers() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    for path in ["tags/list", "manifests/1"] {
        let (status, body) = get(&it, &format!("/v2/forbidden/{path}"), &password).await;
        assert_eq!(
            (status, &body["errors"][0]["code"]),
            (403, &"DENIED".into())
        );
        let message = body["errors"][0]["message"].as_str().unwrap();
        let user = "User: arn:aws:sts::123456789012:assumed-role/iamra-sandbox/";
        let end = "is not authorized to perform: ecr:BatchGetImage on resource: \
                   arn:aws:ecr:us-east-1:123456789012:repository/forbidden because no \
                   identity-based policy allows the ecr:BatchGetImage action";
        assert!(
            message.starts_with(user) && message.ends_with(end),
            "{message}"
        );
    }
}

#[tokio::test]
async fn repositories_come_and_go_and_nothing_is_pushed() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    it.running.configure_ecr(|ecr| {
        let new = Repository::new("123456789012", "us-east-1", "new").tagged(&["b", "a"]);
        ecr.repositories = vec![new];
    });
    let (_, body) = get(&it, "/v2/new/tags/list", &password).await;
    assert_eq!(body["tags"], serde_json::json!(["a", "b"]));
    let (status, _) = get(&it, "/v2/many/tags/list", &password).await;
    assert_eq!(status, 404);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let url = it.running.aws_http_url() + "/v2/new/manifests/a";
        let request = it.running.client.request(method, url);
        let response = request
            .basic_auth("AWS", Some(&password))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), 405);
    }
}

#[tokio::test]
async fn faults_in_a_registrys_own_form() {
    let it = session().await;
    let password = password(&it, "us-east-1").await;
    let expired = "Your authorization token has expired. Reauthenticate and try again.";
    for (effect, expected) in [
        (
            FaultEffect::Throttle { retry_after: None },
            (429, error("TOOMANYREQUESTS", "Rate exceeded")),
        ),
        (
            FaultEffect::ServerError { status: 503 },
            (503, error("UNKNOWN", "unknown error")),
        ),
        (FaultEffect::Expired, (403, error("DENIED", expired))),
    ] {
        it.running
            .faults()
            .add(Fault::once(FaultTarget::Registry, effect));
        assert_eq!(get(&it, "/v2/", &password).await, expected);
    }
    assert_eq!(get(&it, "/v2/", &password).await.0, 200);
}
