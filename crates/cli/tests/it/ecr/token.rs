use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use iamra_sandbox::Operation;

use super::{Ecr, HOST, json};

#[test]
fn every_form_holds_the_same_token() {
    let ecr = Ecr::new();
    let print = |form| ecr.run(&["token", "-o", form]).ok().stdout;
    let document = json(&print("json"));
    let password = document["password"].as_str().unwrap();
    let auth = BASE64_STANDARD.encode(format!("AWS:{password}"));
    assert_eq!(document["registries"][0], HOST);
    assert_eq!(print("password"), format!("{password}\n"));
    assert_eq!(ecr.run(&["token"]).ok().stdout, format!("{password}\n"));
    assert_eq!(
        print("authorization"),
        format!("Authorization: Basic {auth}\n")
    );
    let secret = json(&print("dockerconfigjson"));
    let entry = &secret["auths"][HOST];
    assert_eq!(entry["username"], "AWS");
    assert_eq!(entry["password"], password);
    assert_eq!(entry["auth"], auth);
    let file = json(&print("config-json"));
    assert_eq!(file["auths"][HOST], serde_json::json!({ "auth": auth }));
    let env = format!(
        "export ECR_REGISTRY={HOST}\nexport ECR_USERNAME=AWS\nexport ECR_PASSWORD={password}\n"
    );
    assert_eq!(print("env").replace('\'', ""), env);
    assert_eq!(ecr.asked(), 1, "one token for them all");
}

#[test]
fn one_token_serves_all_accounts_of_a_region() {
    let ecr = Ecr::new();
    let other = "210987654321.dkr.ecr.us-east-1.amazonaws.com/team/app:1";
    let more = [
        "token",
        "-o",
        "json",
        "--registry",
        HOST,
        "--registry",
        other,
    ];
    let document = json(&ecr.run(&more).ok().stdout);
    assert_eq!(document["registries"].as_array().unwrap().len(), 2);
    assert_eq!(ecr.asked(), 1);
    // Another region, another kind of endpoint and the public registry have
    // tokens of their own.
    let more = [
        "token",
        "-o",
        "json",
        "--registry",
        HOST,
        "--registry",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
        "--registry",
        "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
        "--public",
    ];
    let documents = json(&ecr.run(&more).ok().stdout);
    let documents = documents.as_array().unwrap().iter();
    let scopes: Vec<_> = documents
        .map(|one| one["scope"].as_str().unwrap())
        .collect();
    assert_eq!(
        scopes,
        ["eu-central-1", "us-east-1", "us-east-1 (FIPS)", "public"]
    );
    assert_eq!(ecr.asked(), 3, "the first one is kept");
    let requests = ecr.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::EcrPublicToken), 1);
    assert_eq!(
        requests.count(Operation::CreateSession),
        2,
        "one for each command"
    );
}

#[test]
fn a_password_is_that_of_one_token() {
    let ecr = Ecr::new();
    let run = ecr.run(&["token", "--registry", HOST, "--public"]);
    assert_eq!(run.code, Some(2), "{run}");
    ecr.snapshot("token-of-two-scopes", &run);
}

#[test]
fn a_region_or_an_account_is_enough() {
    let ecr = Ecr::new();
    let registries = |more: &[&str], variable: Option<&str>| {
        let mut command = ecr.command(&[&["token", "-o", "json"], more].concat());
        command
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION");
        if let Some(region) = variable {
            command.env("AWS_REGION", region);
        }
        let run = crate::run::Run::of(&mut command).ok();
        json(&run.stdout)["registries"][0]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let in_region = |region: &str| HOST.replace("us-east-1", region);
    assert_eq!(registries(&[], None), HOST, "the trust anchor's");
    assert_eq!(registries(&[], Some("eu-west-1")), in_region("eu-west-1"));
    let flag = ["--region", "eu-west-2"];
    assert_eq!(registries(&flag, Some("eu-west-1")), in_region("eu-west-2"));
    let account = ["--account", "210987654321", "--region", "eu-west-2"];
    assert_eq!(
        registries(&account, None),
        "210987654321.dkr.ecr.eu-west-2.amazonaws.com"
    );
}
