use super::*;
use crate::SecretSource;

const FILE: &str = "/home/a/.vault-token";
const JWT: &str = "/sa/token";

/// Everything there is, and nothing in the environment.
fn inputs(files: &[&str]) -> LoginInputs {
    LoginInputs {
        token: None,
        app_role: None,
        userpass: None,
        jwt: None,
        token_file: files.contains(&FILE).then(|| FILE.into()),
        gitlab: None,
        github_actions: None,
        jwt_file: JWT.into(),
        kubernetes_mount: "kubernetes".parse().unwrap(),
        kubernetes_role: Some("r".to_owned()),
    }
}

fn app_role() -> AppRoleLogin {
    let role_id = SecretSource::Text("r".into());
    AppRoleLogin::new("approle".parse().unwrap(), role_id, None)
}

fn userpass() -> UserpassLogin {
    UserpassLogin {
        mount: "userpass".parse().unwrap(),
        username: "a".to_owned(),
        password: SecretSource::Text("p".into()),
    }
}

fn jwt() -> JwtLogin {
    JwtLogin {
        mount: "jwt".parse().unwrap(),
        role: None,
        source: Box::new(SecretSource::Text("j".into())),
    }
}

fn choose(inputs: LoginInputs, files: &[&str]) -> Result<String, String> {
    let exists = |path: &Path| files.iter().any(|file| path == Path::new(file));
    choose_login(inputs, &exists)
        .map(|(method, reason)| format!("{}: {reason}", method.name()))
        .map_err(|error| error.to_string())
}

/// Each row has what the one before it has, less the strongest.
#[test]
fn the_order_is_the_documented_one() {
    let all = [FILE, JWT];
    let everything = || LoginInputs {
        token: Some("s.a".into()),
        gitlab: Some(jwt()),
        github_actions: Some(jwt()),
        ..inputs(&all)
    };
    let without_token = || LoginInputs {
        token: Some(" \n".into()),
        ..everything()
    };
    for (inputs, files, expected) in [
        (everything(), &all[..], "token: a token is set"),
        (
            LoginInputs {
                app_role: Some(app_role()),
                ..without_token()
            },
            &all[..],
            "approle: a role_id is given",
        ),
        (
            LoginInputs {
                userpass: Some(userpass()),
                ..without_token()
            },
            &all[..],
            "userpass: a username is given",
        ),
        (
            LoginInputs {
                jwt: Some(jwt()),
                ..without_token()
            },
            &all[..],
            "jwt: a source of JWTs is named",
        ),
        (
            without_token(),
            &all[..],
            "token-file: there is a token file /home/a/.vault-token",
        ),
        (
            without_token(),
            &all[1..],
            "jwt: GitLab has set an ID token",
        ),
        (
            LoginInputs {
                gitlab: None,
                ..without_token()
            },
            &all[1..],
            "jwt: GitHub Actions has set a token endpoint",
        ),
        (
            LoginInputs {
                gitlab: None,
                github_actions: None,
                ..without_token()
            },
            &all[1..],
            "kubernetes: there is a service-account token /sa/token",
        ),
    ] {
        assert_eq!(choose(inputs, files).as_deref(), Ok(expected));
    }
}

#[test]
fn a_service_account_needs_a_role() {
    let inputs = LoginInputs {
        kubernetes_role: Some(String::new()),
        ..inputs(&[])
    };
    let expected = "the service-account token /sa/token needs a role to log in to Vault with";
    assert_eq!(choose(inputs, &[JWT]), Err(expected.to_owned()));
}

#[test]
fn nothing_at_hand_says_where_it_was_looked_for() {
    let expected = "no way to log in to Vault: VAULT_TOKEN is not set, there is no token file \
                    at /home/a/.vault-token, and no service-account token at /sa/token";
    assert_eq!(choose(inputs(&[FILE]), &[]), Err(expected.to_owned()));
}

#[test]
fn of_two_nobody_can_tell_which_is_meant() {
    let inputs = LoginInputs {
        app_role: Some(app_role()),
        userpass: Some(userpass()),
        ..inputs(&[])
    };
    let expected =
        "it is not clear how to log in to Vault: a role_id is given, and a username is given";
    assert_eq!(choose(inputs, &[]), Err(expected.to_owned()));
}

#[test]
fn debug_shows_no_token() {
    let inputs = LoginInputs {
        token: Some("hunter2".into()),
        ..inputs(&[])
    };
    assert!(!format!("{inputs:?}").contains("hunter2"));
    let (login, _) = choose_login(inputs, &|_| false).unwrap();
    assert_eq!(format!("{login:?}"), "TokenLogin(Token)");
}
