use crate::Failure;
use crate::failure::Result;
use crate::peers;
use crate::tool::Tool;
use crate::workspace;

/// Asks AWS itself, in the account of the AWS CLI's own variables and profiles.
///
/// A stack of `CloudFormation` is made there, some twenty requests are sent, and it is
/// taken away; what came out is kept, without what is the account's own.
pub(super) fn run() -> Result {
    peers::install_python()?;
    let account = aws("sts get-caller-identity --query Account --output text")?;
    let region = match named_region() {
        Some(region) => region,
        None => aws("configure get region")?,
    };
    let second = SECOND.into_iter().find(|second| *second != region);
    println!("account {account}, {region}: a stack is made there, and taken away again");
    let result = workspace::target("evidence/aws.json");
    let folder = workspace::target("evidence");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let tests = super::cargo_test("-p iamra --test aws -- --ignored --nocapture")
        .env("AWS_REGION", &region)
        .env("IAMRA_EVIDENCE", &result)
        .env("IAMRA_EVIDENCE_REGION", second.unwrap_or_default());
    peers::on_path(tests).run()
}

fn aws(command: &str) -> Result<String> {
    let answer = peers::on_path(Tool::new("aws")).words(command).output();
    let answer = answer.map_err(|failure| {
        let hint = "name an account by the AWS CLI's own variables or by AWS_PROFILE, and a region";
        Failure::new(format!("{failure}\n{hint}"))
    })?;
    Ok(answer.trim().to_owned())
}

/// It is stronger than those in files, into which `configure get` looks.
fn named_region() -> Option<String> {
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
    let mut values = named.filter_map(|name| std::env::var(name).ok());
    values.find(|value| !value.is_empty())
}

const SECOND: [&str; 2] = ["us-east-1", "eu-west-1"];
