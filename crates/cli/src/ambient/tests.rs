use std::path::PathBuf;

use refresh::{Fault as _, FaultKind};
use secrecy::ExposeSecret as _;

use super::stub::{Reply, Stub, credentials};
use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::setting::with_settings;
use crate::settings;

/// What is found with these variables, and no others.
pub(super) fn ambient(variables: &[(&str, &str)]) -> Ambient {
    of(variables).unwrap()
}

/// Why nothing can be looked for with these variables.
pub(super) fn refused(variables: &[(&str, &str)]) -> String {
    of(variables).err().unwrap().to_string()
}

fn of(variables: &[(&str, &str)]) -> Result<Ambient, Failure> {
    let environment: Environment = variables.iter().copied().collect();
    let command = with_settings(clap::Command::new("x"), settings::ALL);
    let matches = command.get_matches_from(["x"]);
    let resolved = Resolved::new(&matches, &environment, None, |_| unreachable!()).unwrap();
    Ambient::new(&Context::new(resolved))
}

/// The access key id, or code and message of the failure.
pub(super) async fn found(variables: &[(&str, &str)]) -> Result<String, String> {
    let found = ambient(variables).credentials().await;
    found
        .map(|credentials| credentials.access_key_id)
        .map_err(|failure| format!("{}: {failure}", failure.code()))
}

/// A file in a folder that is there.
pub(super) fn write(path: impl Into<PathBuf>, text: &str) {
    let target = private_file::Target::new(path, private_file::Options::new());
    target.replace(text.as_bytes()).unwrap();
}

pub(super) const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "hunter2");

#[tokio::test]
async fn variables_hold_whole_credentials_or_none() {
    for (variables, expected) in [
        (&[ID, SECRET][..], Ok("AKIAEXAMPLE")),
        (
            &[ID],
            Err("ambient.invalid: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"),
        ),
        (
            &[ID, ("AWS_SECRET_ACCESS_KEY", " ")],
            Err("ambient.invalid: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"),
        ),
        (
            &[ID, SECRET, ("AWS_CREDENTIAL_EXPIRATION", "soon")],
            Err("config.invalid: AWS_CREDENTIAL_EXPIRATION: it is no time (RFC 3339)"),
        ),
        (
            &[
                ID,
                SECRET,
                ("AWS_CREDENTIAL_EXPIRATION", "2001-01-01T00:00:00Z"),
            ],
            Err(
                "ambient.expired: the credentials of the environment have expired at 2001-01-01T00:00:00Z",
            ),
        ),
    ] {
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(found(variables).await, expected, "{variables:?}");
    }
    let token = [ID, SECRET, ("AWS_SESSION_TOKEN", "hunter3")];
    let found = ambient(&token).credentials().await.unwrap();
    assert_eq!(found.secret_access_key.expose_secret(), "hunter2");
    assert_eq!(found.session_token.unwrap().expose_secret(), "hunter3");
    assert_eq!(found.expires_at, None);
}

#[tokio::test]
async fn where_there_is_nothing_each_place_says_why() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let variables = [NO_METADATA, ("HOME", home), SECRET, ("AWS_ROLE_ARN", "x")];
    let failure = ambient(&variables).credentials().await.unwrap_err();
    assert_eq!(failure.code(), "ambient.none");
    assert_eq!(failure.fault(), FaultKind::Configuration);
    assert!(failure.hint().unwrap().contains("hop limit"));
    assert_eq!(
        failure.to_string(),
        format!(
            "there are no AWS credentials here; environment: AWS_ACCESS_KEY_ID is not set; \
             profile: there is no profile default in {home}/.aws/config or {home}/.aws/credentials; \
             web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set; container: neither \
             AWS_CONTAINER_CREDENTIALS_FULL_URI nor AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is set; \
             instance metadata: it is switched off by AWS_EC2_METADATA_DISABLED"
        )
    );
    let homeless = found(&[NO_METADATA]).await.unwrap_err();
    assert!(homeless.contains("there is no home folder"), "{homeless}");
}

#[tokio::test]
async fn the_first_source_that_is_set_up_counts() {
    let (home, sts, metadata) = (tempfile::tempdir().unwrap(), Stub::sts(), Stub::metadata());
    let endpoint = Stub::new(|_| Reply::Text(200, credentials("ASIA-container")));
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        write(&path, text);
        path.to_str().unwrap().to_owned()
    };
    let profile = file(
        "credentials",
        "[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=s\n",
    );
    let token = file("token", "header.claims.signature\n");
    let mut variables = vec![
        ID,
        SECRET,
        ("AWS_SHARED_CREDENTIALS_FILE", profile.as_str()),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"),
        ("AWS_ROLE_SESSION_NAME", "build"),
        ("AWS_ENDPOINT_URL_STS", &sts.url),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &endpoint.url),
        // That Roles Anywhere is set up, too, says nothing here.
        ("IAMRA_ROLE_ARN", "arn:aws:iam::123456789012:role/other"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url),
    ];
    for (expected, without) in [
        ("AKIAEXAMPLE", "AWS_ACCESS_KEY_ID"),
        ("AKIAFILE", "AWS_SHARED_CREDENTIALS_FILE"),
        ("ASIA-pod", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        ("ASIA-container", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        ("ASIA-node", "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
    ] {
        assert_eq!(found(&variables).await.as_deref(), Ok(expected));
        variables.retain(|(name, _)| *name != without);
    }
    let asked = sts.asked();
    assert!(
        asked[0].body.contains("RoleSessionName=build&"),
        "{asked:?}"
    );
    assert!(
        asked[0]
            .body
            .ends_with("WebIdentityToken=header.claims.signature"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_source_that_fails_is_the_last_one() {
    let metadata = Stub::metadata();
    let denied = Stub::new(|_| {
        let text = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>no</Message></Error></ErrorResponse>";
        Reply::Text(400, text.to_owned())
    });
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    write(&token, "a.b.c");
    let token = token.to_str().unwrap();
    let role = ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod");
    let always = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url.as_str()),
        ("AWS_ENDPOINT_URL_STS", &denied.url),
    ];
    for (own, expected) in [
        (
            &[("AWS_PROFILE", "missing")][..],
            "ambient.invalid: AWS_PROFILE: there is no profile missing in any file: there is no home folder",
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", token)],
            "ambient.invalid: AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not",
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"), role],
            "file.missing: /nowhere does not exist",
        ),
        (
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
                ("AWS_ROLE_ARN", "pod"),
            ],
            "config.invalid: AWS_ROLE_ARN: invalid ARN",
        ),
        (
            &[("AWS_WEB_IDENTITY_TOKEN_FILE", token), role],
            "ambient.denied: arn:aws:iam::123456789012:role/pod: AssumeRoleWithWebIdentity was refused: InvalidIdentityToken: no (HTTP 400)",
        ),
        (
            &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/")],
            "config.invalid: AWS_CONTAINER_CREDENTIALS_FULL_URI: it must be https, or http to this machine: credentials would cross the network",
        ),
    ] {
        let error = found(&[own, &always].concat()).await.unwrap_err();
        assert_eq!(error, expected);
    }
    assert!(metadata.asked().is_empty());
    // What comes first does not look at what is wrong with the others.
    let broken = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/");
    assert!(found(&[ID, SECRET, broken]).await.is_ok());
}

#[test]
fn the_key_is_of_what_selects_the_principal() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let text = "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = keys\nregion = eu-west-1\n\
        [profile keys]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hunter2\n\
        [profile temporary]\naws_access_key_id = ASIAFILE\naws_secret_access_key = hunter2\n\
        [profile process]\ncredential_process = get --password hunter2\n\
        [profile node]\ncredential_source = Ec2InstanceMetadata\n[profile empty]\n";
    write(&config, text);
    let file = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    let key = |variables: &[(&str, &str)]| ambient(variables).key().unwrap();
    let role = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/a"),
    ];
    let container = (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://localhost/creds?token=hunter2",
    );
    let temporary = ("AWS_PROFILE", "temporary");
    let keys = [
        key(&[ID, SECRET]),
        key(&[file]),
        key(&[file, ("AWS_PROFILE", "keys")]),
        key(&[file, temporary]),
        key(&[file, ("AWS_PROFILE", "node")]),
        key(&role),
        key(&[container]),
        key(&[]),
        key(&[NO_METADATA]),
    ];
    for (index, key) in keys.iter().enumerate() {
        assert!(!keys[..index].contains(key), "{key:?}");
        let text = key.as_deref().unwrap_or_default();
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert_eq!(keys[8], None);
    let metadata = keys[7].as_deref().unwrap();
    assert!(metadata.starts_with("17:instance metadata=22:http://169.254.169.254;4:boot="));
    // Behind one address are many.
    let elsewhere = (container.0, "http://localhost/creds?token=hunter3");
    assert_ne!(key(&[elsewhere]), keys[6]);
    let told = |token: &str| key(&[container, ("AWS_CONTAINER_AUTHORIZATION_TOKEN", token)]);
    assert_ne!(told("a"), told("b"));
    // A source that has no credentials is not one.
    assert_eq!(key(&[file, ("AWS_PROFILE", "empty"), container]), keys[6]);
    assert_eq!(key(&[("AWS_ROLE_ARN", "role")]), keys[7]);
    // New keys in the same place may be somebody else's.
    let renewed = text.replace("ASIAFILE", "ASIARENEWED");
    write(&config, &renewed);
    assert_ne!(key(&[file, temporary]), keys[3]);
    // Whom a command gives is known when it has run; no other source is taken.
    assert_eq!(key(&[file, ("AWS_PROFILE", "process"), container]), None);
    // Who knows an access key id does not have its secret.
    assert_ne!(key(&[ID, ("AWS_SECRET_ACCESS_KEY", "guessed")]), keys[0]);
    // Half of a source is a mistake for whoever has a token of another, too.
    for half in [&[ID, file][..], &role[..1]] {
        assert!(ambient(half).key().is_err());
    }
    let other = text.replace("AKIAFILE", "AKIAOTHER");
    write(&config, &other);
    assert_ne!(key(&[file]), keys[1]);
}
