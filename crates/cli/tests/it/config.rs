use crate::laboratory::Laboratory;
use crate::run::Run;

#[test]
fn print_says_where_each_value_comes_from() {
    let laboratory = Laboratory::new();
    let config = laboratory.write(
        "iamra.toml",
        "schema = 1\nrole-session-name = 'build'\nvault-addr = 'x'\n",
    );
    let mut command = laboratory.command(&["config", "print", "--config", &config, "--ttl", "1h"]);
    command
        .env("HTTPS_PROXY", "http://user:hunter2@proxy:3128")
        .env("VAULT_PROXY_ADDR", "user:hunter2@proxy:3128")
        .env("BAO_NAMESPACE", "")
        .env("VAULT_NAMESPACE", "team");
    let run = Run::of(&mut command).ok();
    assert!(!run.stdout.contains("hunter2"), "{run}");
    let token = laboratory.sandbox.environment();
    let token = &token
        .iter()
        .find(|(name, _)| name == "VAULT_TOKEN")
        .unwrap()
        .1;
    assert!(!run.stdout.contains(token.as_str()), "{run}");
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!("config-print", run.stdout));
}

#[test]
fn check_calls_nobody() {
    let laboratory = Laboratory::new();
    let run = laboratory.run(&["config", "check"]).ok();
    assert_eq!(run.stdout, "the settings are complete\n");
    assert!(laboratory.sandbox.requests().is_empty());
}

#[test]
fn a_config_file_is_enough() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let [_, certificate, _, key] = &files;
    let text = format!(
        "schema = 1\ntrust-anchor-arn = '{}'\nprofile-arn = '{}'\nrole-arn = '{}'\n\
         certificate = '{certificate}'\nprivate-key = '{key}'\nendpoint = '{url}'\nsts-endpoint = '{url}'\n",
        laboratory.sandbox.trust_anchor_arn(),
        laboratory.sandbox.profile_arn(),
        laboratory.sandbox.role_arn(),
        url = laboratory.sandbox.aws_url(),
    );
    let config = laboratory.write("iamra.toml", &text);
    let mut command = crate::run::iamra(laboratory.home());
    Run::of(command.args(["creds", "check", "--config", &config])).ok();
}
