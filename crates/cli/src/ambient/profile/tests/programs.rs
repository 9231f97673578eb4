//! Programs that print credentials.

use super::Files;
use crate::ambient::stub::Stub;

#[tokio::test]
async fn a_program_prints_credentials_without_a_shell() {
    let json = r#"{"Version": 1, "AccessKeyId": "ASIA-$HOME", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2999-01-01T00:00:00Z"}"#;
    let old = json.replace("2999", "1999");
    for (command, expected) in [
        (format!("printf '%s' '{json}'"), Ok("ASIA-$HOME")),
        (format!("printf %s '{json}'"), Ok("ASIA-$HOME")),
        (
            r#"sh -c 'printf "{\"Version\":1,\"AccessKeyId\":\"$NAME\",\"SecretAccessKey\":\"s\"}"'"#.to_owned(),
            Ok("AKIANAME"),
        ),
        (
            format!("printf %s '{old}'"),
            Err("ambient.expired: the credentials of credential_process have expired at 1999-01-01T00:00:00Z"),
        ),
        (
            "echo {} hunter2".to_owned(),
            Err("ambient.invalid: credential_process echo of profile default: it does not print the JSON of credentials"),
        ),
        (
            "echo {}".to_owned(),
            Err("ambient.invalid: credential_process echo of profile default: what it prints is not of Version 1"),
        ),
        (
            r#"echo '{"Version":1}'"#.to_owned(),
            Err("ambient.invalid: credential_process echo of profile default: what it prints cannot be used: its access key id is empty"),
        ),
        (
            "sh -c 'exit 7' hunter2".to_owned(),
            Err("ambient.unavailable: credential_process sh of profile default: it ended with exit code 7"),
        ),
        (
            "/nowhere hunter2".to_owned(),
            Err("ambient.invalid: credential_process /nowhere of profile default: it cannot be run: No such file or directory (os error 2)"),
        ),
    ] {
        let files = Files::new(&format!("[default]\ncredential_process = {command}\n"), "");
        let found = files.found(&[("NAME", "AKIANAME")]).await;
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{command}");
    }
}

#[tokio::test]
async fn nobody_is_asked_with_credentials_that_have_expired() {
    let sts = Stub::sts();
    let command = r#"echo '{"Version":1,"AccessKeyId":"ASIAOLD","SecretAccessKey":"s","Expiration":"1999-01-01T00:00:00Z"}'"#;
    let config = format!(
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = old\n\
         [profile old]\ncredential_process = {command}\n"
    );
    let variables = [("AWS_ENDPOINT_URL_STS", sts.url.as_str())];
    let error = Files::new(&config, "").found(&variables).await.unwrap_err();
    assert!(error.starts_with("ambient.expired"), "{error}");
    assert!(sts.asked().is_empty());
}

/// What cannot be had here can be had of the AWS CLI.
#[tokio::test]
async fn a_program_stands_in_for_a_sign_in() {
    let command = r#"echo '{"Version":1,"AccessKeyId":"ASIASSO","SecretAccessKey":"s"}'"#;
    let config = format!("[default]\nsso_session = s\ncredential_process = {command}\n");
    let files = Files::new(&config, "");
    assert_eq!(files.found(&[]).await.as_deref(), Ok("ASIASSO"));
}
