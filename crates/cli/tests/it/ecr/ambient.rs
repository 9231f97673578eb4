//! With the credentials that the SDKs would find.

use std::process::Command;

use iamra_sandbox::{ImdsProfile, JwtClaims, Operation};
use secrecy::ExposeSecret as _;

use super::{HOST, json};
use crate::laboratory::Laboratory;
use crate::run::Run;

/// `iamra ecr …` without anything that Roles Anywhere would need.
fn command(laboratory: &Laboratory, arguments: &[&str]) -> Command {
    let mut command = laboratory.command(&[&["ecr"], arguments].concat());
    for name in [
        "ANCHOR_ARN",
        "PROFILE_ARN",
        "ROLE_ARN",
        "VAULT_ADDR",
        "VAULT_TOKEN",
    ] {
        command.env_remove(name);
    }
    let nobody = laboratory.sandbox.aws_url();
    command.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", nobody);
    command
}

fn token(command: &mut Command) -> String {
    let run = Run::of(command).ok();
    json(&run.stdout)["source"].as_str().unwrap().to_owned()
}

const TOKEN: [&str; 3] = ["token", "-o", "json"];

fn metadata_disabled(command: &mut Command) -> &mut Command {
    command.env("AWS_EC2_METADATA_DISABLED", "true")
}

#[test]
fn keys_in_variables_are_a_principal() {
    let laboratory = Laboratory::new();
    let user = laboratory.sandbox.iam_user();
    let with_keys = |arguments: &[&str]| {
        let mut command = command(&laboratory, arguments);
        command.env("AWS_ACCESS_KEY_ID", &user.access_key_id).env(
            "AWS_SECRET_ACCESS_KEY",
            user.secret_access_key.expose_secret(),
        );
        command
    };
    assert_eq!(token(&mut with_keys(&TOKEN)), "ecr");
    assert_eq!(token(&mut with_keys(&TOKEN)), "cache");
    // Who knows the id alone, which is in logs, is nobody.
    let mut guessed = with_keys(&TOKEN);
    let run = Run::of(guessed.env("AWS_SECRET_ACCESS_KEY", "guessed"));
    assert_eq!(run.code, Some(3), "{run}");
    // Somebody else, of whom the same file tells nothing.
    let mut other = with_keys(&TOKEN);
    let run = Run::of(other.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("ecr.credentials-unknown"), "{run}");
    // A Roles Anywhere setting is the stronger wish, unless it is said.
    let mut anchored = with_keys(&[&TOKEN[..], &["--credentials", "ambient"]].concat());
    let arn = laboratory.sandbox.trust_anchor_arn();
    assert_eq!(token(anchored.env("ANCHOR_ARN", arn)), "cache");
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::CreateSession), 0);
}

#[test]
fn a_profile_has_keys_a_region_and_a_process_without_a_shell() {
    let laboratory = Laboratory::new();
    let user = laboratory.sandbox.iam_user();
    std::fs::create_dir(laboratory.path(".aws")).unwrap();
    let keys = format!(
        "[team]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        user.access_key_id,
        user.secret_access_key.expose_secret()
    );
    laboratory.write(".aws/credentials", &keys);
    let iamra = env!("CARGO_BIN_EXE_iamra");
    let [_, certificate, _, key] = laboratory.key_files("iamra");
    let config = format!(
        "[profile team]\nregion = eu-west-1\n\
         [profile process]\nregion = us-east-1\n\
         credential_process = \"{iamra}\" creds process --certificate '{certificate}' --private-key '{key}'\n"
    );
    laboratory.write(".aws/config", &config);
    let mut of_team = command(&laboratory, &TOKEN);
    of_team
        .env("AWS_PROFILE", "team")
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION");
    let run = Run::of(&mut of_team).ok();
    assert_eq!(
        json(&run.stdout)["registries"][0],
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    );
    // Nothing is on the PATH, and so no shell.
    let mut of_process = command(&laboratory, &TOKEN);
    let sandbox = &laboratory.sandbox;
    of_process
        .args(["--credentials", "ambient"])
        .env("AWS_PROFILE", "process")
        .env("PATH", "/nowhere")
        .envs([
            ("ANCHOR_ARN", sandbox.trust_anchor_arn()),
            ("PROFILE_ARN", sandbox.profile_arn()),
            ("ROLE_ARN", sandbox.role_arn()),
        ]);
    assert_eq!(token(&mut of_process), "ecr");
    assert_eq!(sandbox.requests().count(Operation::CreateSession), 1);
    // Whom a command gives is known when it has run: nothing is kept.
    assert_eq!(token(&mut of_process), "ecr");
}

#[test]
fn a_web_identity_becomes_its_role() {
    let laboratory = Laboratory::new();
    let jwt = laboratory.sandbox.jwt(&JwtClaims {
        audience: "sts.amazonaws.com".to_owned(),
        ..JwtClaims::default()
    });
    let file = laboratory.write("web-identity", jwt.unwrap().expose_secret());
    let mut command = command(&laboratory, &TOKEN);
    command
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", file)
        .env("AWS_ROLE_ARN", laboratory.sandbox.web_identity_role_arn());
    assert_eq!(token(metadata_disabled(&mut command)), "ecr");
    let requests = laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::AssumeRoleWithWebIdentity), 1);
}

#[test]
fn an_instance_has_its_role_by_either_version_of_the_protocol() {
    for profile in [ImdsProfile::V2, ImdsProfile::V1Only] {
        let laboratory = Laboratory::changed(|settings| settings.imds = profile);
        assert_eq!(
            token(&mut command(&laboratory, &TOKEN)),
            "ecr",
            "{profile:?}"
        );
        assert_eq!(token(&mut command(&laboratory, &TOKEN)), "cache");
        let requests = laboratory.sandbox.requests();
        assert_eq!(requests.count(Operation::EcrToken), 1);
    }
}

/// Two principals, one folder for tokens.
#[test]
fn nobody_gets_the_token_of_somebody_else() {
    let laboratory = Laboratory::new();
    let user = laboratory.sandbox.iam_user();
    let secret = user.secret_access_key.expose_secret();
    let profile = |id: &str| {
        let text =
            format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        std::fs::create_dir_all(laboratory.path(".aws")).unwrap();
        laboratory.write(".aws/credentials", &text);
    };
    profile(&user.access_key_id);
    assert_eq!(
        token(metadata_disabled(&mut command(&laboratory, &TOKEN))),
        "ecr"
    );
    // An account switcher writes other temporary keys into the same profile.
    profile("ASIAIOSFODNN7EXAMPLE");
    let run = Run::of(metadata_disabled(&mut command(&laboratory, &TOKEN)));
    assert_eq!(run.code, Some(3), "{run}");
    // Half of a source is a mistake, whatever is kept.
    profile(&user.access_key_id);
    let mut half = command(&laboratory, &TOKEN);
    let run = Run::of(metadata_disabled(half.env("AWS_ACCESS_KEY_ID", "AKIAHALF")));
    assert_eq!(run.code, Some(2), "{run}");
}

/// `iamra creds serve` is where the SDKs of a pod look.
#[cfg(all(unix, feature = "serve"))]
#[test]
fn a_container_endpoint_is_asked_with_its_token() {
    let laboratory = Laboratory::new();
    let served = crate::serve::Served::start(&laboratory, &[]);
    let mut command = command(&laboratory, &TOKEN);
    command
        .env(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("http://{}/creds", served.address),
        )
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", &served.token);
    assert_eq!(token(metadata_disabled(&mut command)), "ecr");
}

#[test]
fn where_nobody_is_found_every_place_is_named() {
    let laboratory = Laboratory::new();
    let mut nobody = command(&laboratory, &["token", "--registry", HOST]);
    let run = Run::of(metadata_disabled(&mut nobody));
    assert_ne!(run.code, Some(0), "{run}");
    super::snapshot(&laboratory, "ambient-none", &run);
    let mut region = command(&laboratory, &["token"]);
    let run = Run::of(
        region
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION"),
    );
    assert_eq!(run.code, Some(2), "{run}");
    super::snapshot(&laboratory, "ambient-no-region", &run);
}

#[test]
fn an_expired_session_is_said_to_be_that() {
    let laboratory = Laboratory::new();
    let faults = laboratory.sandbox.faults();
    faults.add("imds=expired".parse().unwrap());
    let run = Run::of(&mut command(&laboratory, &["token", "--registry", HOST]));
    assert_ne!(run.code, Some(0), "{run}");
    super::snapshot(&laboratory, "ambient-expired", &run);
}
