use std::net::TcpListener;

use refresh::Fault as _;

use super::*;
use crate::environment::Environment;
use crate::resolved::Resolved;
use crate::setting::with_settings;
use crate::settings;

#[tokio::test]
async fn whoever_waits_for_no_longer_is_told_so() {
    // It takes what it is sent, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let environment: Environment = [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL_ECR", &endpoint),
        ("IAMRA_NO_CACHE", "true"),
    ]
    .into_iter()
    .collect();
    let command = with_settings(clap::Command::new("x"), settings::ALL);
    let matches = command.get_matches_from(["x"]);
    let context = Context::new(Resolved::without_file(&matches, &environment));
    let within = Duration::from_millis(50);
    let tokens = Tokens::new(&context).unwrap().within(within);
    let scope = TokenScope::Private {
        region: "us-east-1".parse().unwrap(),
        endpoint: Endpoint::default(),
    };
    let failure = tokens.token(&scope).await.unwrap_err();
    assert_eq!(failure.code(), "ecr.late");
    assert_eq!(failure.fault(), FaultKind::Unavailable);
    let text = failure.to_string();
    assert_eq!(text, "there was no token within 0 s");
}
