//! A writer is killed at random moments: what stands on disk is always whole.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::laboratory::Laboratory;

/// How often the writer is killed.
const KILLS: u32 = 500;
/// After how many kills the time of a whole run is taken anew: how busy the
/// machine is changes.
const CALIBRATION: u32 = 50;

/// Runs `command` again and again, each time killed at another moment; after
/// each kill `check` looks at what is there.
fn kill_repeatedly(mut command: impl FnMut() -> Command, mut check: impl FnMut()) {
    let mut whole_run = Duration::ZERO;
    for kill in 0..KILLS {
        if kill % CALIBRATION == 0 {
            whole_run = time_of(command());
        }
        let mut child = command()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Over the whole run, and as long again, in an order that mixes early
        // and late.
        let share = f64::from(kill * 7919 % KILLS) / f64::from(KILLS);
        std::thread::sleep(whole_run.mul_f64(2.0 * share));
        let _ = child.kill();
        child.wait().unwrap();
        check();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the kills are spread over the time that a run takes"
)]
fn time_of(mut command: Command) -> Duration {
    let started = std::time::Instant::now();
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    started.elapsed()
}

#[test]
fn the_credentials_file_is_whole_at_every_kill() {
    let laboratory = Laboratory::new();
    let files = laboratory.key_files("iamra");
    let foreign = "[other]\naws_access_key_id=AKIA\n# the end\n";
    std::fs::create_dir(laboratory.path(".aws")).unwrap();
    laboratory.write(".aws/credentials", foreign);
    let mut contents = std::collections::BTreeSet::new();
    kill_repeatedly(
        || {
            let mut command = laboratory.command(&["creds", "file"]);
            command.args(&files);
            command
        },
        || {
            let text = laboratory.read(".aws/credentials");
            assert!(text.starts_with(foreign), "{text}");
            let ours: Vec<&str> = text[foreign.len()..].lines().collect();
            let known = laboratory.sandbox.secrets();
            if let ["", "[default]", id, secret, token] = ours[..] {
                assert!(id.starts_with("aws_access_key_id=ASIA"));
                for (line, key) in [
                    (secret, "aws_secret_access_key="),
                    (token, "aws_session_token="),
                ] {
                    let value = line.strip_prefix(key).unwrap().to_owned();
                    assert!(known.contains(&value), "{line}");
                }
            } else {
                assert!(ours.is_empty(), "{text}");
            }
            contents.insert(text);
        },
    );
    // Some kills came before the write and some after it.
    assert!(contents.len() > 10, "{} different files", contents.len());
    let left: Vec<_> = std::fs::read_dir(laboratory.path(".aws"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.len() < 20, "temporary files pile up: {left:?}");
}

#[test]
fn key_and_certificate_belong_together_at_every_kill() {
    let laboratory = Laboratory::new();
    laboratory.run(&["cert", "issue", "--out-dir", "pki"]).ok();
    let mut serials = std::collections::BTreeSet::new();
    kill_repeatedly(
        || {
            let mut command = laboratory.command(&["cert", "issue"]);
            command.args(["--out-dir", "pki"]);
            command
        },
        || {
            let sources = |name: &str| laboratory.read(&format!("pki/{name}")).into_bytes();
            let identity = rolesanywhere::Identity::from_pem(rolesanywhere::PemSources {
                certificate: &sources("cert.pem"),
                private_key: Some(&sources("private.pem")),
                intermediates: Some(&sources("chain.pem")),
            });
            serials.insert(identity.unwrap().certificate().serial_hex());
        },
    );
    assert!(
        serials.len() > 10,
        "{} different certificates",
        serials.len()
    );
}
