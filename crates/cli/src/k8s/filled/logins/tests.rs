#![expect(clippy::disallowed_methods, reason = "a test's own folder")]

use std::time::Duration;

use ecr_auth::{AuthorizationToken, RegistryHost};

use super::*;
use crate::ecr::Origin;
use crate::k8s::form::tests::chosen;

/// One token of an hour's life, for one registry.
pub(in crate::k8s) fn filled(password: &str) -> Logins {
    let host: RegistryHost = HOST.parse().unwrap();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    Logins {
        obtained: vec![Obtained {
            scope: host.scope().clone(),
            hosts: vec![host],
            token: AuthorizationToken {
                username: "AWS".to_owned(),
                password: password.into(),
                lifetime: Lifetime::new(start, start + Duration::from_hours(1)),
                proxy_endpoint: None,
            },
            origin: Origin::Ecr,
        }],
    }
}

/// What is made of it with these flags.
fn content(filled: &Logins, flags: &[&str]) -> Content {
    let form = chosen(&[&["--registry", HOST], flags].concat()).unwrap();
    filled.content(form.logins()).unwrap()
}

#[test]
fn what_is_the_same_has_one_name() {
    let plain = content(&filled("p"), &[]);
    assert_eq!(plain.id(), content(&filled("p"), &[]).id());
    let mut later = filled("p");
    let lifetime = later.obtained[0].token.lifetime;
    let end = lifetime.end() + Duration::from_millis(1);
    later.obtained[0].token.lifetime = Lifetime::new(lifetime.start(), end);
    for other in [
        content(&filled("q"), &[]),
        content(&later, &[]),
        content(&filled("p"), &["--auth-only"]),
        content(&filled("p"), &["--registry-scheme"]),
        content(&filled("p"), &["--secret-format", "config-json"]),
    ] {
        assert_ne!(plain.id(), other.id());
    }
}

#[test]
fn an_edited_template_is_another_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template");
    let named = path.to_str().unwrap();
    let written = |password: &str, text: &str| {
        std::fs::write(&path, format!("[data]\nkey = \"{text}\"\n")).unwrap();
        content(&filled(password), &["--secret-template", named])
    };
    let first = written("p", "user = {{username}}");
    assert_eq!(first.id(), written("p", "user = {{ username }}").id());
    assert_ne!(first.id(), written("p", "user: {{username}}").id());
    // Though no token is in it.
    assert_ne!(first.id(), written("q", "user = {{username}}").id());
}

pub(in crate::k8s) const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
