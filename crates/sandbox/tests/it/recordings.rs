//! Vault's answers as a real server gave them, against the sandbox's to the same
//! requests, in the same order, at the same time: status, texts, numbers, and the
//! shape of every document. `testdata/vault/recordings.md` says which recordings
//! are replayed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use iamra_sandbox::{Policy, Settings};
use reqwest::{Client, Response};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::running::{Clock, Running};

mod answers;
mod placeholders;

use answers::compare;

/// The first number of the second server's recordings.
const SECOND: &str = "201";

#[tokio::test]
async fn the_first_servers_answers() {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    settings.root_in_mount = false;
    settings.pki_roles = Vec::new();
    settings.user.name = "u1".into();
    settings.policy = Policy::none()
        .allow("pki-aws/sign/iamra", &["update"])
        .allow("pki-aws/issue/iamra", &["update"])
        .allow("pki-aws/issuer/+/sign/iamra", &["update"])
        .allow("pki-aws/issue/nope", &["update"]);
    replay_all(clock, settings, |name| name < SECOND).await;
}

#[tokio::test]
async fn the_answers_of_a_server_with_tls() {
    let clock = Clock::recorded();
    let mut settings = clock.settings();
    settings.tls = true;
    settings.certificate_role.allowed_common_names = vec!["client1.example.test".into()];
    settings.certificate_role.trusts_pki = false;
    replay_all(clock, settings, |name| name >= SECOND).await;
}

#[test]
fn each_recording_has_one_line_in_the_table() {
    let listed: Vec<_> = table().into_iter().map(|row| row.name).collect();
    let distinct: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(distinct.len(), listed.len(), "a recording is listed twice");
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let files: BTreeSet<_> = files
        .filter(|path| path.extension().unwrap() == "json")
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(files, distinct);
    assert_eq!(files.len(), 170);
    for row in table() {
        let known = ["replayed", "set-up", "not applicable"].contains(&row.class.as_str());
        let explained = row.class == "replayed" || !row.reason.is_empty();
        assert!(known && explained, "{}", row.name);
    }
}

/// A line of the table.
struct Row {
    name: String,
    class: String,
    reason: String,
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(folder().join("recordings.md")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|line| {
        let [name, class, reason]: [String; 3] = cells(line).try_into().unwrap();
        Row {
            name,
            class,
            reason,
        }
    })
    .collect()
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "testdata", "vault"]
        .iter()
        .collect()
}

async fn replay_all(clock: Clock, settings: Settings, wanted: fn(&str) -> bool) {
    let running = Running::with(settings).await;
    let mut replay = Replay {
        learned: placeholders::from_the_start(&running).await,
        anonymous: placeholders::client(None),
        running,
        clock,
    };
    let mut failures = Vec::new();
    for row in table() {
        if row.class == "replayed"
            && wanted(&row.name)
            && let Err(difference) = replay.one(&row.name).await
        {
            failures.push(format!("{}: {difference}", row.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

struct Replay {
    running: Running,
    clock: Clock,
    /// A client that shows no certificate.
    anonymous: Client,
    /// What the names in braces stand for.
    learned: BTreeMap<String, String>,
}

impl Replay {
    async fn one(&mut self, name: &str) -> Result<(), String> {
        let text = fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        let recording: Value = serde_json::from_str(&text).unwrap();
        let time = Duration::from_secs(recording["time"].as_u64().unwrap());
        self.clock.set(SystemTime::UNIX_EPOCH + time);
        let response = self.send(&recording["request"]).await;

        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        if recording["status"] != status {
            return Err(format!("status {status}: {text}"));
        }
        for (name, value) in recording["headers"].as_object().into_iter().flatten() {
            let header = headers.get(name).map(|value| value.to_str().unwrap());
            if header != value.as_str() {
                return Err(format!("header {name}: {header:?}"));
            }
        }
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        compare("", &recording["response"], &answer, &mut self.learned)
    }

    async fn send(&self, request: &Value) -> Response {
        let text = |name: &str| request[name].as_str().unwrap();
        let url = format!("{}{}", self.running.vault_url(), self.filled(text("path")));
        let client = match request["client_certificate"].as_str() {
            None => self.anonymous.clone(),
            Some(name) => placeholders::client(self.running.client_certificate(name).ok()),
        };
        let mut sent = client.request(text("method").parse().unwrap(), url);
        for (name, value) in request["headers"].as_object().unwrap() {
            let value = self.filled(value.as_str().unwrap());
            let inline = name.starts_with("X-Vault-Inline-Auth-Parameter");
            let value = if inline {
                URL_SAFE_NO_PAD.encode(value)
            } else {
                value
            };
            sent = sent.header(name, value);
        }
        let mut body = request["body"].clone();
        for value in body
            .as_object_mut()
            .into_iter()
            .flat_map(|it| it.values_mut())
        {
            if let Some(text) = value.as_str() {
                *value = self.filled(text).into();
            }
        }
        if !body.is_null() {
            sent = sent.body(body.to_string());
        }
        sent.send().await.unwrap()
    }

    /// The text with the sandbox's own values in it.
    fn filled(&self, text: &str) -> String {
        placeholders::fill(&self.running, &placeholders::replace(text, &self.learned))
    }
}

/// The value of a header or a field that must not be in any log.
fn exposed(secret: &secrecy::SecretString) -> String {
    secret.expose_secret().to_owned()
}
