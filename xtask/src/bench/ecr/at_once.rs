use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::Failure;
use crate::bench::proxy::Proxy;
use crate::failure::Result;

use super::client::Client;

/// Starts many programs at once that have no token yet: one of them asks ECR, and
/// all have its token. Fails where more ask.
pub(super) fn run(clients: &[Client], scratch: &Path) -> Result {
    let ecr = Proxy::before("AWS_ENDPOINT_URL_ECR")?;
    let sessions = Proxy::before("AWS_ENDPOINT_URL_ROLESANYWHERE")?;
    let folder = |name: &str| scratch.join(name).display().to_string();
    let cold = [
        ("IAMRA_CACHE_DIR".to_owned(), folder("cold")),
        ("IAMRA_SESSION_CACHE".to_owned(), folder("cold-sessions")),
        ("AWS_ENDPOINT_URL_ECR".to_owned(), ecr.address.clone()),
        (
            "AWS_ENDPOINT_URL_ROLESANYWHERE".to_owned(),
            sessions.address.clone(),
        ),
    ];
    let started: Vec<_> = clients
        .iter()
        .cycle()
        .take(PROCESSES)
        .map(|client| Ok((client, client.start(&cold)?)))
        .collect::<Result<_>>()?;
    let mut passwords = BTreeSet::new();
    for (client, child) in started {
        passwords.insert(password(&client.answer(child)?)?);
    }
    let (calls, opened) = (ecr.requests(), sessions.requests());
    let mark = if calls == 1 { "✓" } else { "✗" };
    println!(
        "\n{PROCESSES} programs at once, no token at hand: {calls} calls of ECR, budget 1 {mark}; \
         {opened} sessions; {} different tokens",
        passwords.len()
    );
    if calls == 1 && passwords.len() == 1 {
        return Ok(());
    }
    Err(Failure::new(
        "programs that come at once do not share one token",
    ))
}

/// In a helper's answer or in a plugin's.
fn password(answer: &[u8]) -> Result<String> {
    let answer: Value = serde_json::from_slice(answer)
        .map_err(|error| Failure::new(format!("an answer is no JSON: {error}")))?;
    let of_plugin = answer["auth"]
        .as_object()
        .and_then(|auth| auth.values().next());
    let secret = of_plugin.map_or(&answer["Secret"], |login| &login["password"]);
    let secret = secret.as_str().filter(|secret| !secret.is_empty());
    let secret = secret.ok_or_else(|| Failure::new("an answer has no password"))?;
    Ok(secret.to_owned())
}

const PROCESSES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_both_answers() {
        for answer in [
            r#"{"ServerURL":"a","Username":"AWS","Secret":"p"}"#,
            r#"{"auth":{"a":{"username":"AWS","password":"p"}}}"#,
        ] {
            assert_eq!(password(answer.as_bytes()).unwrap(), "p");
        }
        for answer in ["", "{}", r#"{"auth":null}"#, r#"{"Secret":""}"#] {
            assert!(password(answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
