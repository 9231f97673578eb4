//! Sessions that processes share.

use std::process::{Child, Stdio};

use iamra_sandbox::Operation;

use crate::laboratory::Laboratory;

const CACHE: [&str; 2] = ["--session-cache", "sessions"];

fn key(stdout: &str) -> String {
    let document: serde_json::Value = serde_json::from_str(stdout).unwrap();
    document["AccessKeyId"].as_str().unwrap().to_owned()
}

fn count(laboratory: &Laboratory, operation: Operation) -> usize {
    laboratory.sandbox.requests().count(operation)
}

#[test]
fn with_vault_the_next_process_uses_the_session() {
    let laboratory = Laboratory::new();
    let first = laboratory.run(&["creds", "process"]).ok();
    let second = laboratory.run(&["creds", "process"]).ok();
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(count(&laboratory, Operation::CreateSession), 1);
    // Another role's, another duration's and nobody's.
    for more in [
        &["--session-duration", "900"][..],
        &["--session-cache", "off"],
    ] {
        let other = laboratory.run(&[&["creds", "process"], more].concat()).ok();
        assert_ne!(key(&other.stdout), key(&first.stdout), "{more:?}");
    }
    let folder = laboratory.path(".cache/iamra");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let metadata = entry.unwrap().metadata().unwrap();
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777,
            0o600
        );
        assert!(metadata.is_file());
    }
}

#[test]
fn twenty_processes_at_once_open_one_session() {
    let laboratory = Laboratory::new();
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=slow:1".parse().unwrap());
    let start = |_| -> Child {
        let mut command = laboratory.command(&[&["creds", "process"], &CACHE[..]].concat());
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = (0..20).map(start).collect();
    let mut keys: Vec<String> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
            key(&String::from_utf8(output.stdout).unwrap())
        })
        .collect();
    keys.dedup();
    assert_eq!(keys.len(), 1);
    assert_eq!(count(&laboratory, Operation::CreateSession), 1);
}

#[test]
fn files_share_on_request_alone_and_another_certificate_is_another_session() {
    let laboratory = Laboratory::new();
    let process = |more: &[&str]| {
        let files = laboratory.path("cert.pem");
        let files = [
            "--certificate",
            files.to_str().unwrap(),
            "--private-key",
            "key.pem",
        ];
        key(&laboratory
            .run(&[&["creds", "process"], &files[..], more].concat())
            .ok()
            .stdout)
    };
    laboratory.key_files("iamra");
    assert_ne!(process(&[]), process(&[]));
    let shared = process(&CACHE);
    assert_eq!(process(&CACHE), shared);
    laboratory.key_files("iamra");
    assert_ne!(process(&CACHE), shared);
}

#[test]
fn the_last_session_outlives_an_outage_and_a_damaged_cache() {
    let laboratory = Laboratory::new();
    let words = [&["creds", "process"], &CACHE[..]].concat();
    let first = laboratory.run(&words).ok();
    laboratory.sandbox.seal(true);
    laboratory
        .sandbox
        .faults()
        .add("roles-anywhere=close".parse().unwrap());
    assert_eq!(laboratory.run(&words).ok().stdout, first.stdout);
    let file = std::fs::read_dir(laboratory.path("sessions"))
        .unwrap()
        .next();
    let name = file.unwrap().unwrap().file_name();
    laboratory.write(&format!("sessions/{}", name.display()), "{}");
    let run =
        laboratory.run(&[&words[..], &["--aws-timeout", "1", "--vault-timeout", "1"]].concat());
    assert_eq!(run.code, Some(4), "{run}");
}

/// Another token, or the same relative path in another folder, is somebody else.
#[test]
fn somebody_else_gets_a_session_of_their_own() {
    let laboratory = Laboratory::new();
    laboratory.run(&["creds", "process"]).ok();
    let mut stranger = laboratory.command(&["creds", "process"]);
    let run = crate::run::Run::of(stranger.env("VAULT_TOKEN", "s.somebodyelse"));
    assert_eq!(run.code, Some(3), "{run}");
    let token = laboratory.service_account_token();
    let token = std::fs::read_to_string(token).unwrap();
    for (folder, content, code) in [("one", token.as_str(), 0), ("two", "garbage", 3)] {
        std::fs::create_dir(laboratory.path(folder)).unwrap();
        laboratory.write(&format!("{folder}/jwt"), content);
        let mut command = laboratory.command(&["creds", "process", "--jwt-file", "jwt"]);
        command
            .env("VAULT_TOKEN", "")
            .current_dir(laboratory.path(folder));
        let run = crate::run::Run::of(&mut command);
        assert_eq!(run.code, Some(code), "{folder}: {run}");
    }
}

/// A due session is handed out at once while Vault hangs, by all but one.
#[test]
fn nobody_waits_long_for_a_better_session() {
    let laboratory = Laboratory::new();
    let words = ["creds", "process", "--session-cache", "sessions"];
    laboratory.run(&words).ok();
    let age = |text: &str| {
        let mut session: serde_json::Value = serde_json::from_str(text).unwrap();
        let life = &mut session["life"];
        let start = life["start"].as_u64().unwrap();
        life["start"] = (start - 50 * 60_000).into();
        life["end"] = (start + 10 * 60_000).into();
        session.to_string()
    };
    let file = std::fs::read_dir(laboratory.path("sessions")).unwrap();
    let name = file.map(|it| it.unwrap().file_name().into_string().unwrap());
    let name = name
        .into_iter()
        .find(|name| !name.contains(".missed"))
        .unwrap();
    let name = format!("sessions/{name}");
    laboratory.write(&name, &age(&laboratory.read(&name)));
    laboratory
        .sandbox
        .faults()
        .add("vault-pki=hang".parse().unwrap());
    let began = laboratory.sandbox.requests().count(Operation::VaultSign);
    for _ in 0..3 {
        let run = laboratory.run(&words).ok();
        assert!(run.stdout.contains("ASIA"), "{run}");
    }
    let tried = laboratory.sandbox.requests().count(Operation::VaultSign) - began;
    assert_eq!(tried, 1, "the others know that it was tried");
}
