use std::sync::atomic::{AtomicBool, Ordering};

use crate::ambient::stub::{Asked, Reply, Stub, credentials};
use crate::ambient::tests::{ambient, found};

const TOKEN: &str = "PUT /latest/api/token";
const ROLES: &str = "GET /latest/meta-data/iam/security-credentials/";
const NODE: &str = "GET /latest/meta-data/iam/security-credentials/node";

/// What is found at such a service, with more variables.
async fn at(stub: &Stub, more: &[(&str, &str)]) -> Result<String, String> {
    let own = [("AWS_EC2_METADATA_SERVICE_ENDPOINT", stub.url.as_str())];
    let found = found(&[&own, more].concat()).await;
    found.map_err(|error| error.replace(&stub.url, "URL"))
}

fn text(status: u16, text: &str) -> Reply {
    Reply::Text(status, text.to_owned())
}

/// Version 1: who asks for a token gets what `token` says.
fn version_1(token: impl Fn() -> Reply + Send + 'static) -> Stub {
    Stub::new(move |asked| match asked.what.as_str() {
        TOKEN => token(),
        ROLES => text(200, "node\n"),
        NODE => text(200, &credentials("ASIA-v1")),
        _ => text(404, ""),
    })
}

#[tokio::test]
async fn version_2_is_asked_with_a_token() {
    let stub = Stub::metadata();
    assert_eq!(at(&stub, &[]).await.as_deref(), Ok("ASIA-node"));
    let asked = stub.asked();
    assert_eq!(stub.paths(), [TOKEN, ROLES, NODE]);
    let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 60\r\n";
    assert!(asked[0].head.contains(ttl), "{asked:?}");
}

#[tokio::test]
async fn who_knows_no_token_is_asked_without() {
    for status in [403, 404, 405] {
        let stub = version_1(move || text(status, "<html>"));
        assert_eq!(at(&stub, &[]).await.as_deref(), Ok("ASIA-v1"), "{status}");
        assert_eq!(stub.paths(), [TOKEN, ROLES, NODE]);
        let only_2 = [("AWS_EC2_METADATA_V1_DISABLED", "true")];
        let error = at(&stub, &only_2).await.unwrap_err();
        assert!(error.starts_with("ambient.denied: URL answers"), "{error}");
        assert_eq!(stub.paths()[3..], [TOKEN]);
    }
}

#[tokio::test]
async fn a_token_that_does_not_arrive_is_done_without() {
    let stub = version_1(|| Reply::Silence);
    assert_eq!(at(&stub, &[]).await.as_deref(), Ok("ASIA-v1"));
    let only_2 = [("AWS_EC2_METADATA_V1_DISABLED", "true")];
    let error = at(&stub, &only_2).await.unwrap_err();
    assert!(error.starts_with("ambient.none: "), "{error}");
    assert!(
        error.ends_with("instance metadata: URL gives no token"),
        "{error}"
    );
    // As with a hop limit of 1: the token is wanted, and dies on its way.
    let stub = Stub::new(|asked| match asked.what.as_str() {
        TOKEN => Reply::Silence,
        _ => text(401, ""),
    });
    let error = at(&stub, &[]).await.unwrap_err();
    assert_eq!(
        error,
        "ambient.denied: URL answers 401 Unauthorized: it wants a token (IMDSv2), and gives none"
    );
}

#[tokio::test]
async fn an_instance_need_not_have_a_role_and_there_need_not_be_one() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let error = found(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &nobody)]).await;
    let error = error.unwrap_err();
    assert!(error.starts_with("ambient.none: "), "{error}");
    assert!(
        error.contains("instance metadata: cannot connect to 127.0.0.1"),
        "{error}"
    );
    for roles in [404, 200] {
        let stub = Stub::new(move |asked| match asked.what.as_str() {
            TOKEN => text(200, "token"),
            _ => text(roles, "\n"),
        });
        let error = at(&stub, &[]).await.unwrap_err();
        assert!(error.starts_with("ambient.none: "), "{error}");
        assert!(
            error.ends_with("URL does not answer, or has no role"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_it_says_is_not_believed_unseen() {
    type Play = fn(&Asked) -> Reply;
    let unauthorized = r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"no\u001b[2J"}"#;
    let cases: [(Play, &str); 7] = [
        (
            |_| text(400, ""),
            "ambient.unavailable: URL answers 400 Bad Request",
        ),
        (
            |_| text(200, "a\nb"),
            "ambient.unavailable: URL: its token is none",
        ),
        (
            |asked| of_role(asked, "../../user-data", ""),
            "ambient.unavailable: URL: what it names is no role",
        ),
        (
            |asked| of_role(asked, "..", ""),
            "ambient.unavailable: URL: what it names is no role",
        ),
        (
            |asked| of_role(asked, "node", "<html>"),
            "ambient.unavailable: URL: its answer is not the JSON of credentials",
        ),
        (
            |asked| of_role(asked, "node", "{}"),
            "ambient.unavailable: the instance metadata of role node: its access key id is empty",
        ),
        (
            |asked| of_role(asked, "node", r#"{"Code":"Failed"}"#),
            "ambient.unavailable: the instance metadata of role node: Failed",
        ),
    ];
    for (play, expected) in cases {
        let stub = Stub::new(play);
        assert_eq!(at(&stub, &[]).await.unwrap_err(), expected);
    }
    let stub = Stub::new(move |asked| of_role(asked, "node", unauthorized));
    assert_eq!(
        at(&stub, &[]).await.unwrap_err(),
        "ambient.denied: the instance metadata of role node: AssumeRoleUnauthorizedAccess no [2J"
    );
}

fn of_role(asked: &Asked, role: &str, document: &str) -> Reply {
    match asked.what.as_str() {
        TOKEN => text(200, "token"),
        ROLES => text(200, role),
        _ => text(200, document),
    }
}

#[tokio::test]
async fn bad_luck_gets_a_second_chance() {
    let stub = {
        let failed = AtomicBool::new(false);
        Stub::new(move |asked| match asked.what.as_str() {
            TOKEN => text(404, ""),
            ROLES if !failed.swap(true, Ordering::Relaxed) => text(503, ""),
            ROLES => text(200, "node"),
            _ => text(200, &credentials("ASIA-v1")),
        })
    };
    assert_eq!(at(&stub, &[]).await.as_deref(), Ok("ASIA-v1"));
    assert_eq!(stub.paths(), [TOKEN, ROLES, ROLES, NODE]);
    let stub = Stub::new(|_| text(503, ""));
    let error = at(&stub, &[]).await.unwrap_err();
    assert_eq!(
        error,
        "ambient.unavailable: URL answers 503 Service Unavailable"
    );
    assert_eq!(stub.paths(), [TOKEN, TOKEN]);
}

#[tokio::test]
async fn the_place_is_what_the_settings_say() {
    let key = |variables: &[(&str, &str)]| ambient(variables).key();
    for (name, value, expected) in [
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "IPv6",
            Ok("http://[fd00:ec2::254];"),
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "ipv4",
            Ok("http://169.254.169.254;"),
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "5",
            Err("it must be IPv4 or IPv6"),
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "http://h:1/",
            Ok("http://h:1;"),
        ),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "h:1",
            Err("is not an endpoint"),
        ),
    ] {
        match (key(&[(name, value)]), expected) {
            (Ok(key), Ok(base)) => assert!(key.unwrap().contains(base), "{value}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, _) => panic!("{value}: {found:?}"),
        }
    }
}
