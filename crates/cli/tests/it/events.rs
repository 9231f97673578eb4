//! The audit events are a promise.

use std::collections::{BTreeMap, BTreeSet};

use crate::laboratory::Laboratory;
use crate::run::Run;
use crate::stub::Stub;

#[cfg(unix)]
#[test]
fn every_event_is_documented_with_its_fields() {
    let laboratory = Laboratory::new();
    let token = laboratory.service_account_token();
    let files = laboratory.key_files("iamra");
    let json = ["--log-format", "json", "--log-level", "info"];
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    for words in [
        vec!["cert", "issue", "--out-dir", "pki"],
        vec!["creds", "file"],
        vec![
            "cert",
            "watch",
            "--once",
            "--exec",
            "true",
            "--out-dir",
            "watched",
        ],
        [&["creds", "process"], &files[..]].concat(),
    ] {
        let mut command = laboratory.command(&[&words[..], &json].concat());
        let run = Run::of(command.env("VAULT_TOKEN", "").env("IAMRA_JWT_FILE", &token)).ok();
        note(&run, &mut seen);
    }
    let answer = serde_json::json!({ "data": { "revocation_time": 1_795_262_400 } });
    let vault = Stub::new([("POST pki-aws/revoke", (200, answer))].into());
    let words = ["cert", "revoke", "--serial", "0f:a1:22"];
    let mut command = laboratory.command(&[&words[..], &json].concat());
    let run = Run::of(command.env("VAULT_ADDR", vault.url())).ok();
    note(&run, &mut seen);
    note_lines(
        &crate::serve::conversation(&laboratory, &json).log,
        &mut seen,
    );
    #[cfg(all(target_os = "linux", feature = "pods"))]
    for (_, log) in crate::pods::conversation(&json).logs {
        note_lines(&log, &mut seen);
    }
    #[cfg(feature = "ecr")]
    note_lines(&crate::ecr::kubelet::Node::new().log_of_a_pull(), &mut seen);
    #[cfg(feature = "kubernetes")]
    note_lines(&crate::k8s::log_of_a_sync(&laboratory, &json), &mut seen);
    let own: BTreeSet<String> = ["timestamp", "level", "target", "message", "event"]
        .map(str::to_owned)
        .into();
    for (name, _, fields) in iamra::EVENTS {
        let logged: BTreeSet<String> = seen
            .remove(*name)
            .unwrap_or_default()
            .difference(&own)
            .cloned()
            .collect();
        let documented: BTreeSet<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        assert_eq!(logged, documented, "{name}");
    }
    assert!(seen.is_empty(), "not documented: {seen:?}");
}

/// Adds the fields of the audit events that a run logged.
fn note(run: &Run, seen: &mut BTreeMap<String, BTreeSet<String>>) {
    note_lines(&run.stderr, seen);
}

fn note_lines(log: &str, seen: &mut BTreeMap<String, BTreeSet<String>>) {
    for line in log.lines() {
        let event: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        if event["target"] == "iamra::audit" {
            let name = event["event"].as_str().unwrap().to_owned();
            seen.entry(name).or_default().extend(event.keys().cloned());
        }
    }
}
