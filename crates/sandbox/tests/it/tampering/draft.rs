//! Requests that were wrong already when they were signed.

use iamra_sandbox::Refusal;

use super::World;
use crate::signer::Draft;

type Change = fn(&mut Draft);

fn check(table: &[(&str, Change, Refusal)]) {
    let world = World::new();
    for (what, change, refusal) in table {
        let mut draft = world.draft();
        change(&mut draft);
        let request = world.client.sign(&draft);
        assert_eq!(world.refusal(&request).as_ref(), Some(refusal), "{what}");
    }
}

fn header(draft: &mut Draft, name: &str, value: &str) {
    let header = draft.headers.iter_mut().find(|(other, _)| *other == name);
    value.clone_into(&mut header.unwrap().1);
}

fn unsign(draft: &mut Draft, name: &str) {
    let names = draft.headers.iter().map(|(name, _)| *name);
    draft.signed = Some(names.filter(|other| *other != name).collect());
}

fn body(draft: &mut Draft, from: &str, to: &str) {
    assert!(draft.body.contains(from), "{from}");
    draft.body = draft.body.replace(from, to);
}

#[test]
fn algorithm_and_scope() {
    check(&[
        (
            "the algorithm of RSA",
            |d| d.algorithm = "AWS4-X509-RSA-SHA256",
            Refusal::AlgorithmMismatch {
                algorithm: "AWS4-X509-RSA-SHA256".into(),
            },
        ),
        (
            "a hash that AWS does not know",
            |d| d.algorithm = "AWS4-X509-ECDSA-SHA384",
            Refusal::UnsupportedAlgorithm {
                algorithm: "AWS4-X509-ECDSA-SHA384".into(),
            },
        ),
        (
            "serial of another",
            |d| d.serial = "259".into(),
            Refusal::SerialMismatch,
        ),
        (
            "yesterday",
            |d| d.scope = d.scope.replace("1121", "1120"),
            Refusal::ScopeDate,
        ),
        (
            "other region",
            |d| d.scope = d.scope.replace("us-", "eu-"),
            Refusal::ScopeRegion,
        ),
        (
            "other service",
            |d| d.scope = d.scope.replace("rolesanywhere", "sts"),
            Refusal::ScopeService,
        ),
        (
            "other end",
            |d| d.scope = d.scope.replace("aws4", "aws5"),
            Refusal::ScopeTerminator,
        ),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("ISO", |d| header(d, "x-amz-date", "2026-11-21T12:00:00Z"), Refusal::DateMalformed),
        (
            "six minutes ago",
            |d| header(d, "x-amz-date", "20261121T115400Z"),
            Refusal::SignatureExpired {
                message: "Signature expired: 20261121T115400Z is now earlier than 20261121T115500Z (20261121T120000Z - 5 min.)".into(),
            },
        ),
        (
            "in six minutes",
            |d| header(d, "x-amz-date", "20261121T120600Z"),
            Refusal::SignatureNotYetCurrent {
                message: "Signature not yet current: 20261121T120600Z is still later than 20261121T120500Z (20261121T120000Z + 5 min.)".into(),
            },
        ),
    ]);
}

#[test]
fn signed_headers() {
    let unsigned = |name| Refusal::HeaderUnsigned { name };
    check(&[
        ("host", |d| unsign(d, "host"), unsigned("host")),
        ("date", |d| unsign(d, "x-amz-date"), unsigned("x-amz-date")),
        (
            "certificate",
            |d| unsign(d, "x-amz-x509"),
            unsigned("x-amz-x509"),
        ),
        (
            "chain",
            |d| unsign(d, "x-amz-x509-chain"),
            unsigned("x-amz-x509-chain"),
        ),
        (
            "unsorted",
            |d| {
                d.signed = Some(vec![
                    "host",
                    "content-type",
                    "x-amz-date",
                    "x-amz-x509",
                    "x-amz-x509-chain",
                ]);
            },
            Refusal::SignedHeadersUnsorted,
        ),
    ]);
}

#[test]
fn bodies() {
    let malformed = |parameter| Refusal::ParameterMalformed { parameter };
    check(&[
        (
            "a form",
            |d| header(d, "content-type", "application/x-www-form-urlencoded"),
            Refusal::ContentType,
        ),
        ("cut", |d| body(d, "}", ""), Refusal::BodyMalformed),
        ("a list", |d| d.body = "[]".into(), Refusal::BodyMalformed),
        (
            "no parameters",
            |d| d.body = String::new(),
            Refusal::ParameterMissing {
                parameter: "trustAnchorArn",
            },
        ),
        (
            "empty role",
            |d| body(d, "arn:aws:iam::123456789012:role/one", ""),
            Refusal::ParameterMissing {
                parameter: "roleArn",
            },
        ),
        (
            "duration as text",
            |d| body(d, "3600", "\"3600\""),
            malformed("durationSeconds"),
        ),
        (
            "list of properties",
            |d| body(d, "{", "{\"instanceProperties\":[],"),
            malformed("instanceProperties"),
        ),
        (
            "a number for a role",
            |d| body(d, "\"arn:aws:iam::123456789012:role/one\"", "1"),
            malformed("roleArn"),
        ),
        (
            "query against body",
            |d| d.query = "roleArn=other",
            malformed("roleArn"),
        ),
        (
            "too short",
            |d| body(d, "3600", "899"),
            Refusal::DurationOutOfRange { seconds: 899 },
        ),
        (
            "too long",
            |d| body(d, "3600", "43201"),
            Refusal::DurationOutOfRange { seconds: 43_201 },
        ),
        (
            "negative",
            |d| body(d, "3600", "-5"),
            Refusal::DurationOutOfRange { seconds: -5 },
        ),
        (
            "session name",
            |d| body(d, "{", "{\"roleSessionName\":\"a b\","),
            Refusal::SessionNameMalformed,
        ),
    ]);
}

#[test]
fn arns() {
    let malformed = |parameter| Refusal::ArnMalformed { parameter };
    check(&[
        (
            "no ARN",
            |d| body(d, "arn:aws:iam::", "aws:iam::"),
            malformed("roleArn"),
        ),
        (
            "a user",
            |d| body(d, ":role/", ":user/"),
            malformed("roleArn"),
        ),
        (
            "short account",
            |d| body(d, "::123456789012", "::12345678901"),
            malformed("roleArn"),
        ),
        (
            "profile for an anchor",
            |d| body(d, ":trust-anchor/", ":profile/"),
            malformed("trustAnchorArn"),
        ),
        (
            "partition",
            |d| body(d, "arn:aws:iam", "arn:aws-cn:iam"),
            Refusal::PartitionMismatch {
                parameter: "roleArn",
            },
        ),
        (
            "region",
            |d| {
                body(
                    d,
                    "us-east-1:123456789012:profile",
                    "us-west-2:123456789012:profile",
                );
            },
            Refusal::RegionMismatch {
                parameter: "profileArn",
            },
        ),
        (
            "unknown anchor",
            |d| body(d, "trust-anchor/one", "trust-anchor/two"),
            Refusal::TrustAnchorNotFound,
        ),
        (
            "unknown profile",
            |d| body(d, "profile/one", "profile/two"),
            Refusal::ProfileNotFound,
        ),
        (
            "unknown role",
            |d| body(d, "role/one", "role/two"),
            Refusal::RoleNotInProfile,
        ),
    ]);
}
