use super::super::tests::{chosen, expiry, login, shown, with_context};
use super::*;

fn form(registries: &[&str]) -> Result<ArgoCd, Failure> {
    let flags = registries.iter().flat_map(|host| ["--registry", host]);
    with_context(&flags.collect::<Vec<_>>(), ArgoCd::repository)
}

/// With these in place of those that we would write.
fn with(changes: &[(&str, &str)]) -> SecretData {
    let mut data = form(&[A])
        .unwrap()
        .data(&[login(A, "p")], expiry())
        .unwrap();
    for (key, text) in changes {
        data.insert((*key).to_owned(), value(text));
    }
    data
}

#[test]
fn a_registry_of_charts() {
    let data = with(&[]);
    assert_eq!(
        shown(&data),
        [
            ("enableOCI", "true"),
            ("password", "p"),
            ("type", "helm"),
            ("url", A),
            ("username", "AWS"),
        ]
    );
    let mut keys = form(&[]).unwrap().keys();
    keys.sort();
    assert!(data.keys().eq(&keys));
}

#[test]
fn one_secret_is_for_one_registry() {
    let message = "such a Secret holds the login to one registry, and there are 2";
    for name in ["argocd-repository", "argocd-repo-creds"] {
        let flags = ["--secret-format", name, "--registry", A, "--registry", B];
        assert_eq!(chosen(&flags).unwrap_err().to_string(), message);
    }
    let logins = [login(A, "p"), login(B, "p")];
    let refused = form(&[]).unwrap().data(&logins, expiry()).unwrap_err();
    assert_eq!(refused.to_string(), message);
}

#[test]
fn ecrs_login_to_our_registry_is_replaceable() {
    let form = form(&[A]).unwrap();
    for (changes, is_replaceable) in [
        (&[][..], true),
        (
            &[(
                "url",
                "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/",
            )],
            true,
        ),
        (&[("url", B)], false),
        (
            &[("url", "123456789012.dkr.ecr.us-east-1.amazonaws.com/charts")],
            false,
        ),
        (&[("username", "somebody")], false),
        (&[("type", "git")], false),
        (&[("enableOCI", "false")], false),
    ] {
        let foreign = with(changes);
        assert_eq!(form.is_replaceable(&foreign), is_replaceable, "{changes:?}");
    }
}

#[test]
fn their_repository_gets_our_password() {
    let form = form(&[A]).unwrap();
    let ours = with(&[("password", "new")]);
    for url in [
        A,
        "oci://123456789012.dkr.ecr.us-east-1.amazonaws.com/charts",
    ] {
        let foreign = with(&[("url", url), ("project", "x"), ("username", "old")]);
        let merged = form.merged(&foreign, &ours).unwrap();
        assert_eq!(
            shown(&merged),
            [
                ("enableOCI", "true"),
                ("password", "new"),
                ("project", "x"),
                ("type", "helm"),
                ("url", url),
                ("username", "AWS"),
            ]
        );
    }
    for url in [B, "https://github.com/x", ""] {
        let refused = form.merged(&with(&[("url", url)]), &ours).unwrap_err();
        assert_eq!(refused, "url: it is of another registry than ours");
    }
}

const A: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const B: &str = "210987654321.dkr.ecr.us-east-1.amazonaws.com";
