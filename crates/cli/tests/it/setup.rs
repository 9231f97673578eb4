//! What `setup` prints, and what it refuses to print.

use crate::run::{Run, bare, filters};

/// Two workloads with each login, and how the mount comes by its CA.
const CASES: [(&str, &[&str]); 7] = [
    (
        "kubernetes",
        &[
            "--root-mount",
            "pki-root",
            "--workload",
            "a.example.test=a@production",
            "--workload",
            "b.example.test=b@production",
        ],
    ),
    (
        "jwt",
        &[
            "--workload-auth",
            "jwt",
            "--workload-auth-mount",
            "github",
            "--audience",
            "https://vault.example.test",
            "--workload",
            HOSTILE,
        ],
    ),
    (
        "approle",
        &[
            "--workload-auth",
            "approle",
            "--existing-mount",
            "--pki-mount",
            "team/pki/",
            "--workload",
            "a.example.test",
        ],
    ),
    (
        "cert",
        &[
            "--workload-auth",
            "cert",
            "--root-mount",
            "pki-root",
            "--ca-ttl",
            "720h",
            "--workload",
            "a.example.test",
        ],
    ),
    (
        "cert-existing",
        &[
            "--workload-auth",
            "cert",
            "--existing-mount",
            "--workload",
            "a.example.test",
        ],
    ),
    (
        "enabled",
        &[
            "--enable-auth",
            "--allow-issue",
            "--existing-mount",
            "--workload",
            "a.example.test=vault-auth@frontend",
        ],
    ),
    (
        "issuer",
        &[
            "--enable-auth",
            "--workload-auth",
            "jwt",
            "--jwt-issuer",
            "https://token.actions.githubusercontent.com",
            "--existing-mount",
            "--workload",
            "a.example.test=repo:example/app:ref:refs/heads/main",
        ],
    ),
];

/// What a subject may be: anything, and none of it is read by anybody.
const HOSTILE: &str =
    "a.example.test=o'brien \"x\" $HOME ${file(\"/etc/passwd\")} %{x} `id` $(id) \\ JSON";

fn setup(arguments: &[&str]) -> Run {
    bare(&[&["setup", "vault"], arguments].concat())
}

#[test]
fn each_form_is_printed() {
    for (name, arguments) in CASES {
        for format in ["cli", "terraform", "json"] {
            let run = setup(&[arguments, &["-o", format]].concat()).ok();
            assert_eq!(run.stderr, "", "{run}");
            filters(std::path::Path::new("/nowhere")).bind(|| {
                insta::assert_snapshot!(format!("setup-vault-{name}-{format}"), run.stdout);
            });
        }
    }
}

/// A Vault outside of the cluster asks it about tokens, for which it needs a token
/// of its own: it comes out of a file, and stands nowhere.
#[test]
fn a_cluster_elsewhere_is_known_by_its_ca() {
    let home = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertificateParams::default()
        .self_signed(&key)
        .unwrap();
    let pem = ca.pem().replace("\r\n", "\n");
    let file = home.path().join("ca.crt");
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(&file, &pem).unwrap();
    let file = file.display().to_string();
    let in_json = serde_json::json!(pem).to_string();
    for format in ["cli", "terraform", "json", "kubernetes"] {
        let run = setup(&[
            "--enable-auth",
            "--kubernetes-host",
            "https://cluster.example:6443",
            "--kubernetes-ca-file",
            &file,
            "--token-reviewer",
            "vault-auth@iamra",
            "--existing-mount",
            "--workload",
            "a.example.test=a@production",
            "-o",
            format,
        ])
        .ok();
        filters(home.path()).bind(|| {
            let shown = run.stdout.replace(&in_json, "\"[PEM]\"");
            insta::assert_snapshot!(format!("setup-vault-elsewhere-{format}"), shown);
        });
    }
}

#[test]
fn what_the_cluster_needs_is_printed() {
    let arguments = [CASES[0].1, &["-o", "kubernetes"]].concat();
    let run = setup(&arguments).ok();
    for document in run.stdout.split("---\n") {
        let object: serde_json::Value = serde_saphyr::from_str(document).unwrap();
        assert!(object["metadata"]["name"].is_string(), "{document}");
    }
    filters(std::path::Path::new("/nowhere"))
        .bind(|| insta::assert_snapshot!("setup-vault-kubernetes-kubernetes", run.stdout));
}

/// The script means what it says: `sh` runs it with a `bao` that only writes
/// down what it was told.
#[test]
fn a_shell_hands_everything_on_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
        std::fs::write(&path, text).unwrap();
        path
    };
    let bao = write("bao", "#!/bin/sh\necho \"$@\" >&2\ncat >&2\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&bao, mode).unwrap();
    let arguments = ["--workload-auth", "jwt", "--workload", HOSTILE];
    let script = write("setup.sh", &setup(&arguments).ok().stdout);
    let run = Run::from(
        std::process::Command::new("sh")
            .arg(script)
            .env("PATH", format!("{}:/usr/bin:/bin", home.path().display()))
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap(),
    )
    .ok();
    let subject = HOSTILE.split_once('=').unwrap().1;
    let expected = format!("\"bound_subject\": {},", serde_json::json!(subject));
    assert!(run.stderr.contains(&expected), "{run}");
}

#[test]
fn a_script_without_a_program_to_run_is_one_clear_line() {
    let home = tempfile::tempdir().unwrap();
    let script = setup(&["--workload", "a.test=a@x"]).ok().stdout;
    let path = home.path().join("setup.sh");
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(&path, script).unwrap();
    let run = Run::from(
        std::process::Command::new("/bin/sh")
            .arg(path)
            .env("PATH", home.path())
            .output()
            .unwrap(),
    );
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run}");
    assert_eq!(
        run.stderr,
        "neither bao nor vault is on the PATH: install one of them\n"
    );
}

/// A list in a config file is one, too.
#[test]
fn workloads_stand_in_a_config_file() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("setup.toml");
    let text = "schema = 1\nexisting-mount = true\nworkload = [\"a.test=a@x\", \"b.test=b@x\"]\n";
    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    std::fs::write(&config, text).unwrap();
    let run = setup(&["--config", &config.display().to_string(), "-o", "json"]).ok();
    let printed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let calls = printed["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 2 * 3, "{run}");
}

#[test]
fn what_cannot_be_set_up_is_one_clear_line() {
    assert_refused(
        "setup-vault-refused",
        &[
            &[],
            &["--workload", "a.test"],
            &["--workload", "a.test=a"],
            &["--workload", "a.test=a@x.y"],
            &["--workload", "a.test=$(id)@x"],
            &["--workload", "A.test=a@x"],
            &["--workload", "a_b=a@x"],
            &["--workload", "*.test=a@x"],
            &["--workload", "a\nb=a@x"],
            &["--workload", "a\"b=a@x"],
            &["--workload", "${x}=a@x"],
            &["--workload", "-a=a@x"],
            &["--workload", "a..b=a@x"],
            &["--workload", "a=a@x", "--workload", "a=b@x"],
            &["--workload", "a=b", "--workload-auth", "approle"],
            &["--workload", "a", "--workload-auth", "jwt"],
            &["--workload", "a=\u{7}", "--workload-auth", "jwt"],
            &["--workload", "a", "--workload-auth", "cert"],
            &["--workload", "a", "--workload-auth", "ldap"],
            &["--workload", "a=a@x", "--pki-mount", "pki/+"],
            &["--workload", "a=a@x", "--pki-mount", "../sys"],
            &["--workload", "a=a@x", "--root-mount", "a b"],
            &["--workload", "a=a@x", "--workload-auth-mount", "$(id)"],
            &[
                "--workload",
                "a=a@x",
                "--root-mount",
                "r",
                "--existing-mount",
            ],
            &["--workload", "a=a@x", "--root-mount", "r", "--ca-ttl", "1y"],
            &["--workload", "a=a@x", "--root-mount", "r", "--ca-ttl", "1h"],
            &["--workload", "a=a@x", "--audience", "a\nb"],
            &["--workload", "a=a@x", "-o", "yaml"],
        ],
    );
}

/// What would be ignored, would collide, or is not there to be used.
#[test]
fn what_makes_no_sense_together_is_one_clear_line() {
    assert_refused(
        "setup-vault-contradictory",
        &[
            &[
                "--workload",
                "a=a@x",
                "--root-mount",
                "r",
                "--ca-ttl",
                "21y",
            ],
            &[
                "--workload",
                "a=a@x",
                "--root-mount",
                "r",
                "--ca-ttl",
                "7301d",
            ],
            &["--workload", "a=a@x", "--ca-ttl", "8760h"],
            &[
                "--workload",
                "a=a@x",
                "--existing-mount",
                "--ca-ttl",
                "8760h",
            ],
            &["--workload", "a=a@x", "--pki-mount", "sys"],
            &["--workload", "a=a@x", "--pki-mount", "auth/pki"],
            &["--workload", "a=a@x", "--root-mount", "identity"],
            &[
                "--workload",
                "a=a@x",
                "--pki-mount",
                "x",
                "--root-mount",
                "x/",
            ],
            &["--workload", "a=a@x", "--root-mount", "pki-aws"],
            &["--workload", "a=a@x", "--root-mount", "pki-aws/root"],
            &["--workload", "a=a@x", "--workload-auth-mount", "token"],
            &[
                "--workload",
                "a",
                "--workload-auth",
                "approle",
                "--audience",
                "b",
            ],
            &[
                "--workload",
                "a",
                "--workload-auth",
                "cert",
                "--existing-mount",
                "--audience",
                "b",
            ],
        ],
    );
}

/// What is for an auth method that is made, and what one cannot be made of.
#[test]
fn an_auth_method_that_cannot_be_made_is_one_clear_line() {
    assert_refused(
        "setup-vault-auth-refused",
        &[
            &["--workload", "a=a@x", "--kubernetes-host", "https://x"],
            &["--workload", "a=a@x", "--jwt-issuer", "https://x"],
            &[
                "--workload",
                "a=a@x",
                "--enable-auth",
                "--kubernetes-host",
                "https://x",
            ],
            &[
                "--workload",
                "a=a@x",
                "--enable-auth",
                "--kubernetes-ca-file",
                "x",
            ],
            &[
                "--workload",
                "a=a@x",
                "--enable-auth",
                "--kubernetes-host",
                "http://x",
                "--kubernetes-ca-file",
                "x",
            ],
            &[
                "--workload",
                "a=x",
                "--workload-auth",
                "jwt",
                "--enable-auth",
            ],
            &[
                "--workload",
                "a=x",
                "--workload-auth",
                "jwt",
                "--enable-auth",
                "--jwt-issuer",
                "https://a@b",
            ],
            &[
                "--workload",
                "a=a@x",
                "-o",
                "kubernetes",
                "--token-reviewer",
                "x",
            ],
            &[
                "--workload",
                "a",
                "--workload-auth",
                "approle",
                "-o",
                "kubernetes",
            ],
        ],
    );
}

/// Nothing is printed but why.
fn assert_refused(name: &str, cases: &[&[&str]]) {
    let mut lines = String::new();
    for arguments in cases {
        let run = setup(arguments);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?} {run}"
        );
        lines += &format!("{arguments:?}\n{}\n", run.stderr);
    }
    filters(std::path::Path::new("/nowhere")).bind(|| {
        insta::assert_snapshot!(name, lines);
    });
}
