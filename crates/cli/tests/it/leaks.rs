//! No secret in any output that is not meant to hold one.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use crate::laboratory::Laboratory;
use crate::run::{Run, iamra};

/// Makes a key here.
const CERT_ISSUE: &[&str] = &["cert", "issue", "--out-dir", "pki"];

/// Of the key store.
const PASSWORD: &str = "kept in a file, 0600";

/// Every command, with whether its stdout is credentials.
const COMMANDS: &[(&[&str], bool)] = &[
    (&["creds", "process"], true),
    (&["creds", "env"], true),
    (&["creds", "file"], false),
    (&["creds", "check"], false),
    (&["creds", "check", "--output", "json"], false),
    (
        &[
            "creds",
            "check",
            "--chain-role-arn",
            "arn:aws:iam::210987654321:role/iamra-sandbox-next",
        ],
        false,
    ),
    (CERT_ISSUE, false),
    (
        &[
            "cert",
            "issue",
            "--out-dir",
            "legacy",
            "--layout",
            "legacy",
            "--pki-mode",
            "issue",
        ],
        false,
    ),
    (
        &[
            "cert",
            "issue",
            "--out-dir",
            "store",
            "--pkcs12-password-file",
            "store-password",
        ],
        false,
    ),
    (
        &[
            "cert",
            "check",
            "--certificate",
            "pki/cert.pem",
            "--private-key",
            "pki/private.pem",
            "--trust-anchor-pem",
            "pki/chain.pem",
        ],
        false,
    ),
    (&["cert", "show", "--certificate", "legacy/cert.pem"], false),
    (&["cert", "issue", "--out-dir", "pki", "--if-due"], false),
    (
        &[
            "cert",
            "watch",
            "--out-dir",
            "watched",
            "--once",
            "--exec",
            "env",
        ],
        false,
    ),
    (
        &["setup", "vault", "--workload", "app.example.test=a@b"],
        false,
    ),
    (&["setup", "aws", "--workload", "app.example.test"], false),
    (&["cert", "trust-anchor", "--bundle"], false),
    (&["cert", "trust-anchor", "--inspect-roles"], false),
    (&["cert", "revoke", "--out-dir", "legacy"], false),
    (&["cert", "revoke", "--out-dir", "watched"], false),
    (&["config", "print"], false),
    (&["config", "check"], false),
    (&["doctor"], false),
    (&["doctor", "--bundle", "-"], false),
    #[cfg(feature = "ecr")]
    (&["ecr", "token"], true),
    #[cfg(feature = "ecr")]
    (
        &["ecr", "token", "-o", "dockerconfigjson", "--public"],
        true,
    ),
    #[cfg(feature = "ecr")]
    (&["ecr", "token", "-o", "authorization", "--no-cache"], true),
    #[cfg(feature = "ecr")]
    (&["ecr", "login"], false),
    #[cfg(feature = "ecr")]
    (&["ecr", "check", "--repo", "team/app:1"], false),
    #[cfg(feature = "ecr")]
    (&["ecr", "tags", "team/app"], false),
    (&["sandbox", "--", "iamra", "creds", "check"], false),
];

#[test]
fn no_command_shows_a_secret_at_any_level() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let mut runs: Vec<(String, Run, bool)> = Vec::new();
    let mut local = vec![PASSWORD.to_owned()];
    laboratory.write("store-password", &format!("{PASSWORD}\n"));
    for &(words, is_credentials) in COMMANDS {
        for format in ["text", "json"] {
            let logging = ["--log-level", "trace", "--log-format", format];
            let mut command = laboratory.command(&[words, &logging].concat());
            let registry = laboratory.sandbox.aws_url();
            let run = Run::of(command.env("IAMRA_REGISTRY_ENDPOINT", registry)).ok();
            if words == CERT_ISSUE {
                local.extend(key_of_p256(&laboratory.read("pki/private.pem")));
            }
            let is_quiet = ["config", "show", "setup"]
                .iter()
                .any(|word| words.contains(word));
            assert!(
                is_quiet || run.stderr.len() > 20,
                "nothing was logged: {run}"
            );
            runs.push((words.join(" "), run, is_credentials));
        }
    }
    assert_eq!(local.len(), 1 + 2 * 6, "a key for each format of the log");
    check(&local, &runs);
    check(&laboratory.sandbox.secrets(), &runs);
}

/// What docker and kubelet start.
#[cfg(feature = "ecr")]
#[test]
fn no_plugin_shows_a_secret_at_any_level() {
    let node = crate::ecr::kubelet::Node::new();
    let runs = node.every_answer(&["--log-level", "trace"]);
    check(&node.secrets(), &runs);
}

/// Those that stay, and those whose output is a child's.
#[cfg(unix)]
#[test]
fn no_daemon_shows_a_secret_at_any_level() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let mut runs = Vec::new();
    for format in ["text", "json"] {
        let logging = ["--log-level", "trace", "--log-format", format];
        let talk = crate::serve::conversation(&laboratory, &logging);
        let run = Run {
            code: Some(0),
            stdout: talk.printed,
            stderr: talk.log,
        };
        assert!(run.stderr.len() > 20, "nothing was logged: {run}");
        check(
            &talk.tokens,
            &[("creds serve".to_owned(), run.clone(), false)],
        );
        runs.push(("creds serve".to_owned(), run, false));
        for words in [&["creds", "exec"][..], &["creds", "exec", "--serve"]] {
            let words = [words, &logging, &["--", "true"]].concat();
            runs.push((words.join(" "), laboratory.run(&words).ok(), false));
        }
        let words = ["creds", "file", "--watch", "--credentials-file", "watched"];
        let mut command = laboratory.command(&[&words, &logging[..]].concat());
        let mut daemon = crate::daemon::Daemon::start(&mut command, laboratory.home());
        daemon.until_said("handed out credentials", 1);
        let (_, stderr) = daemon.end();
        // While it runs, it writes again what somebody removes: the next one would find
        // that, and hand out nothing.
        std::fs::remove_file(laboratory.path("watched")).unwrap();
        let run = Run {
            code: Some(0),
            stdout: String::new(),
            stderr,
        };
        runs.push(("creds file --watch".to_owned(), run, false));
    }
    check(&laboratory.sandbox.secrets(), &runs);
}

/// Of pods and of the cluster, in agent and broker.
#[cfg(all(target_os = "linux", feature = "pods"))]
#[test]
fn no_agent_shows_a_secret_at_any_level() {
    for format in ["text", "json"] {
        let logging = ["--log-level", "trace", "--log-format", format];
        let talk = crate::pods::conversation(&logging);
        let runs = talk.logs.into_iter().map(|(verb, stderr)| {
            assert!(stderr.len() > 20, "nothing was logged by {verb}");
            let run = Run {
                code: Some(0),
                stdout: String::new(),
                stderr,
            };
            (verb.to_owned(), run, false)
        });
        let looks = talk.looks.into_iter();
        let looks = looks.map(|(words, run)| (words, run, false));
        check(&talk.secrets, &runs.chain(looks).collect::<Vec<_>>());
    }
}

#[test]
fn no_login_shows_a_secret_at_any_level() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let mut runs = Vec::new();
    for more in [&[][..], &["--inline-auth"]] {
        // Fresh ones: a wrapping token works once.
        for case in crate::logins::cases(&laboratory) {
            let logging = [more, &["--log-level", "trace"]].concat();
            let run = crate::logins::run(&laboratory, &case, &logging).ok();
            assert!(run.stderr.len() > 20, "nothing was logged: {run}");
            runs.push((format!("{case:?}"), run, false));
        }
    }
    check(&laboratory.sandbox.secrets(), &runs);
}

/// The sandbox that the command starts issues secrets of its own.
#[test]
fn the_sandbox_shows_no_secret_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let script = r#"iamra creds file --log-level trace && iamra creds check --log-level trace
        printf %s "$VAULT_TOKEN" > "$HOME/token"
        cp "$IAMRA_JWT_FILE" "$HOME/jwt"
        sed -n 's/^aws_se[a-z_]*=//p' "$AWS_SHARED_CREDENTIALS_FILE" > "$HOME/credentials""#;
    let logging = ["--log-level", "trace"];
    let words = [&["sandbox"][..], &logging, &["--", "sh", "-c", script]].concat();
    let run = Run::of(iamra(home.path()).args(words)).ok();
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
    let mut secrets = vec![read("token"), read("jwt").trim().to_owned()];
    secrets.extend(read("credentials").lines().map(str::to_owned));
    assert_eq!(secrets.len(), 4, "{run}");
    assert!(secrets.iter().all(|secret| secret.len() > 8), "{run}");
    assert!(run.stderr.len() > 20, "nothing was logged: {run}");
    check(&secrets, &[("sandbox".to_owned(), run, false)]);
}

/// What would give the PKCS#8 key of P-256 away: the lines with a part of its
/// scalar, and the scalar however it may be written.
fn key_of_p256(pem: &str) -> [String; 6] {
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = BASE64_STANDARD.decode(lines.concat()).unwrap();
    // RFC 5958 around RFC 5915: what precedes the 32 bytes is always the same.
    assert_eq!(der[33..36], [1, 4, 32], "a key of another shape");
    let scalar = &der[36..68];
    let hex: Vec<String> = scalar.iter().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    [
        lines[0].to_owned(),
        lines[1].to_owned(),
        hex.to_uppercase(),
        hex,
        // The last digit depends on what follows.
        BASE64_STANDARD.encode(scalar)[..42].to_owned(),
        BASE64_URL_SAFE_NO_PAD.encode(scalar)[..42].to_owned(),
    ]
}

#[test]
fn no_failure_shows_a_secret() {
    use iamra_sandbox::{Fault, FaultEffect, FaultTarget};
    let mut runs = Vec::new();
    for target in [
        FaultTarget::VaultLogin,
        FaultTarget::VaultPki,
        FaultTarget::RolesAnywhere,
        FaultTarget::Sts,
    ] {
        for effect in [
            FaultEffect::ServerError { status: 501 },
            FaultEffect::HtmlPage { status: 403 },
            FaultEffect::EndlessBody,
            FaultEffect::Redirect {
                location: "http://127.0.0.1:1/".to_owned(),
            },
        ] {
            let laboratory =
                Laboratory::with(iamra_sandbox::Settings::seed(std::sync::Arc::new(now)));
            let jwt = laboratory.service_account_token();
            laboratory
                .sandbox
                .faults()
                .add(Fault::always(target, effect));
            let mut command = laboratory.command(&[
                "creds",
                "check",
                "--log-level",
                "trace",
                "--pki-mode",
                "issue",
            ]);
            let run = Run::of(command.env("IAMRA_JWT_FILE", jwt));
            assert_ne!(run.code, Some(0), "{run}");
            let secrets = laboratory.sandbox.secrets();
            check(&secrets, &[(format!("{target:?}"), run.clone(), false)]);
            runs.push(run);
        }
    }
    assert_eq!(runs.len(), 16);
}

fn now() -> std::time::SystemTime {
    refresh::Clock::now(&refresh::SystemClock)
}

fn check(secrets: &[String], runs: &[(String, Run, bool)]) {
    assert!(!secrets.is_empty());
    for (name, run, is_credentials) in runs {
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            assert!(
                !run.stderr.contains(secret.as_str()),
                "{name} logs a secret: {run}"
            );
            assert!(
                *is_credentials || !run.stdout.contains(secret.as_str()),
                "{name} prints a secret: {run}"
            );
        }
    }
}
