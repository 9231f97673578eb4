//! How the binary comes to its login: what is missing, what is chosen, and the
//! command that prints a JWT.

use std::time::Duration;

use iamra_sandbox::{InlineAuth, JwtClaims, Operation};
use secrecy::ExposeSecret as _;

use crate::laboratory::Laboratory;
use crate::run::Run;

/// One way to log in: the method that the audit event names, variables,
/// arguments.
pub(crate) type Case = (&'static str, Vec<(&'static str, String)>, Vec<String>);

/// Every login that a laboratory with TLS takes, without a token.
pub(crate) fn cases(laboratory: &Laboratory) -> Vec<Case> {
    let sandbox = &laboratory.sandbox;
    let mut cases = app_roles(laboratory);
    cases.extend(jwts(laboratory));
    let (username, password) = sandbox.userpass();
    let password = password.expose_secret();
    let file = laboratory.write("password", password);
    cases.push(case(
        "userpass",
        &[],
        &["--username", &username, "--password-file", &file],
    ));
    let variable = [("IAMRA_PASSWORD", password)];
    cases.push(case(
        "userpass",
        &variable,
        &["--auth", "userpass", "--username", &username],
    ));
    let client = sandbox.client_certificate("client1.example.test").unwrap();
    let key = laboratory.write("client.key", client.key_pem.expose_secret());
    let certificate = laboratory.write("client.pem", &client.certificate_pem);
    let pair = [
        "--vault-client-cert",
        &certificate,
        "--vault-client-key",
        &key,
    ];
    let by_certificate = [&["--auth", "cert", "--auth-role", "web"][..], &pair].concat();
    cases.push(case("cert", &[], &by_certificate));
    let service_account = laboratory.service_account_token();
    let by_account = ["--auth", "kubernetes", "--auth-role", "iamra", "--jwt-file"];
    cases.push(case(
        "kubernetes",
        &[],
        &[&by_account[..], &[&service_account]].concat(),
    ));
    cases
}

/// A `secret_id` is good for three logins, so each case has its own.
fn app_roles(laboratory: &Laboratory) -> Vec<Case> {
    let sandbox = &laboratory.sandbox;
    let (plain, variable) = (sandbox.app_role(), sandbox.app_role());
    let wrapped = sandbox.wrapped_app_role(Duration::from_secs(60));
    let role_id = laboratory.write("role-id", &plain.role_id);
    let file = laboratory.write("secret-id", plain.secret_id.expose_secret());
    let wrapping = laboratory.write("wrapping", wrapped.secret_id.expose_secret());
    let path = sandbox.secret_id_path();
    let given = [("IAMRA_SECRET_ID", variable.secret_id.expose_secret())];
    vec![
        case(
            "approle",
            &[],
            &["--role-id-file", &role_id, "--secret-id-file", &file],
        ),
        case(
            "approle",
            &given,
            &["--auth", "approle", "--role-id", &variable.role_id],
        ),
        case(
            "approle",
            &[],
            &[
                "--role-id",
                &wrapped.role_id,
                "--secret-id-file",
                &wrapping,
                "--secret-id-wrapped-path",
                &path,
            ],
        ),
    ]
}

fn jwts(laboratory: &Laboratory) -> Vec<Case> {
    let sandbox = &laboratory.sandbox;
    let jwt = sandbox.jwt(&JwtClaims::default()).unwrap();
    let jwt = jwt.expose_secret();
    let file = laboratory.write("id.jwt", jwt);
    let command = format!("cat {file}");
    let job = sandbox.github_id_token_request();
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", job.url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", job.token.expose_secret()),
    ];
    let audience = ["--jwt-audience", "https://vault.example.test"];
    let said = [
        &["--auth", "github-actions", "--auth-role", "gha"][..],
        &audience,
    ]
    .concat();
    vec![
        case("jwt", &[("VAULT_ID_TOKEN", jwt)], &[]),
        case(
            "jwt",
            &[("CI_JWT", jwt)],
            &["--jwt-env", "CI_JWT", "--auth-role", "gha"],
        ),
        case("jwt", &[], &["--auth", "jwt", "--jwt-file", &file]),
        case("jwt", &[], &["--jwt-command", &command]),
        case("github-actions", &github, &audience),
        case("github-actions", &github, &said),
    ]
}

fn case(method: &'static str, variables: &[(&'static str, &str)], arguments: &[&str]) -> Case {
    let variables = variables.iter();
    (
        method,
        variables
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        arguments.iter().map(|word| (*word).to_owned()).collect(),
    )
}

/// Runs `cert issue` as a case says.
pub(crate) fn run(laboratory: &Laboratory, (_, variables, arguments): &Case, more: &[&str]) -> Run {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    issue(laboratory, &variables, &[&arguments, more].concat())
}

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
fn every_login_obtains_a_certificate_and_gives_its_token_back() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    for case in cases(&laboratory) {
        let before = laboratory.sandbox.requests();
        let run = run(&laboratory, &case, &[]).ok();
        let event = format!("method=\"{}\" accessor", case.0);
        assert!(run.stderr.contains(&event), "{case:?}: {run}");
        let after = laboratory.sandbox.requests();
        let new = |operation| after.count(operation) - before.count(operation);
        assert_eq!(new(Operation::VaultLogin), 1, "{case:?}");
        assert_eq!(new(Operation::VaultSign), 1, "{case:?}");
        // Given back, and nothing else: neither looked up nor renewed.
        assert_eq!(new(Operation::VaultRenew), 0, "{case:?}");
        assert!(run.stderr.contains("revoked our token"), "{case:?}: {run}");
    }
}

/// One request, wherever the login is one.
#[test]
fn inline_logins_leave_no_token_behind() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    for case in cases(&laboratory) {
        let before = laboratory.sandbox.requests().count(Operation::VaultLogin);
        let run = run(&laboratory, &case, &["--inline-auth"]).ok();
        assert!(!run.stderr.contains("accessor"), "{case:?}: {run}");
        let after = laboratory.sandbox.requests().count(Operation::VaultLogin);
        assert_eq!(after, before, "{case:?}");
    }
}

#[test]
fn a_certificate_of_the_pki_fetches_its_successor() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let own = [
        "--vault-client-cert",
        "cert.pem",
        "--vault-client-key",
        "private.pem",
    ];
    let bundle = ["--layout", "bundle"];
    laboratory
        .run(&[&["cert", "issue"], &bundle[..]].concat())
        .ok();
    for _ in 0..2 {
        let before = laboratory.read("cert.pem");
        issue(
            &laboratory,
            &[],
            &[&["--auth", "cert"], &own[..], &bundle].concat(),
        )
        .ok();
        assert_ne!(laboratory.read("cert.pem"), before);
    }
}

#[test]
fn what_vault_refuses_of_a_login_ends_with_3_and_a_hint() {
    let laboratory = Laboratory::changed(|settings| settings.tls = true);
    let sandbox = &laboratory.sandbox;
    let jwt = |change: fn(&mut JwtClaims)| {
        let mut claims = JwtClaims::default();
        change(&mut claims);
        sandbox.jwt(&claims).unwrap().expose_secret().to_owned()
    };
    let id_token = |jwt: String| vec![("VAULT_ID_TOKEN", jwt)];
    let wrapped = sandbox.wrapped_app_role(Duration::from_secs(60));
    let wrapping = laboratory.write("wrapping", wrapped.secret_id.expose_secret());
    let unwrap = |path: &str| {
        let file = [
            "--secret-id-file",
            &wrapping,
            "--secret-id-wrapped-path",
            path,
        ];
        let words = [&["--role-id", &wrapped.role_id][..], &file].concat();
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let own = unwrap(&sandbox.secret_id_path());
    for (name, variables, arguments) in [
        (
            "jwt-audience",
            id_token(jwt(|c| c.audience = "other".to_owned())),
            vec![],
        ),
        (
            "jwt-claim",
            id_token(jwt(|c| c.repository = "acme/other".to_owned())),
            vec![],
        ),
        (
            "jwt-expired",
            id_token(jwt(|c| c.lifetime = Duration::ZERO)),
            vec![],
        ),
        ("jwt-garbage", id_token("a.b.c".to_owned()), vec![]),
        ("jwt-role", id_token(jwt(|_| ())), words("--auth-role nope")),
        (
            "jwt-role-inline",
            id_token(jwt(|_| ())),
            words("--auth-role nope --inline-auth"),
        ),
        (
            "app-role",
            vec![("IAMRA_SECRET_ID", "nope".to_owned())],
            words("--role-id nope"),
        ),
        (
            "app-role-bare",
            vec![],
            vec!["--role-id".to_owned(), sandbox.app_role().role_id],
        ),
        (
            "password",
            vec![("IAMRA_PASSWORD", "nope".to_owned())],
            words("--username iamra"),
        ),
        ("none", vec![], words("--auth none")),
        (
            "wrapped-elsewhere",
            vec![],
            unwrap("auth/approle/role/other/secret-id"),
        ),
        ("wrapped", vec![], own.clone()),
        ("wrapped-spent", vec![], own),
    ] {
        let run = run(&laboratory, &("", variables, arguments), &[]);
        let expected = if name == "wrapped" { 0 } else { 3 };
        assert_eq!(run.code, Some(expected), "{name}: {run}");
        if expected == 3 {
            let mut settings = laboratory.filters();
            settings.add_filter(r"(?m)^ INFO chose.*\n", "");
            settings.bind(|| insta::assert_snapshot!(format!("login-refused-{name}"), run));
        }
    }
}

/// What `doctor` looks up is looked up inline, too.
#[test]
fn doctor_walks_with_an_inline_login() {
    let laboratory = Laboratory::new();
    let (username, password) = laboratory.sandbox.userpass();
    let mut command = laboratory.command(&["doctor", "--inline-auth", "--username", &username]);
    command
        .env_remove("VAULT_TOKEN")
        .env("IAMRA_PASSWORD", password.expose_secret());
    let run = Run::of(&mut command).ok();
    assert!(run.stdout.contains("log in by userpass"), "{run}");
    assert_eq!(
        laboratory.sandbox.requests().count(Operation::VaultLogin),
        0
    );
}

#[test]
fn a_vault_that_does_not_know_inline_logins_is_named() {
    let laboratory = Laboratory::changed(|settings| settings.inline_auth = InlineAuth::Ignored);
    let (username, password) = laboratory.sandbox.userpass();
    let password = [("IAMRA_PASSWORD", password.expose_secret())];
    let run = issue(
        &laboratory,
        &password,
        &["--username", &username, "--inline-auth"],
    );
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("error[vault.not-inline]"), "{run}");
    assert!(run.stderr.contains("OpenBao 2.4"), "{run}");
}

#[test]
fn a_second_factor_is_named() {
    let laboratory = Laboratory::changed(|settings| settings.mfa_required = true);
    let (username, password) = laboratory.sandbox.userpass();
    let password = [("IAMRA_PASSWORD", password.expose_secret())];
    let run = issue(&laboratory, &password, &["--username", &username]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("error[vault.mfa-required]"), "{run}");
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
