//! docker's own command line, which needs no daemon to read a manifest: its
//! loader of files, its helpers, its client of registries.

use serde_json::Value;

use super::HOST;
use super::stage::Stage;
use crate::peer::Peer;
use crate::run::Run;

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn docker_reads_a_manifest_by_login_and_by_helper() {
    let Some(docker) = Peer::program("docker") else {
        return;
    };
    let stage = Stage::new();
    let command = |folder: &str| {
        let mut command = stage.peer(&docker);
        command
            .args(["manifest", "inspect", &format!("{HOST}/team/app:1")])
            .env("DOCKER_CONFIG", stage.laboratory.path(folder));
        command
    };
    let inspect = |folder: &str| Run::of(&mut command(folder));
    for folder in ["nobody", "logged-in", "asking"] {
        std::fs::create_dir(stage.laboratory.path(folder)).unwrap();
    }
    let nobody = inspect("nobody");
    assert_eq!(nobody.code, Some(1), "{nobody}");
    let mut login = stage.ecr(&["login", "--registry", HOST]);
    Run::of(login.env("DOCKER_CONFIG", stage.laboratory.path("logged-in"))).ok();
    stage.asking_us("asking/config.json", HOST);
    for folder in ["logged-in", "asking"] {
        let run = inspect(folder).ok();
        let manifest: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(manifest["schemaVersion"], 2, "{folder}");
    }
    // Why there is no token: it shows a helper's stderr, and not its stdout.
    let role = "arn:aws:iam::123456789012:role/nobody";
    let run = Run::of(command("asking").env("ROLE_ARN", role));
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("CreateSession was refused"), "{run}");
}
