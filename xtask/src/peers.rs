use std::path::PathBuf;

use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

/// Installs what a registry has, and lists what is there and what is not.
///
/// An absent peer is no failure: the tests that need it skip themselves loudly.
pub(crate) fn run() {
    if let Err(failure) = install() {
        println!("{failure}");
    }
    println!("\n{:<28} version", "peer");
    for (name, command) in PROGRAMS {
        let answer = on_path(Tool::new("sh")).arg("-c").arg(command).output();
        println!("{name:<28} {}", version(answer));
    }
    for name in VARIABLES {
        let value = std::env::var(name).unwrap_or_else(|_| "absent: variable not set".to_owned());
        println!("{name:<28} {value}");
    }
}

/// `tool` with our own installation of the peers first on its `PATH`.
pub(crate) fn on_path(tool: Tool) -> Tool {
    let own = environment().join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(own).chain(std::env::split_paths(&path));
    match std::env::join_paths(folders) {
        Ok(path) => tool.env("PATH", path),
        Err(_) => tool,
    }
}

/// A program of the peers: our own installation, or one on the `PATH`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let own = environment().join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(own).chain(std::env::split_paths(&path));
    let mut programs = folders.map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}

/// The clients and stand-ins that come from `PyPI`, in an environment of their own.
pub(crate) fn install() -> Result {
    let environment = environment();
    if !environment.join("bin/pip").exists() {
        Tool::new("python3")
            .words("-m venv")
            .arg(&environment)
            .run()?;
    }
    Tool::new(environment.join("bin/pip"))
        .words("install --quiet --disable-pip-version-check")
        .words(PYTHON_PACKAGES)
        .run()
}

fn version(answer: Result<String>) -> String {
    let first = answer.ok().and_then(|text| {
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        Some(line.trim().to_owned())
    });
    first.unwrap_or_else(|| "absent: its tests are skipped".to_owned())
}

fn environment() -> PathBuf {
    workspace::target("peers")
}

const PYTHON_PACKAGES: &str = "boto3 awscli iam-rolesanywhere-session moto";

/// A peer's name, and the command that prints its version.
const PROGRAMS: [(&str, &str); 9] = [
    (
        "OpenBao ($IAMRA_TEST_BAO)",
        "\"${IAMRA_TEST_BAO:?}\" version",
    ),
    ("aws_signing_helper", "aws_signing_helper version 2>&1"),
    ("openssl", "openssl version"),
    ("go", "go version"),
    ("python3", "python3 --version"),
    ("aws", "aws --version 2>&1"),
    (
        "boto3",
        "python3 -c 'import boto3; print(boto3.__version__)'",
    ),
    (
        "iam-rolesanywhere-session",
        "python3 -c 'import importlib.metadata as m; print(m.version(\"iam-rolesanywhere-session\"))'",
    ),
    ("moto", "python3 -c 'import moto; print(moto.__version__)'"),
];

/// Peers that are named by a variable.
const VARIABLES: [&str; 2] = ["IAMRA_TEST_KUBE", "IAMRA_TEST_KUBELET"];
