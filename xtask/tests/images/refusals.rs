//! What is said where a push is refused.

use crate::push::push;
use crate::stand_in::{Refusal, StandIn};
use crate::tool::{Layout, run, run_told, tools};

#[test]
fn a_refusal_is_one_line_that_names_the_remedy() {
    let layout = Layout::of(3000, &[]);
    for (call, status, code, words) in [
        (
            "POST",
            404,
            "NAME_UNKNOWN",
            "aws ecr create-repository --repository-name team/iamra",
        ),
        (
            "PUT /v2/team/iamra/blobs",
            507,
            "UNKNOWN",
            "the registry is full: 507",
        ),
        (
            "PUT /v2/team/iamra/manifests/latest",
            400,
            "TAG_INVALID",
            "choose another --tag",
        ),
        (
            "POST",
            403,
            "DENIED",
            "not allowed: 403 DENIED as the stand-in says",
        ),
    ] {
        let registry = StandIn::start();
        registry.refuse(Refusal {
            call,
            times: 1,
            status,
            code,
        });
        let line = push(&layout, &registry.repository("team/iamra"), &[]).refusal();
        assert!(
            line.starts_with(&registry.repository("team/iamra")),
            "{line}"
        );
        assert!(line.contains(words), "{line}");
        assert!(!registry.state().manifests.contains_key("team/iamra latest"));
    }
}

#[test]
fn attempts_are_bounded() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    registry.refuse(Refusal {
        call: "POST",
        times: usize::MAX,
        status: 500,
        code: "UNKNOWN",
    });
    let line = push(&layout, &registry.repository("team/iamra"), &[]).refusal();
    assert!(
        line.contains("500 UNKNOWN as the stand-in says (5 attempts)"),
        "{line}"
    );
    assert_eq!(registry.writes().len(), 5);
}

#[test]
fn a_wrong_token_is_not_sent_twice() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let (path, repository) = (layout.path(), registry.repository("team/iamra"));
    let push = [
        "image",
        "--from",
        &path,
        "--push",
        &repository,
        "--password-stdin",
    ];
    let line = run_told(tools(&push), "wrong\n").refusal();
    assert!(line.contains("the login was refused: 401"), "{line}");
    assert!(line.contains("iamra ecr token | cargo xtask"), "{line}");
    let line = run_told(tools(&push), "").refusal();
    assert!(line.contains("standard input has no password"), "{line}");
    assert_eq!(registry.state().calls, [""; 0]);
}

#[test]
fn a_password_is_not_sent_without_tls() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let challenge = "Bearer realm=\"http://tokens.example/token\",service=\"x\"";
    registry.state().challenge = Some(challenge.to_owned());
    let line = push(&layout, &registry.repository("iamra"), &[]).refusal();
    assert!(
        line.contains("tokens.example/token, over plain HTTP"),
        "{line}"
    );
}

#[test]
fn a_token_service_that_is_busy_is_asked_again() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let token = registry.repository("token");
    registry.state().challenge = Some(format!("Bearer realm=\"http://{token}\""));
    let line = push(&layout, &registry.repository("iamra"), &[]).refusal();
    assert!(
        line.contains("token service is out of order (5 attempts)"),
        "{line}"
    );
}

#[test]
fn a_proxy_is_not_for_this_machine() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let (path, repository) = (layout.path(), registry.repository("iamra"));
    let push = ["image", "--from", &path, "--push", &repository];
    let mut command = tools(&[&push[..], &["--password-stdin"]].concat());
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, "http://127.0.0.1:1");
    }
    run_told(command, "token").ok();
}

#[test]
fn a_list_of_referrers_that_does_not_come_is_not_taken_for_none() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let size = std::fs::metadata(format!(
        "{}/{}",
        layout.path(),
        layout.digest.replace("sha256:", "blobs/sha256/")
    ));
    let subject = (&*layout.digest, size.unwrap().len());
    layout.name_manifest(&layout.write_signature(Some(subject)), None);
    registry.refuse(Refusal {
        call: "/referrers/",
        times: 1,
        status: 403,
        code: "DENIED",
    });
    let line = push(&layout, &registry.repository("iamra"), &[]).refusal();
    assert!(line.contains("not allowed: DENIED"), "{line}");
    push(&layout, &registry.repository("iamra"), &[]).ok();
}

#[test]
fn a_tag_that_names_something_else_is_left_alone() {
    let registry = StandIn::start();
    let repository = registry.repository("team/iamra");
    let (old, new) = (Layout::of(3000, &[]), Layout::of(4000, &[]));
    push(&old, &repository, &[]).ok();
    registry.writes();
    let line = push(&new, &repository, &["--no-clobber"]).refusal();
    let expected = format!("the tag latest is there and names {}", old.digest);
    assert!(
        line.contains(&expected) && line.contains(&new.digest),
        "{line}"
    );
    assert_eq!(registry.writes(), [""; 0]);
    push(&new, &repository, &[]).ok();
}

#[test]
fn a_registry_that_is_not_there_is_said_so() {
    let layout = Layout::of(3000, &[]);
    let path = layout.path();
    // The port of nobody.
    let line = run(&["image", "--from", &path, "--push", "127.0.0.1:1/iamra"]).refusal();
    assert!(line.contains("the registry cannot be reached: "), "{line}");
    let line = run(&["image", "--from", &path, "--push", "127.0.0.1:1/iamra:tag"]).refusal();
    assert!(line.contains("tags come from --tag"), "{line}");
    let line = run(&[
        "image",
        "--from",
        "/nonexistent",
        "--push",
        "127.0.0.1:1/iamra",
    ])
    .refusal();
    assert!(line.contains("is no image layout"), "{line}");
}

#[test]
fn a_base_with_other_bytes_is_named() {
    let layout = Layout::of(3000, &[]);
    let (largest, _) = layout.blobs().into_iter().max_by_key(|it| it.1).unwrap();
    let blob = format!("{}/blobs/sha256/{largest}", layout.path());
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let (base, output) = (layout.path(), layout.scratch("output"));
    let binaries = ["binary-amd64", "binary-arm64"].map(|name| layout.scratch(name));
    let both = ["--platform", "linux/amd64,linux/arm64"];
    let [first, second] = &binaries;
    let given = ["--binary", first, "--binary", second, "--base", &base];
    let into = ["image", "--output", &output];
    let line = run(&[&into[..], &both, &given].concat()).refusal();
    assert_eq!(line, format!("{blob} is not what its name says"));
}

#[test]
fn a_layout_that_is_cut_short_is_named() {
    let registry = StandIn::start();
    let layout = Layout::of(3000, &[]);
    let largest = layout.blobs().into_iter().max_by_key(|(_, size)| *size);
    let path = format!("{}/blobs/sha256/{}", layout.path(), largest.unwrap().0);
    std::fs::write(&path, b"short").unwrap();
    let line = push(&layout, &registry.repository("team/iamra"), &[]).refusal();
    assert!(line.starts_with(&path) && line.contains("bytes"), "{line}");
}
