//! Every login of the binary at a real OpenBao.

use serde_json::{Value, json};

use super::deployment::Deployment;
use super::login_setup::{self, text};
use super::server::{CA_FILE, Transport};
use crate::run::Run;

/// `cert issue` without a token, and with these variables.
fn issue(deployment: &Deployment, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = deployment.command(&["cert", "issue", "--out-dir", "pki"]);
    command
        .env("VAULT_TOKEN", "")
        .env_remove("VAULT_ROLE")
        .args(arguments)
        .envs(variables.iter().copied());
    Run::of(&mut command)
}

fn tokens(deployment: &Deployment) -> usize {
    let path = "auth/token/accessors";
    let keys = deployment.bao.demand("LIST", path, &Value::Null);
    keys["data"]["keys"].as_array().unwrap().len()
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn app_role_userpass_and_jwt_obtain_a_certificate_and_leave_no_token() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let bao = &deployment.bao;
    let role_id = login_setup::app_role(bao, &json!({}));
    let secret_id = login_setup::secret_id(bao);
    login_setup::user(bao);
    let jwt = login_setup::jwt(bao);
    let file = deployment
        .laboratory
        .write("secret", &format!("{secret_id}\n"));
    let password = deployment.laboratory.write("password", "p1\n");
    let jwt_file = deployment.laboratory.write("id.jwt", &jwt);
    let print = format!("cat {jwt_file}");
    let secret = [("IAMRA_SECRET_ID", secret_id.as_str())];
    let gitlab = [("VAULT_ID_TOKEN", jwt.as_str())];
    let own = [("CI_JWT", jwt.as_str())];
    for (method, variables, arguments) in [
        ("approle", &secret[..], &["--role-id", &role_id][..]),
        (
            "approle",
            &secret,
            &["--auth", "approle", "--role-id", &role_id, "--inline-auth"],
        ),
        (
            "approle",
            &[],
            &["--role-id", &role_id, "--secret-id-file", &file],
        ),
        (
            "userpass",
            &[],
            &["--username", "u1", "--password-file", &password],
        ),
        (
            "userpass",
            &[("IAMRA_PASSWORD", "p1")],
            &["--auth", "userpass", "--username", "u1"],
        ),
        (
            "userpass",
            &[("IAMRA_PASSWORD", "p1")],
            &["--username", "u1", "--inline-auth"],
        ),
        ("jwt", &gitlab, &["--auth-role", "gha"]),
        ("jwt", &own, &["--auth", "jwt", "--jwt-env", "CI_JWT"]),
        ("jwt", &[], &["--auth", "jwt", "--jwt-file", &jwt_file]),
        ("jwt", &[], &["--jwt-command", &print, "--auth-role", "gha"]),
        (
            "jwt",
            &[],
            &[
                "--jwt-command",
                &print,
                "--auth-role",
                "gha",
                "--inline-auth",
            ],
        ),
    ] {
        let before = tokens(&deployment);
        let trace = ["--log-level", "trace"];
        let run = issue(&deployment, variables, &[arguments, &trace].concat()).ok();
        assert!(run.stderr.contains("Vault issued a certificate"), "{run}");
        let is_inline = arguments.contains(&"--inline-auth");
        let login = format!("method=\"{method}\" accessor");
        assert_eq!(
            run.stderr.contains(&login),
            !is_inline,
            "{arguments:?}: {run}"
        );
        assert_eq!(tokens(&deployment), before, "{arguments:?}");
        for secret in [&secret_id, &jwt] {
            assert!(!run.stderr.contains(secret.as_str()), "{run}");
        }
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_wrapped_secret_id_works_once_and_only_from_its_path() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let bao = &deployment.bao;
    let role_id = login_setup::app_role(bao, &json!({}));
    let wrapped = || {
        let path = "auth/approle/role/iamra/secret-id";
        text(&bao.demand_wrapped(path, &json!({}))["wrap_info"]["token"])
    };
    let with = |wrapping: &str, more: &[&str]| {
        let file = deployment.laboratory.write("secret", wrapping);
        let base = [
            "--role-id",
            &role_id,
            "--secret-id-file",
            &file,
            "--secret-id-wrapped",
        ];
        issue(&deployment, &[], &[&base[..], more].concat())
    };
    let first = wrapped();
    with(&first, &[]).ok();
    let run = with(&first, &[]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("SECURITY: the wrapping token"), "{run}");
    assert!(run.stderr.contains("is spent or has expired"), "{run}");
    let path = "auth/approle/role/iamra/secret-id";
    with(&wrapped(), &["--secret-id-wrapped-path", path]).ok();
    with(&wrapped(), &["--auth-role", "iamra"]).ok();
    let another = wrapped();
    let run = with(&another, &["--auth-role", "another"]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(
        run.stderr
            .contains("not by auth/approle/role/another/secret-id"),
        "{run}"
    );
    // It was looked at, and not unwrapped.
    with(&another, &[]).ok();
    let foreign = bao.demand_wrapped("sys/wrapping/wrap", &json!({ "secret_id": "x" }));
    let run = with(&text(&foreign["wrap_info"]["token"]), &[]);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(
        run.stderr.contains("was made by sys/wrapping/wrap"),
        "{run}"
    );
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_certificate_fetches_its_successor() {
    let Some(deployment) = Deployment::reached_by(Transport::Tls) else {
        return;
    };
    login_setup::certificates(&deployment.bao, &deployment.laboratory.read("root.pem"));
    let issue = |variables: &[(&str, &str)], arguments: &[&str]| {
        let ca = [("VAULT_CACERT", CA_FILE)];
        issue(&deployment, &[&ca, variables].concat(), arguments)
    };
    let bundle = ["--layout", "bundle"];
    issue(&[("VAULT_TOKEN", &deployment.token)], &bundle).ok();
    let own = [
        ("VAULT_CLIENT_CERT", "pki/cert.pem"),
        ("VAULT_CLIENT_KEY", "pki/private.pem"),
    ];
    let by_certificate = [&["--auth", "cert"][..], &bundle].concat();
    for role in [&["--auth-role", "web"][..], &[], &["--inline-auth"]] {
        let before = deployment.laboratory.read("pki/cert.pem");
        issue(&own, &[&by_certificate[..], role].concat()).ok();
        assert_ne!(deployment.laboratory.read("pki/cert.pem"), before);
    }
    let run = issue(
        &own,
        &[&by_certificate[..], &["--auth-role", "nope"]].concat(),
    );
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("vault.login-denied"), "{run}");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn refused_logins_end_with_3_and_say_what_to_compare() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    let bao = &deployment.bao;
    let role_id = login_setup::app_role(bao, &json!({ "secret_id_num_uses": 1 }));
    let secret_id = login_setup::secret_id(bao);
    login_setup::user(bao);
    let jwt = login_setup::jwt(bao);
    let secret = [("IAMRA_SECRET_ID", secret_id.as_str())];
    let id_token = [("VAULT_ID_TOKEN", jwt.as_str())];
    issue(&deployment, &secret, &["--role-id", &role_id]).ok();
    for (variables, arguments, hint) in [
        (
            &secret[..],
            &["--role-id", &role_id][..],
            "secret_id_num_uses",
        ),
        (&[], &["--role-id", &role_id], "bind_secret_id"),
        (&secret, &["--role-id", "nope"], "check the role_id"),
        (
            &[("IAMRA_PASSWORD", "bad")],
            &["--username", "u1"],
            "check name and password",
        ),
        (
            &id_token,
            &["--auth-role", "other-audience"],
            "bound_audiences",
        ),
        (&id_token, &["--auth-role", "other-claim"], "bound_claims"),
        (&id_token, &["--auth-role", "nope"], "create the role"),
        (&[("VAULT_ID_TOKEN", "a.b.c")], &[], "jwks_url"),
        (
            &id_token,
            &["--auth-role", "nope", "--inline-auth"],
            "create the role",
        ),
        (&[], &["--auth", "none"], "we sent no token"),
    ] {
        let run = issue(&deployment, variables, arguments);
        assert_eq!(run.code, Some(3), "{arguments:?}: {run}");
        assert!(run.stderr.contains(hint), "{arguments:?}: {run}");
    }
}

/// A role that hangs certificates on the token's lease has none to hang on.
#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn inline_authentication_and_leases_exclude_each_other() {
    let Some(deployment) = Deployment::start() else {
        return;
    };
    login_setup::user(&deployment.bao);
    let role = json!({ "allow_any_name": true, "key_type": "ec", "generate_lease": true });
    deployment.bao.demand("POST", "pki-aws/roles/leased", &role);
    let password = [("IAMRA_PASSWORD", "p1")];
    let arguments = ["--username", "u1", "--pki-role", "leased"];
    issue(&deployment, &password, &arguments).ok();
    let inline = [&arguments[..], &["--inline-auth"]].concat();
    let run = issue(&deployment, &password, &inline);
    assert_eq!(run.code, Some(3), "{run}");
    assert!(run.stderr.contains("generate_lease=false"), "{run}");
}
