//! docker's own logins.

use std::os::unix::fs::PermissionsExt;

use crate::stand_in::StandIn;
use crate::tool::{Layout, Run, run_told, tools};

/// A push with this configuration of docker, and these lines as docker-credential-test.
fn push(layout: &Layout, repository: &str, (config, helper): (&str, &str)) -> Run {
    let folder = layout.scratch("docker");
    std::fs::create_dir_all(&folder).unwrap();
    let (registry, _) = repository.split_once('/').unwrap();
    let config = config.replace("REGISTRY", registry);
    std::fs::write(format!("{folder}/config.json"), config).unwrap();
    let program = format!("{folder}/docker-credential-test");
    std::fs::write(&program, format!("#!/bin/sh\ncat >&2\n{helper}\n")).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut tools = tools(&["image", "--from", &layout.path(), "--push", repository]);
    tools.env("DOCKER_CONFIG", &folder).env("PATH", path);
    run_told(tools, "")
}

#[test]
fn the_logins_of_docker_are_used() {
    let layout = Layout::of(3000, &[]);
    let answer = r#"echo '{"Username": "AWS", "Secret": "token"}'"#;
    for (config, helper) in [
        // AWS:token
        (
            r#"{"auths": {"REGISTRY": {"auth": "QVdTOnRva2Vu"}}}"#,
            "exit 1",
        ),
        (r#"{"credHelpers": {"REGISTRY": "test"}}"#, answer),
        (
            r#"{"auths": {"REGISTRY": {}}, "credsStore": "test"}"#,
            answer,
        ),
    ] {
        let registry = StandIn::start();
        push(&layout, &registry.repository("iamra"), (config, helper)).ok();
        assert!(
            registry.state().manifests.contains_key("iamra latest"),
            "{config}"
        );
    }
}

#[test]
fn a_helper_that_fails_is_quoted_and_one_without_a_login_is_none() {
    let layout = Layout::of(3000, &[]);
    let registry = StandIn::start();
    let config = r#"{"credsStore": "test"}"#;
    for (helper, words) in [
        (
            "echo vault is sealed; exit 1",
            "docker-credential-test for ",
        ),
        (
            "echo credentials not found in native keychain; exit 1",
            "the login was refused: 401",
        ),
        ("echo '{'", "Credential helper response malformed"),
    ] {
        let line = push(&layout, &registry.repository("iamra"), (config, helper)).refusal();
        assert!(line.contains(words), "{line}");
    }
    let run = push(&layout, &registry.repository("iamra"), ("{", ""));
    assert!(run.refusal().contains("docker's config.json"));
}
