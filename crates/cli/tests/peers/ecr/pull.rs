//! skopeo at the sandbox's registry, by every kind of login that we make.

use iamra_sandbox::Operation;

use super::HOST;
use super::skopeo::{Skopeo, digest};
use super::stage::Stage;

/// What leads a client to a login, by name.
pub(super) type Logins = Vec<(&'static str, String)>;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn skopeo_pulls_by_every_login() {
    let Some(skopeo) = Skopeo::found() else {
        return;
    };
    let stage = Stage::new();
    let image = format!("docker://{HOST}/team/app:1");
    let nobody = skopeo.copy(&stage, (&image, "oci:nobody:1"), &[]);
    assert_eq!(nobody.code, Some(1), "{nobody}");
    let ours = stage.json(&["check", "--repo", "team/app:1"]);
    for (name, logins) in every_login(&stage) {
        let run = skopeo.copy(&stage, (&image, &format!("oci:{name}:1")), &logins);
        assert_eq!(run.code, Some(0), "{name}: {run}");
        assert_eq!(
            ours[0]["manifest"]["digest"],
            *digest(&stage, name),
            "{name}"
        );
    }
    let requests = stage.laboratory.sandbox.requests();
    assert_eq!(requests.count(Operation::EcrToken), 1, "one token for all");
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn skopeo_shows_why_the_helper_has_no_token() {
    let Some(skopeo) = Skopeo::found() else {
        return;
    };
    let stage = Stage::new();
    let nobody = "arn:aws:iam::123456789012:role/nobody".to_owned();
    let logins = [
        ("REGISTRY_AUTH_FILE", stage.asking_us("asking.json", HOST)),
        ("ROLE_ARN", nobody),
    ];
    let image = format!("docker://{HOST}/team/app:1");
    let run = skopeo.copy(&stage, (&image, "oci:nobody:1"), &logins);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("error getting credentials"), "{run}");
    let reason = "CreateSession was refused: AccessDeniedException";
    assert!(run.stderr.contains(reason), "{run}");
}

/// Each in a place of its own.
pub(super) fn every_login(stage: &Stage) -> Vec<(&'static str, Logins)> {
    let folder = |name: &str| {
        let folder = stage.laboratory.path(name);
        std::fs::create_dir(&folder).unwrap();
        folder.display().to_string()
    };
    let logged_in = |tool: &str, variable: &'static str, folder: String| {
        let mut command = stage.ecr(&["login", "--tool", tool, "--registry", HOST]);
        crate::run::Run::of(command.env(variable, &folder)).ok();
        vec![(variable, folder)]
    };
    let file = |path: String| vec![("REGISTRY_AUTH_FILE", path)];
    let printed = stage.printed(&["token", "-o", "config-json", "--registry", HOST]);
    let printed = stage.laboratory.write("printed.json", &printed);
    vec![
        (
            "docker-login",
            logged_in("docker", "HOME", folder("docker")),
        ),
        (
            "podman-login",
            logged_in("podman", "XDG_RUNTIME_DIR", folder("podman")),
        ),
        ("helper", file(stage.asking_us("asking.json", HOST))),
        ("config-json", file(printed)),
    ]
}
