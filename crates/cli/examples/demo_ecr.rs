//! Tokens, logins and real pulls by the real name of a registry: what `cargo
//! xtask demo ecr` shows. Its argument is the binary to run.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a demonstration for people, in a folder of its own"
)]

use std::error::Error;

use iamra_sandbox::Operation;

#[path = "background/sandbox.rs"]
mod background;
#[path = "demo_ecr/pull.rs"]
mod pull;
#[path = "demo_ecr/stage.rs"]
mod stage;

use pull::Skopeo;
use stage::Stage;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let binary = std::env::args_os().nth(1).ok_or("name the binary")?;
    let (sandbox, runtime) = background::sandbox(|settings| settings.tls = true)?;
    let tunnel = runtime.block_on(sandbox.tunnel())?;
    runtime.spawn(tunnel.serve());
    let scratch = tempfile::tempdir()?;
    let stage = Stage::new(binary.as_ref(), (&sandbox, &tunnel), scratch.path())?;
    walk(&stage)?;
    let sessions = sandbox.requests().count(Operation::CreateSession);
    let tokens = sandbox.requests().count(Operation::EcrToken);
    println!("\nSessions that all of this took: {sessions}; tokens: {tokens}.");
    Ok(())
}

/// As a user would type it.
fn walk(stage: &Stage) -> Result {
    stage.show("What does a registry's name say?", &["parse", HOST])?;
    stage.show(
        "A token, for whoever speaks HTTP to the registry",
        &["token", "-o", "authorization"],
    )?;
    stage.show(
        "Does the registry take it, and is the image there?",
        &["check", "--repo", "team/app:1"],
    )?;
    stage.show("What else is there?", &["tags", "team/app"])?;
    let digest = stage.digest("team/app:1")?;
    let auth_file = stage.path("auth.json");
    let login = ["login", "--tool", "podman", "--auth-file", &auth_file];
    stage.show("Log podman, buildah and skopeo in", &login)?;
    let Some(skopeo) = Skopeo::found() else {
        println!(
            "\n!! SKIPPED: skopeo is not here, so nobody else pulls. By `ecr check` alone:\n   \
             {HOST}/team/app:1 is {digest}"
        );
        return Ok(());
    };
    skopeo.pull(stage, ("by the login in that file", &auth_file), &digest)?;
    let snippet = stage.show(
        "No login in any file: have clients ask docker-credential-iamra",
        &["docker-config", "--registry", HOST],
    )?;
    let asking = stage.write("asking.json", &snippet)?;
    skopeo.pull(stage, ("by the credential helper", &asking), &digest)
}

const HOST: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
