//! Container credentials, as SDKs ask for them.

use credential_server::{ContainerAccess, Doors, Entrance, Outcome};

use crate::client::{ask, get, request};
use crate::fixture::serving;

const DOCUMENT: &str = "{\"RoleArn\":\"arn:aws:iam::123456789012:role/app\",\
     \"AccessKeyId\":\"ASIATEST\",\"SecretAccessKey\":\"secret+/key\",\
     \"Token\":\"session//token==\",\"Expiration\":\"2026-09-21T15:13:20Z\",\
     \"AccountId\":\"123456789012\"}";
const OPEN: Doors = Doors {
    imds: false,
    container: ContainerAccess::Open,
};

#[tokio::test]
async fn each_path_has_its_own_token() {
    serving(Doors::CONTAINER, async |fixture| {
        for (path, token, status) in [
            ("/creds", Some("t0ken"), 200),
            ("/creds/", Some("t0ken"), 200),
            ("/creds?x=y", Some("t0ken"), 200),
            ("/roles/billing", Some("b1lling"), 200),
            ("/creds", None, 401),
            ("/creds", Some(""), 401),
            ("/creds", Some("b1lling"), 401),
            ("/creds", Some("T0KEN"), 401),
            ("/creds", Some("t0ken2"), 401),
            // As it is: SDKs add no scheme.
            ("/creds", Some("Bearer t0ken"), 401),
            ("/roles/billing", Some("t0ken"), 401),
            ("/roles", Some("t0ken"), 404),
            ("/creds/more", Some("t0ken"), 404),
            ("//creds", Some("t0ken"), 404),
            ("/", Some("t0ken"), 404),
            ("/latest/meta-data/", Some("t0ken"), 404),
        ] {
            let header = token.map(|token| ("Authorization", token));
            let reply = get(fixture.address, path, header.as_slice()).await;
            assert_eq!(reply.status, status, "{path} {token:?}");
            let is_document = reply.body == DOCUMENT;
            assert_eq!(
                is_document,
                status == 200,
                "{path} {token:?}: {}",
                reply.body
            );
        }
        let twice = [("Authorization", "t0ken"), ("Authorization", "t0ken")];
        assert_eq!(get(fixture.address, "/creds", &twice).await.status, 401);
        let audit = fixture.server.broker().audit.lock().unwrap().clone();
        assert_eq!(audit.len(), 4);
        assert_eq!(
            audit[3],
            "ASIATEST at /roles/billing to Some(\"roles/billing\")"
        );
    })
    .await;
}

#[tokio::test]
async fn only_get_is_answered() {
    serving(Doors::CONTAINER, async |fixture| {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"] {
            let headers = [("Authorization", "t0ken")];
            let reply = ask(fixture.address, &request(method, "/creds", &headers)).await;
            assert_eq!(reply.status, 405, "{method}");
            assert_eq!(reply.header("allow"), Some("GET"), "{method}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_rotated_token_counts_at_once() {
    serving(Doors::CONTAINER, async |fixture| {
        for (expected, shown, status) in [
            (Some("first"), "first", 200),
            (Some("second"), "first", 401),
            (Some("second"), "second", 200),
            // Unreadable, or truncated while it is written.
            (None, "second", 503),
            (Some(""), "", 503),
            (Some("third"), "third", 200),
        ] {
            *fixture.rotating.lock().unwrap() = expected;
            let headers = [("Authorization", shown)];
            let reply = get(fixture.address, "/rotating", &headers).await;
            assert_eq!(reply.status, status, "{expected:?} {shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_delegated_token_is_the_brokers_to_judge() {
    serving(Doors::CONTAINER, async |fixture| {
        for (token, status, body) in [
            (Some("pod"), 200, DOCUMENT),
            (Some("other"), 401, "the token is nobody's\n"),
            (None, 401, "the token is nobody's\n"),
        ] {
            let header = token.map(|token| ("Authorization", token));
            let reply = get(fixture.address, "/delegated", header.as_slice()).await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (status, body),
                "{token:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_open_door_is_closed_to_browsers() {
    serving(OPEN, async |fixture| {
        assert_eq!(get(fixture.address, "/creds", &[]).await.body, DOCUMENT);
        for name in [
            "Origin",
            "Referer",
            "Cookie",
            "Sec-Fetch-Site",
            "Access-Control-Request-Method",
            "Access-Control-Request-Headers",
            "Access-Control-Request-Private-Network",
        ] {
            let reply = get(fixture.address, "/creds", &[(name, "x")]).await;
            assert_eq!(reply.status, 403, "{name}");
            assert!(!reply.body.contains("ASIA"), "{name}");
        }
        let post = request("POST", "/creds", &[]);
        assert_eq!(ask(fixture.address, &post).await.status, 405);
        let counters = fixture.server.counters();
        assert_eq!(
            counters.requests(Entrance::Container, Outcome::Forbidden),
            7
        );
    })
    .await;
}
