//! The SDK for Rust beside ours: in the same environment, both find the same
//! access key id, or both find none.

use std::process::Command;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_credential_types::provider::ProvideCredentials as _;

use super::profile::Files;
use super::stub::{Reply, Stub, credentials};
use super::tests::found;

mod files;

/// What the SDK finds. It looks at the environment of its process, so it has one
/// of its own: this test binary once more, as [`the_sdk`].
fn theirs(variables: &[(&str, &str)]) -> Option<String> {
    let own = std::env::current_exe().unwrap();
    let words = [
        "--ignored",
        "--exact",
        "--nocapture",
        "ambient::oracle::the_sdk",
    ];
    let mut child = Command::new(own);
    child
        .args(words)
        .env_clear()
        .envs(variables.iter().copied());
    let output = child.env("IAMRA_TEST_ORACLE", "1").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("1 passed"), "{said}{complaint}");
    let id = said.lines().find_map(|line| line.strip_prefix("FOUND "));
    id.map(str::to_owned)
}

/// Says what it finds; without the one who asks, nothing.
#[tokio::test]
#[ignore = "it is run by the others"]
#[expect(
    clippy::disallowed_methods,
    reason = "the SDK reads the environment, too"
)]
async fn the_sdk() {
    if std::env::var_os("IAMRA_TEST_ORACLE").is_none() {
        return;
    }
    let chain = DefaultCredentialsChain::builder().build().await;
    // Its harness has begun the line.
    match chain.provide_credentials().await {
        Ok(credentials) => println!("\nFOUND {}", credentials.access_key_id()),
        Err(error) => println!("\nNOTHING {error:?}"),
    }
}

/// Compares both; `expected` says what both have found, so that two wrong ones
/// are not taken for a right one.
async fn compare(what: &str, expected: Option<&str>, variables: &[(&str, &str)]) {
    let ours = found(variables).await;
    assert_eq!(ours.as_deref().ok(), expected, "ours: {what}: {ours:?}");
    assert_eq!(theirs(variables).as_deref(), expected, "theirs: {what}");
}

const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
const REGION: (&str, &str) = ("AWS_REGION", "us-east-1");
const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIAENV");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "s");

#[tokio::test]
async fn variables_are_read_alike() {
    for (expected, variables) in [
        (Some("AKIAENV"), &[ID, SECRET][..]),
        (
            Some("AKIAENV"),
            &[
                ID,
                SECRET,
                ("AWS_SESSION_TOKEN", "t"),
                ("AWS_PROFILE", "no"),
            ],
        ),
        (None, &[]),
        (None, &[ID]),
        (None, &[SECRET]),
        (None, &[ID, ("AWS_SECRET_ACCESS_KEY", " ")]),
        (None, &[("AWS_ACCESS_KEY_ID", ""), SECRET]),
        (None, &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere")]),
        (
            None,
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/")],
        ),
    ] {
        let variables = [variables, &[NO_METADATA, REGION]].concat();
        compare("variables", expected, &variables).await;
    }
}

#[tokio::test]
async fn services_are_asked_alike() {
    let endpoint = Stub::new(|asked| {
        if asked.head.contains("authorization: token") {
            Reply::Text(200, credentials("ASIA-container"))
        } else {
            Reply::Text(403, "{}".to_owned())
        }
    });
    let metadata = Stub::metadata();
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.url.as_str());
    let token = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token");
    let instance = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url.as_str());
    compare(
        "container",
        Some("ASIA-container"),
        &[REGION, container, token, instance],
    )
    .await;
    compare("no token", None, &[REGION, container, instance]).await;
    compare("instance", Some("ASIA-node"), &[REGION, instance]).await;
    compare("no instance", None, &[REGION, instance, NO_METADATA]).await;
    let source = "[default]\ncredential_source = Ec2InstanceMetadata\n";
    let files = Files::new(source, "");
    let file = files.path("config");
    let file = ("AWS_CONFIG_FILE", file.as_str());
    compare("named", Some("ASIA-node"), &[REGION, instance, file]).await;
}

/// Where the SDK for Rust goes on to the next source, ours stops: a mistake is
/// not a reason to be somebody else. botocore does the same.
#[tokio::test]
async fn half_a_source_makes_nobody_else_of_us() {
    let metadata = Stub::metadata();
    let instance = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url.as_str());
    for half in [
        ID,
        ("AWS_PROFILE", "missing"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
    ] {
        let variables = [REGION, instance, half];
        let ours = found(&variables).await.unwrap_err();
        assert!(ours.starts_with("ambient.invalid"), "{half:?}: {ours}");
        assert_eq!(theirs(&variables).as_deref(), Some("ASIA-node"), "{half:?}");
    }
}
