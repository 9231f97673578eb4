//! Vault's answers as a real server gave them, against the sandbox's to the
//! same requests: status, texts, and the shape of every document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use iamra_sandbox::{Policy, ServiceAccount};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::running::{Clock, Running};

#[tokio::test]
async fn answers_have_the_recorded_status_texts_and_shapes() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "testdata", "vault"]
        .iter()
        .collect();
    let mut failures = Vec::new();
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() > 70, "only {} recordings", names.len());
    for path in names {
        if let Err(difference) = replay(&path).await {
            let name = path.file_stem().unwrap().display();
            failures.push(format!("{name}: {difference}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn replay(path: &Path) -> Result<(), String> {
    let recording: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut settings = Clock::recorded().settings();
    settings.root_in_mount = recording["root_in_mount"] != false;
    settings.policy = Policy::none()
        .allow("pki-aws/sign/iamra", &["update"])
        .allow("pki-aws/issue/iamra", &["update"])
        .allow("pki-aws/issuer/+/sign/iamra", &["update"])
        .allow("pki-aws/issue/nope", &["update"]);
    let running = Running::with(settings).await;
    let token = token(&running, &recording["request"]["token"]).await;
    running.seal(recording["sealed"] == true);
    let response = send(&running, &recording["request"], token).await;

    let status = response.status().as_u16();
    let location = response.headers().get("location").cloned();
    let text = response.text().await.unwrap();
    if recording["status"] != status {
        return Err(format!("status {status}: {text}"));
    }
    let location = location.as_ref().map(|value| value.to_str().unwrap());
    if recording["location"].as_str() != location {
        return Err(format!("location {location:?}"));
    }
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    compare("", &recording["response"], &answer)
}

async fn token(running: &Running, kind: &Value) -> Option<String> {
    match kind.as_str()? {
        "root" => Some(running.vault_root_token().expose_secret().to_owned()),
        "client" => Some(running.token()),
        "login" => Some(running.log_in("iamra").await),
        _ => Some("hvs.unknown".into()),
    }
}

async fn send(running: &Running, request: &Value, token: Option<String>) -> reqwest::Response {
    let text = |name: &str| request[name].as_str().unwrap();
    let url = format!("{}{}", running.vault_http_url(), text("path"));
    let mut sent = running.client.request(text("method").parse().unwrap(), url);
    if let Some(token) = token {
        sent = sent.header("x-vault-token", token);
    }
    for (name, value) in request["headers"].as_object().unwrap() {
        sent = sent.header(name, value.as_str().unwrap());
    }
    let mut body = request["body"].clone();
    if let Some(jwt) = body.get_mut("jwt") {
        *jwt = fill_in(running, jwt.as_str().unwrap()).into();
    }
    if !body.is_null() {
        sent = sent.body(body.to_string());
    }
    sent.send().await.unwrap()
}

/// A token with the flaw that the placeholder names.
fn fill_in(running: &Running, placeholder: &str) -> String {
    let good = ServiceAccount::default();
    let mut forged = false;
    let account = match placeholder.trim_matches(['{', '}', '\n']) {
        "jwt" => good,
        "jwt:audience" => ServiceAccount {
            audience: "other".into(),
            ..good
        },
        "jwt:namespace" => ServiceAccount {
            namespace: "other".into(),
            ..good
        },
        "jwt:name" => ServiceAccount {
            name: "other".into(),
            ..good
        },
        "jwt:expired" => ServiceAccount {
            lifetime: Duration::ZERO,
            ..good
        },
        "jwt:forged" => {
            forged = true;
            good
        }
        other => return other.to_owned(),
    };
    let mut jwt = running
        .service_account_token(&account)
        .unwrap()
        .expose_secret()
        .to_owned();
    if forged {
        jwt.truncate(jwt.rfind('.').unwrap() + 1);
    }
    placeholder.replace(placeholder.trim(), &jwt)
}

/// The same keys, and values of the same kind; texts of errors and warnings to
/// the letter, PEM by its label.
fn compare(place: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    let differ = || Err(format!("{place}: expected {expected}, got {actual}"));
    match (expected, actual) {
        // What a login says about itself, left out where it is another login's.
        (Value::Object(expected), Value::Object(_)) if expected.is_empty() => Ok(()),
        (Value::Object(expected), Value::Object(actual)) => {
            let keys = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect();
            let (expected_keys, actual_keys): (BTreeSet<_>, BTreeSet<_>) =
                (keys(expected), keys(actual));
            if expected_keys != actual_keys {
                let difference: Vec<_> = expected_keys.symmetric_difference(&actual_keys).collect();
                return Err(format!("{place}: keys differ: {difference:?}"));
            }
            expected.iter().try_for_each(|(key, value)| {
                compare(&format!("{place}/{key}"), value, &actual[key])
            })
        }
        (Value::Array(_), Value::Array(_)) if place == "/errors" || place == "/warnings" => {
            if expected == actual {
                Ok(())
            } else {
                differ()
            }
        }
        (Value::Array(expected), Value::Array(actual)) if place.ends_with("/ca_chain") => {
            if expected.len() != actual.len() {
                return differ();
            }
            expected
                .iter()
                .zip(actual)
                .try_for_each(|(expected, actual)| compare(place, expected, actual))
        }
        (Value::String(expected), Value::String(actual)) if expected.starts_with("-----") => {
            let label = expected.trim_end_matches('…');
            if actual.starts_with(label) {
                Ok(())
            } else {
                differ()
            }
        }
        (Value::Number(_), Value::Number(_)) if counts(place) => {
            if expected == actual {
                Ok(())
            } else {
                differ()
            }
        }
        (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Array(_), Value::Array(_)) => Ok(()),
        _ if expected == actual => Ok(()),
        _ => differ(),
    }
}

/// Numbers that do not depend on when, exactly, they were asked for.
fn counts(place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap_or_default();
    [
        "key_bits",
        "max_ttl",
        "ttl",
        "num_uses",
        "t",
        "n",
        "not_before_duration",
    ]
    .contains(&name)
}
