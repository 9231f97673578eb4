//! Who must not get in: a page behind DNS rebinding, a forged request of a proxy
//! or server (SSRF), a stolen token.

use credential_server::{ContainerAccess, Doors, Listener, Settings};

use crate::client::{ask, get, request, token};
use crate::fixture::{serving, serving_with};

const TOKEN: &str = "X-aws-ec2-metadata-token";
const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";
const EVERY_DOOR: [(&str, &str); 5] = [
    ("PUT", "/latest/api/token"),
    ("GET", "/latest/meta-data/iam/security-credentials/app"),
    ("GET", "/creds"),
    ("GET", "/nothing"),
    ("OPTIONS", "/creds"),
];

#[tokio::test]
async fn a_foreign_host_is_refused_at_every_door() {
    serving(Doors::ALL, async |fixture| {
        let token = token(fixture.address, 60).await;
        for (method, path) in EVERY_DOOR {
            for host in [
                "evil.example",
                "evil.example:80",
                "localhost.evil.example",
                "127.0.0.1.nip.example",
                "10.0.0.1",
                "0.0.0.0",
                "2130706433",
                "[::]",
            ] {
                // With everything else right.
                let headers = [
                    ("Host", host),
                    (TTL, "60"),
                    (TOKEN, token.as_str()),
                    ("Authorization", "t0ken"),
                ];
                let reply = ask(fixture.address, &request(method, path, &headers)).await;
                assert_eq!(reply.status, 403, "{method} {path} at {host}");
                assert_eq!(reply.header("connection"), Some("close"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_hosts_that_sdks_name_are_ours() {
    let settings = Settings {
        allowed_hosts: vec!["creds.example".parse().unwrap()],
        ..Settings::default()
    };
    let listener = async |socket| Listener::tcp(socket, Doors::ALL);
    serving_with(settings, listener, async |fixture| {
        let port = fixture.address.port();
        for host in [
            "localhost",
            "127.0.0.1",
            "[::1]",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "[fd00:ec2::254]",
            "[fd00:ec2::23]",
            "creds.example",
        ] {
            for host in [host.to_owned(), format!("{host}:{port}")] {
                let headers = [("Host", host.as_str()), ("Authorization", "t0ken")];
                let reply = get(fixture.address, "/creds", &headers).await;
                assert_eq!(reply.status, 200, "{host}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_passed_on_is_refused_at_every_door() {
    serving(Doors::ALL, async |fixture| {
        let token = token(fixture.address, 60).await;
        for (method, path) in EVERY_DOOR {
            for (name, value) in [
                ("X-Forwarded-For", "127.0.0.1"),
                ("x-forwarded-for", ""),
                ("Forwarded", "for=127.0.0.1"),
                ("Via", "1.1 proxy"),
            ] {
                let headers = [
                    (name, value),
                    (TTL, "60"),
                    (TOKEN, token.as_str()),
                    ("Authorization", "t0ken"),
                ];
                let reply = ask(fixture.address, &request(method, path, &headers)).await;
                assert_eq!(reply.status, 403, "{method} {path} with {name}");
            }
        }
    })
    .await;
}

/// A server that can be made to fetch a URL sends GET without our headers.
#[tokio::test]
async fn a_forged_get_gets_nothing() {
    let open = Doors {
        imds: true,
        container: ContainerAccess::WithToken,
    };
    serving(open, async |fixture| {
        for (path, status) in [
            ("/", 401),
            ("/latest/meta-data/iam/security-credentials/", 401),
            ("/latest/meta-data/iam/security-credentials/app", 401),
            ("/latest/dynamic/instance-identity/document", 401),
            ("/latest/api/token", 405),
            ("/creds", 401),
            ("/delegated", 401),
        ] {
            let reply = get(fixture.address, path, &[]).await;
            assert_eq!(reply.status, status, "{path}");
        }
        assert!(fixture.server.broker().audit.lock().unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_server_is_none() {
    serving(Doors::IMDS, async |fixture| {
        let stolen = token(fixture.address, 21_600).await;
        serving(Doors::IMDS, async |restarted| {
            let reply = get(restarted.address, "/", &[(TOKEN, &stolen)]).await;
            assert_eq!(reply.status, 401);
        })
        .await;
    })
    .await;
}

/// `aws_signing_helper` keeps every token in memory and can be filled up.
#[tokio::test]
async fn a_flood_of_tokens_costs_nobody_theirs() {
    serving(Doors::IMDS, async |fixture| {
        let first = token(fixture.address, 1).await;
        for _ in 0..300 {
            token(fixture.address, 21_600).await;
        }
        let reply = get(fixture.address, "/", &[(TOKEN, &first)]).await;
        assert_eq!(reply.status, 200);
    })
    .await;
}
