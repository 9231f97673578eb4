//! From Vault to a pull secret in every namespace that should have one, and its
//! repair: what `cargo xtask demo k8s` shows. Its argument is the binary.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a demonstration for people, in a folder of its own"
)]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use iamra_sandbox::Operation;

#[path = "background/sandbox.rs"]
mod background;
#[path = "demo_k8s/kubectl.rs"]
mod kubectl;
#[path = "background/program.rs"]
mod program;
#[path = "demo_k8s/pull_secret.rs"]
mod pull_secret;
#[path = "demo_k8s/stage.rs"]
mod stage;
#[path = "../../k8s-sinks/tests/kube/testbed.rs"]
#[expect(dead_code, reason = "the sinks' own tests use more of it")]
mod testbed;

use kubectl::Kubectl;
use program::Program;
use pull_secret::PullSecret;
use stage::Stage;
use testbed::Testbed;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let binary = std::env::args_os().nth(1).ok_or("name the binary")?;
    title("A cluster: kube-apiserver with its etcd, on loopback");
    let testbed = Testbed::start().ok_or("there is no kube-apiserver")?;
    let walked = between(binary.into(), &testbed);
    testbed.kill();
    walked?;
    println!("\nVault, Roles Anywhere and ECR were the sandbox's, the cluster was a real one.");
    Ok(())
}

/// Its sandbox, and its folder, go with it.
fn between(binary: PathBuf, testbed: &Testbed) -> Result {
    // TLS, as Vault and AWS have it.
    let (sandbox, runtime) = background::sandbox(|settings| settings.tls = true)?;
    let scratch = tempfile::tempdir()?;
    let kubectl = Kubectl::new(testbed, runtime);
    walk(&Stage::new(binary, (sandbox, kubectl), scratch.path())?)
}

/// As a user would type it.
fn walk(stage: &Stage<'_>) -> Result {
    println!("   What kubectl would send to it is sent, and said as kubectl would.");
    title("A namespace of iamra's own, and three with a label");
    stage.kubectl.create_namespace(OWN)?;
    for name in TEAMS {
        stage.kubectl.create_namespace(name)?;
        stage.kubectl.label_namespace(name, LABEL)?;
    }
    title("iamra keeps a Secret in each namespace that has the label");
    println!("   By its administrator; `iamra k8s manifests` prints an account with fewer rights.");
    let mut run = stage.start(&["run", "--accept-broad-rbac"])?;
    for _ in TEAMS {
        run.show_until("created the secret", stage::told)?;
    }
    let first = stage.served(&TEAMS)?;
    later(stage, &mut run, &first)?;
    repaired(stage, &mut run, &first)?;
    title("The end: the Secrets stay");
    println!("   $ kill $!");
    let status = run.end()?;
    println!("   ended: {status}");
    if !status.success() {
        return Err("iamra did not end gracefully".into());
    }
    stage.served(&ALL).map(drop)
}

fn later(stage: &Stage<'_>, run: &mut Program, first: &PullSecret) -> Result {
    title("A namespace that comes later");
    stage.kubectl.create_namespace(LATE)?;
    let started = Instant::now();
    stage.kubectl.label_namespace(LATE, LABEL)?;
    let late = stage.kubectl.until(LATE, |_| true)?;
    println!("   served after {} ms", started.elapsed().as_millis());
    run.show_until("created the secret", stage::told)?;
    same_login(first, &late)?;
    title("How do they stand?");
    stage.status(&ALL)
}

fn repaired(stage: &Stage<'_>, run: &mut Program, first: &PullSecret) -> Result {
    title("Somebody deletes one");
    let started = Instant::now();
    stage.kubectl.delete_secret(TEAMS[0])?;
    let again = |secret: &PullSecret| secret.uid != first.uid;
    let again = stage.kubectl.until(TEAMS[0], again)?;
    println!("   there again after {} ms", started.elapsed().as_millis());
    run.show_until("mended what others had changed", stage::told)?;
    same_login(first, &again)?;
    stage.only_one(Operation::EcrToken)
}

/// A mended Secret, or a new one, has the token that is there.
fn same_login(one: &PullSecret, other: &PullSecret) -> Result {
    if one.document != other.document {
        return Err("the Secrets do not hold the same".into());
    }
    println!("   the same login as in the others");
    Ok(())
}

fn title(text: &str) {
    println!("\n── {text}");
}

/// Where iamra's token and its Lease would be.
const OWN: &str = "iamra";
const TEAMS: [&str; 3] = ["billing", "orders", "search"];
const LATE: &str = "reports";
const ALL: [&str; 4] = [TEAMS[0], TEAMS[1], TEAMS[2], LATE];
const LABEL: (&str, &str) = ("pull-from", "ecr");
