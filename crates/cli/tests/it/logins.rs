//! How the binary comes to its login: what is missing, what is chosen, and the
//! command that prints a JWT.

use crate::laboratory::Laboratory;
use crate::run::Run;

/// `cert issue` without the sandbox's token.
fn issue(laboratory: &Laboratory, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = laboratory.command(&["cert", "issue"]);
    command
        .env_remove("VAULT_TOKEN")
        .env_remove("VAULT_ROLE")
        .args(arguments)
        .envs(variables.iter().copied());
    Run::of(&mut command)
}

#[test]
fn what_a_login_lacks_is_named_before_anybody_is_called() {
    let laboratory = Laboratory::new();
    let empty = laboratory.write("empty", "\n");
    for (name, variables, arguments) in [
        ("approle", &[][..], &["--auth", "approle"][..]),
        ("userpass", &[], &["--auth", "userpass"]),
        ("userpass-password", &[], &["--username", "a"]),
        ("jwt", &[], &["--auth", "jwt"]),
        ("jwt-env", &[], &["--auth", "jwt", "--jwt-env", "CI_TOKEN"]),
        (
            "jwt-audience",
            &[],
            &["--auth", "jwt", "--jwt-audience", "vault"],
        ),
        (
            "jwt-command-quote",
            &[],
            &["--auth", "jwt", "--jwt-command", "sh -c 'x"],
        ),
        (
            "jwt-command-absent",
            &[],
            &["--jwt-command", "no-such-program"],
        ),
        (
            "jwt-command-fails",
            &[],
            &["--jwt-command", "sh -c 'echo hunter2; exit 7'"],
        ),
        ("jwt-command-silent", &[], &["--jwt-command", "true"]),
        (
            "jwt-command-endless",
            &[],
            &["--jwt-command", "yes hunter2"],
        ),
        ("github-actions", &[], &["--auth", "github-actions"]),
        (
            "github-actions-http",
            &[
                ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://github.example/"),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2"),
            ],
            &[],
        ),
        ("cert", &[], &["--auth", "cert"]),
        (
            "ambiguous",
            &[("IAMRA_PASSWORD", "hunter2")],
            &["--role-id", "r", "--username", "a"],
        ),
        (
            "secret-id-empty",
            &[],
            &["--role-id", "r", "--secret-id-file", empty.as_str()],
        ),
        (
            "inline-token",
            &[("VAULT_TOKEN", "s.hunter2")],
            &["--inline-auth"],
        ),
    ] {
        let run = issue(&laboratory, variables, arguments);
        assert_eq!(run.code, Some(2), "{name}: {run}");
        assert_eq!(run.stdout, "", "{name}: {run}");
        assert!(!run.stderr.contains("hunter2"), "{name}: {run}");
        let mut settings = laboratory.filters();
        settings.add_filter(r"(?m)^ (INFO|WARN) Vault is reached.*\n", "");
        settings.bind(|| insta::assert_snapshot!(format!("login-{name}"), run));
    }
    assert!(laboratory.sandbox.requests().is_empty());
}

/// The sandbox refuses each of these; what counts is which one it was.
#[test]
fn what_is_at_hand_is_said_aloud() {
    let laboratory = Laboratory::new();
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:9/"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"),
    ];
    let gitlab = [github[0], github[1], ("VAULT_ID_TOKEN", "e30.e30.x")];
    let own_role = [("VAULT_TOKEN", "s.x"), ("IAMRA_ROLE_ID", "r")];
    let token = [("VAULT_TOKEN", "s.x")];
    let token_and_password = [("VAULT_TOKEN", "s.x"), ("IAMRA_PASSWORD", "p")];
    for (variables, arguments, reason) in [
        (&token[..], &[][..], "a token is set"),
        (&own_role, &[], "a role_id is given"),
        (&token, &["--role-id", "r"], "a role_id is given"),
        (
            &token_and_password,
            &["--username", "a"],
            "a username is given",
        ),
        (
            &token,
            &["--jwt-command", "echo x"],
            "a source of JWTs is named",
        ),
        (&gitlab, &[], "GitLab has set an ID token"),
        (&github, &[], "GitHub Actions has set a token endpoint"),
    ] {
        let timeout = ["--vault-timeout", "2s", "--vault-max-retries", "0"];
        let run = issue(&laboratory, variables, &[arguments, &timeout].concat());
        let chosen = format!("chose how to log in to Vault: {reason}\n");
        assert!(run.stderr.contains(&chosen), "{reason}: {run}");
        assert_ne!(run.code, Some(0), "{reason}: {run}");
    }
}

#[test]
fn the_command_gets_the_environment_without_our_secrets() {
    let laboratory = Laboratory::new();
    let script = "env > seen; echo e30.e30.x";
    let command = format!("sh -c '{script}'");
    let variables = [
        ("VAULT_TOKEN", "hunter2"),
        ("IAMRA_SECRET_ID", "hunter2"),
        ("IAMRA_PASSWORD", "hunter2"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "hunter2"),
        ("BUILDKITE_AGENT_ACCESS_TOKEN", "theirs"),
    ];
    let arguments = [
        "--auth",
        "jwt",
        "--jwt-command",
        &command,
        "--log-level",
        "trace",
    ];
    let run = issue(&laboratory, &variables, &arguments);
    let seen = laboratory.read("seen");
    assert!(!seen.contains("hunter2"), "{seen}");
    assert!(
        seen.contains("BUILDKITE_AGENT_ACCESS_TOKEN=theirs"),
        "{seen}"
    );
    assert!(!run.stderr.contains("e30.e30.x"), "{run}");
    assert!(!run.stderr.contains("hunter2"), "{run}");
}
