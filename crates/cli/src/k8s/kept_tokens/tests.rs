use super::super::filled::tests::{HOST, filled as fresh};
use super::*;
use crate::k8s::form::tests::with_context;

fn registries(hosts: &[&str]) -> Registries {
    let flags: Vec<&str> = hosts.iter().flat_map(|host| ["--registry", host]).collect();
    with_context(&flags, Registries::named).unwrap()
}

/// What is found again of what was kept a minute after it was obtained.
fn again(text: &[u8], principal: &str, hosts: &[&str], after: Duration) -> Option<Logins> {
    let start = fresh("hunter2").obtained[0].token.lifetime.start();
    let now = start + after;
    filled(text, principal, (&registries(hosts), now))
}

const MINUTE: Duration = Duration::from_mins(1);
const OTHER: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

#[test]
fn what_is_kept_comes_back() {
    let before = fresh("hunter2");
    let text = text(&before, "us");
    let after = again(&text, "us", &[HOST], MINUTE).unwrap();
    let [before, after] = [before, after].map(|it| it.obtained.into_iter().next().unwrap());
    assert_eq!(before.token.lifetime, after.token.lifetime);
    assert_eq!(before.hosts, after.hosts);
    assert_eq!(
        before.token.password.expose_secret(),
        after.token.password.expose_secret()
    );
}

#[test]
fn what_is_not_ours_or_no_good_is_left() {
    let kept = text(&fresh("hunter2"), "us");
    let kept_text = String::from_utf8(kept.to_vec()).unwrap();
    let of_a_later_version = kept_text.replace(r#""schema":1"#, r#""schema":2"#);
    assert_ne!(of_a_later_version, kept_text);
    for (what, text, principal, hosts, after) in [
        ("another principal", &kept[..], "them", &[HOST][..], MINUTE),
        ("another registry", &kept, "us", &[OTHER], MINUTE),
        ("one more registry", &kept, "us", &[HOST, OTHER], MINUTE),
        ("its end is near", &kept, "us", &[HOST], MINUTE * 50),
        ("it is over", &kept, "us", &[HOST], MINUTE * 70),
        (
            "of a later version",
            of_a_later_version.as_bytes(),
            "us",
            &[HOST],
            MINUTE,
        ),
        ("no JSON", b"{", "us", &[HOST], MINUTE),
        ("nothing", b"", "us", &[HOST], MINUTE),
    ] {
        assert!(again(text, principal, hosts, after).is_none(), "{what}");
    }
    let start = fresh("hunter2").obtained[0].token.lifetime.start();
    let before = (&registries(&[HOST]), start - MINUTE);
    assert!(
        filled(&kept, "us", before).is_none(),
        "a clock that is behind"
    );
}
