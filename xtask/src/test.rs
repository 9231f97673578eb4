use crate::failure::Result;
use crate::peers;
use crate::tool::Tool;

mod evidence;
pub(crate) mod shell_blocks;

/// Runs the tests: all that need no foreign program, or one tier of them.
///
/// Snapshots are compared, never written: accept a change with
/// `INSTA_UPDATE=always cargo test -p CRATE`, and read the diff.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one flag for each tier, of which the group takes one"
)]
pub(crate) struct Args {
    /// Tests inside the crates: pure, seconds.
    #[arg(long)]
    unit: bool,
    /// Tests of crates and binary against the sandbox.
    #[arg(long)]
    sandbox: bool,
    /// Tests against real peers: those that are there; names the absent ones.
    #[arg(long)]
    peers: bool,
    /// Examples in the documentation, every shell block of README.md and the book, and
    /// the book itself.
    #[arg(long)]
    docs: bool,
    /// Tests in an AWS account of yours, with the rights of an administrator: a stack of
    /// its own is made there, and taken away.
    #[arg(long)]
    aws: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    if args.unit {
        unit()
    } else if args.sandbox {
        cargo_test("--workspace --test *").run()
    } else if args.peers {
        with_peers()
    } else if args.docs {
        cargo_test("--workspace --doc").run()?;
        crate::book::check()?;
        shell_blocks::run()
    } else if args.aws {
        evidence::run()
    } else {
        everything()
    }
}

/// What runs in milliseconds.
pub(crate) fn unit() -> Result {
    cargo_test("--workspace --lib --bins").run()
}

/// What needs no foreign program: unit tests, sandbox tests, examples; the release tools',
/// too.
pub(crate) fn everything() -> Result {
    let tests = cargo_test("--workspace --features xtask/release");
    let named = std::env::var(THREADS).ok().filter(|it| !it.is_empty());
    tests.env(THREADS, named.unwrap_or_else(threads)).run()
}

/// Most of them wait for timers and for processes: they are done in half the time where
/// more of them wait at once than there are cores.
fn threads() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (3 * cores).to_string()
}

const THREADS: &str = "RUST_TEST_THREADS";

/// Lists the peers, then runs what needs them; each test that has to do without
/// its peer says `SKIPPED` and why.
fn with_peers() -> Result {
    peers::run();
    for which in [
        "-p iamra --test peers -- --ignored",
        "-p iamra --lib -- k8s:: --ignored",
        "-p rolesanywhere --features pkcs11 --test it -- softhsm:: --include-ignored",
        "-p k8s-sinks --test it -- readers:: --include-ignored",
        "-p k8s-sinks --features kubernetes --test kube -- --ignored",
        "-p iamra-sandbox --test it -- skopeo:: --include-ignored",
        "-p xtask --test runs -- --ignored",
        "-p xtask --features kms --lib -- --include-ignored",
        "-p xtask --features release --test images -- --ignored",
        "-p xtask --features release --lib -- dist:: --include-ignored",
    ] {
        let tests = cargo_test(which).words("--nocapture --test-threads 1");
        peers::on_path(tests).run()?;
    }
    demonstration()?;
    checked_workflows()?;
    soak()
}

/// Pull secrets as a user would have them, step by step; each is checked.
fn demonstration() -> Result {
    match peers::kube_testbed() {
        Ok(testbed) => crate::demo::k8s(&testbed),
        Err(failure) => {
            println!("SKIPPED: demo k8s: {failure}");
            Ok(())
        }
    }
}

/// Where Python is.
fn checked_workflows() -> Result {
    if peers::program("python3").is_some() {
        return crate::workflows::run();
    }
    println!("SKIPPED: zizmor comes from PyPI, and python3 is absent");
    Ok(())
}

/// A short one of what `bench serve --soak` does for minutes.
#[cfg(unix)]
fn soak() -> Result {
    Tool::cargo("build --quiet --locked --package iamra").run()?;
    crate::bench::soak(&crate::workspace::binary("debug/iamra"), 20)
}

#[cfg(not(unix))]
fn soak() -> Result {
    println!("SKIPPED: the soak of `creds serve` needs signals and Unix sockets");
    Ok(())
}

fn cargo_test(which: &str) -> Tool {
    Tool::cargo("test --locked")
        .words(which)
        .env("INSTA_UPDATE", "no")
}
