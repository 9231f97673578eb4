//! The metadata service, as SDKs and scripts ask it.

use std::sync::Arc;
use std::time::Duration;

use credential_server::{Doors, Entrance, Instance, Outcome};

use crate::client::{ask, get, request, token};
use crate::fixture::{hand_out, serving, start};

const TOKEN: &str = "X-aws-ec2-metadata-token";
const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";

#[tokio::test]
async fn what_is_known_is_answered_and_the_rest_is_not_there() {
    serving(Doors::IMDS, async |fixture| {
        let token = token(fixture.address, 60).await;
        for (path, status, body) in [
            ("/latest", 200, "dynamic\nmeta-data"),
            ("/latest/meta-data/", 200, "iam/\nplacement/"),
            ("/latest/meta-data/iam/", 200, "security-credentials/"),
            ("/latest/meta-data/iam/security-credentials", 200, "app"),
            (
                "/latest/meta-data/iam/security-credentials-extended/",
                200,
                "app",
            ),
            ("/latest/meta-data/iam/info", 404, "there is nothing here"),
            ("/latest/meta-data/placement/", 200, "region"),
            ("/latest/meta-data/placement/region", 200, "eu-central-1"),
            (
                "/2009-04-04//meta-data/placement/region/",
                200,
                "eu-central-1",
            ),
            (
                "/latest/meta-data/placement/availability-zone/",
                404,
                "there is nothing here",
            ),
            (
                "/latest/meta-data/instance-id",
                404,
                "there is nothing here",
            ),
            ("/latest/dynamic", 200, "instance-identity/"),
            ("/latest/dynamic/instance-identity/", 200, "document"),
            ("/latest/user-data", 404, "there is nothing here"),
            ("/2009-04-03/meta-data", 404, "there is nothing here"),
            ("/creds", 404, "there is nothing here"),
        ] {
            let reply = get(fixture.address, path, &[(TOKEN, &token)]).await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (status, body),
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_two_documents_of_a_role_differ_in_the_account() {
    serving(Doors::IMDS, async |fixture| {
        let token = token(fixture.address, 60).await;
        let plain = "{\"Code\":\"Success\",\"LastUpdated\":\"2026-09-21T14:13:20Z\",\
             \"Type\":\"AWS-HMAC\",\"AccessKeyId\":\"ASIATEST\",\
             \"SecretAccessKey\":\"secret+/key\",\"Token\":\"session//token==\",\
             \"Expiration\":\"2026-09-21T15:13:20Z\"";
        for (folder, expected) in [
            ("security-credentials", format!("{plain}}}")),
            (
                "security-credentials-extended",
                format!("{plain},\"AccountId\":\"123456789012\"}}"),
            ),
        ] {
            let path = format!("/latest/meta-data/iam/{folder}/app");
            let reply = get(fixture.address, &path, &[(TOKEN, &token)]).await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.body, expected);
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            // aws_signing_helper sets it behind the body, where it is lost.
            assert_eq!(reply.header(TTL), Some("60"));
            // aws_signing_helper answers with the role's name.
            let other = format!("/latest/meta-data/iam/{folder}/other");
            assert_eq!(
                get(fixture.address, &other, &[(TOKEN, &token)])
                    .await
                    .status,
                404
            );
        }
        let audit = fixture.server.broker().audit.lock().unwrap().clone();
        assert_eq!(
            audit,
            ["ASIATEST at iam/security-credentials/app to None"; 2]
        );
        let counters = fixture.server.counters();
        assert_eq!(counters.requests(Entrance::Imds, Outcome::HandedOut), 2);
        assert_eq!(counters.requests(Entrance::Imds, Outcome::NotFound), 2);
        assert_eq!(counters.tokens_issued(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_expiration_is_in_the_services_own_words() {
    serving(Doors::IMDS, async |fixture| {
        let other = hand_out().with_expiration_text("2026-09-21T15:13:20.000Z");
        *fixture.server.broker().answer.lock().unwrap() = Ok(Arc::new(other));
        let token = token(fixture.address, 60).await;
        let path = "/latest/meta-data/iam/security-credentials/app";
        let reply = get(fixture.address, path, &[(TOKEN, &token)]).await;
        assert!(
            reply
                .body
                .ends_with("\"Expiration\":\"2026-09-21T15:13:20.000Z\"}")
        );
    })
    .await;
}

#[tokio::test]
async fn all_that_is_configured_of_the_instance_is_told() {
    serving(Doors::IMDS, async |fixture| {
        let whole = Instance {
            role: "app".to_owned(),
            region: Some("us-east-1".to_owned()),
            availability_zone: Some("us-east-1a".to_owned()),
            account_id: Some("123456789012".to_owned()),
            instance_profile_arn: Some("arn:aws:iam::123456789012:instance-profile/app".to_owned()),
            instance_profile_id: Some("AIPAX".to_owned()),
            instance_id: Some("i-0123".to_owned()),
        };
        *fixture.server.broker().instance.lock().unwrap() = Arc::new(whole);
        let token = token(fixture.address, 60).await;
        let info = "{\n  \"Code\": \"Success\",\n  \"InstanceProfileArn\": \
             \"arn:aws:iam::123456789012:instance-profile/app\",\n  \"InstanceProfileId\": \
             \"AIPAX\"\n}";
        let document = "{\n  \"accountId\": \"123456789012\",\n  \"availabilityZone\": \
             \"us-east-1a\",\n  \"instanceId\": \"i-0123\",\n  \"region\": \"us-east-1\",\n  \
             \"version\": \"2017-09-30\"\n}";
        for (path, body) in [
            ("meta-data/", "iam/\ninstance-id\nplacement/"),
            ("meta-data/iam/", "info\nsecurity-credentials/"),
            ("meta-data/iam/info", info),
            ("meta-data/instance-id", "i-0123"),
            ("meta-data/placement", "availability-zone\nregion"),
            ("meta-data/placement/availability-zone/", "us-east-1a"),
            ("dynamic/instance-identity/document", document),
        ] {
            let path = format!("/latest/{path}");
            let reply = get(fixture.address, &path, &[(TOKEN, &token)]).await;
            assert_eq!((reply.status, reply.body.as_str()), (200, body), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_needs_a_lifetime_and_says_it() {
    serving(Doors::IMDS, async |fixture| {
        for (headers, status) in [
            (&[][..], 400),
            (&[(TTL, "0")][..], 400),
            (&[(TTL, "21601")][..], 400),
            (&[(TTL, "x")][..], 400),
            (&[(TTL, "60"), (TTL, "60")][..], 400),
            (&[(TTL, "21600")][..], 200),
            (&[(TTL, "60"), ("X-Forwarded-For", "10.0.0.1")][..], 403),
            (&[(TTL, "60"), ("Origin", "http://localhost")][..], 403),
        ] {
            let put = request("PUT", "/latest/api/token", headers);
            let reply = ask(fixture.address, &put).await;
            assert_eq!(reply.status, status, "{headers:?}");
            let lifetime = (status == 200).then_some("21600");
            assert_eq!(reply.header(TTL), lifetime, "{headers:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn another_method_is_told_which_one() {
    serving(Doors::IMDS, async |fixture| {
        for (method, path, allow) in [
            ("GET", "/latest/api/token", "PUT"),
            ("POST", "/latest/api/token/", "PUT"),
            ("TRACE", "/latest/meta-data/", "GET"),
            ("PUT", "/latest/meta-data/", "GET"),
            ("DELETE", "/", "GET"),
            (
                "OPTIONS",
                "/latest/meta-data/iam/security-credentials/app",
                "GET",
            ),
        ] {
            let sent = request(method, path, &[]);
            let reply = ask(fixture.address, &sent).await;
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_told() {
    serving(Doors::IMDS, async |fixture| {
        let good = token(fixture.address, 60).await;
        let mut forged = good.clone().into_bytes();
        forged[20] = if forged[20] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        let roles = "/latest/meta-data/iam/security-credentials/app";
        for path in ["/", "/latest/", roles, "/latest/nothing"] {
            for headers in [
                &[][..],
                &[(TOKEN, "")][..],
                &[(TOKEN, "AAAA")][..],
                &[(TOKEN, forged.as_str())][..],
                &[(TOKEN, good.as_str()), (TOKEN, good.as_str())][..],
            ] {
                let reply = get(fixture.address, path, headers).await;
                assert_eq!(reply.status, 401, "{path} {headers:?}");
                assert_eq!(reply.header(TTL), None);
            }
        }
        assert_eq!(
            get(fixture.address, "/", &[(TOKEN, &good)]).await.status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn a_token_expires_by_a_clock_that_jumps() {
    serving(Doors::IMDS, async |fixture| {
        let early = token(fixture.address, 60).await;
        let second = Duration::from_secs(1);
        for (now, status, left) in [
            (start() + 59 * second, 200, Some("1")),
            // Set back by an hour: that hour is not given again.
            (start() - 3600 * second, 200, Some("1")),
            (start() - 3599 * second, 401, None),
            (start() + 59 * second, 401, None),
        ] {
            fixture.clock.set(now);
            let reply = get(fixture.address, "/", &[(TOKEN, &early)]).await;
            assert_eq!((reply.status, reply.header(TTL)), (status, left));
        }
        // And none is issued that is expired.
        fixture.clock.set(start() - 7200 * second);
        let late = token(fixture.address, 60).await;
        assert_eq!(
            get(fixture.address, "/", &[(TOKEN, &late)]).await.status,
            200
        );
    })
    .await;
}
