use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::failure::Result;
use crate::peers;
use crate::tool::Tool;
use crate::workspace;

mod log_line;
mod redacted;
#[cfg(unix)]
mod serve;
mod step;

use step::Step;

/// Shows the whole job on the sandbox: log in, certificate, session, file, identity.
///
/// Needs no account and no network, and leaves nothing behind: everything is
/// written to a scratch folder.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this: `vault` shows every login, and a watch that survives a sealed Vault;
    /// `serve` shows aws-cli reading from each door; `ecr` shows skopeo pulling with our
    /// logins from a registry by its real name; `k8s` shows pull secrets in the
    /// namespaces of a real kube-apiserver, and the repair of one; `pods` shows boto3 as
    /// two service accounts with a role each, and a third that is refused.
    #[arg(value_enum)]
    part: Option<Part>,
    /// The second half, which the sandbox starts with its variables set.
    #[arg(long, hide = true)]
    inside: bool,
}

/// A demonstration beside the main job.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    Vault,
    Ecr,
    K8s,
    #[cfg(target_os = "linux")]
    Pods,
    #[cfg(unix)]
    Serve,
}

pub(crate) fn run(args: &Args) -> Result {
    if args.inside {
        let scratch = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("no scratch folder: {error}")))?;
        return match args.part {
            #[cfg(unix)]
            Some(Part::Serve) => serve::walk(scratch.path()),
            _ => walk(scratch.path()),
        };
    }
    if let Some(Part::K8s) = args.part {
        return k8s(&peers::kube_testbed()?);
    }
    build()?;
    match args.part {
        Some(Part::Vault) => return example("demo_vault").run(),
        #[cfg(target_os = "linux")]
        Some(Part::Pods) => {
            if peers::program("aws").is_none()
                && let Err(failure) = peers::install_python()
            {
                println!("{failure}");
            }
            return peers::on_path(example("demo_pods")).run();
        }
        Some(Part::Ecr) => {
            if let Err(failure) = peers::install_skopeo() {
                println!("{failure}");
            }
            return peers::on_path(example("demo_ecr")).run();
        }
        _ => {}
    }
    let own = std::env::current_exe()
        .map_err(|error| Failure::new(format!("which program is this? {error}")))?;
    let part = match args.part {
        #[cfg(unix)]
        Some(Part::Serve) => "serve",
        _ => "",
    };
    Tool::new(iamra())
        .words("sandbox --")
        .arg(own)
        .words("demo --inside")
        .words(part)
        .run()
}

/// Pull secrets in a cluster, which is that program's; fails where a step does not
/// come true.
pub(crate) fn k8s(testbed: &Path) -> Result {
    build()?;
    example("demo_k8s").env("IAMRA_TEST_KUBE", testbed).run()
}

fn build() -> Result {
    Tool::cargo("build --quiet --locked --package iamra").run()
}

/// A demonstration that has a sandbox of its own in it.
fn example(name: &str) -> Tool {
    let words = format!("run --quiet --locked --package iamra --example {name} --");
    Tool::cargo(&words).arg(iamra())
}

/// The pipeline, one command after the other, as a user would type it.
fn walk(scratch: &Path) -> Result {
    let certificate = scratch.join("certificate");
    let credentials = std::env::var_os("AWS_SHARED_CREDENTIALS_FILE")
        .map_or_else(|| scratch.join("credentials"), PathBuf::from);
    let seen = &mut BTreeSet::new();
    let step = |title, line: &str| Step::new(title, line, &credentials);

    step("What stands between here and a session?", "doctor").run(seen)?;
    step(
        "A key pair is made here; Vault signs the certificate",
        "cert issue --out-dir",
    )
    .path(&certificate)
    .run(seen)?;
    step("What Vault issued", "cert show --certificate")
        .path(&certificate.join("cert.pem"))
        .run(seen)?;
    list(&certificate)?;
    step(
        "Log in, certificate, session: into the AWS credentials file",
        "creds file",
    )
    .run(seen)?;
    show(&credentials)?;
    step("Who does AWS say we are?", "creds check").run(seen)?;
    println!("\nThat was the whole job. The sandbox checked every request as AWS and Vault would.");
    Ok(())
}

/// The files that were written, with their modes; the links behind them are not shown.
fn list(folder: &Path) -> Result {
    println!("\n   {}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let metadata = path
            .metadata()
            .map_err(|error| Failure::file(&path, &error))?;
        println!("   {}  {:>6}  {name}", mode(&metadata), metadata.len());
    }
    Ok(())
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> String {
    use std::os::unix::fs::PermissionsExt;
    format!("{:04o}", metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> String {
    "    ".to_owned()
}

fn show(file: &Path) -> Result {
    println!("\n   {} (secrets cut)", file.display());
    for line in workspace::read(file)?.lines() {
        println!("   {}", redacted::line(line));
    }
    Ok(())
}

fn iamra() -> PathBuf {
    workspace::binary("debug/iamra")
}
