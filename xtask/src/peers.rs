use std::ffi::OsString;
use std::path::PathBuf;

use crate::Failure;
use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

mod clients;
mod debian;
mod go;
mod python;

pub(crate) use debian::install_skopeo;
pub(crate) use python::install as install_python;

/// Installs what a registry has, and lists what is there and what is not.
///
/// An absent peer is no failure: the tests that need it skip themselves loudly.
pub(crate) fn run() {
    for installed in [
        install_python(),
        install_skopeo(),
        debian::install_registry(),
        debian::install_umoci(),
        debian::install_qemu(),
        debian::install_readers_of_packages(),
        go::install(),
        clients::install(),
    ] {
        if let Err(failure) = installed {
            println!("{failure}");
        }
    }
    println!("\n{:<28} version", "peer");
    for (name, command) in PROGRAMS {
        let answer = on_path(Tool::new("sh")).arg("-c").arg(command).output();
        println!("{name:<28} {}", version(answer));
    }
    for (name, instead) in VARIABLES {
        let value = std::env::var(name).unwrap_or_else(|_| format!("variable not set: {instead}"));
        println!("{name:<28} {value}");
    }
}

/// `tool` with our own installation of the peers first on its `PATH`.
pub(crate) fn on_path(tool: Tool) -> Tool {
    tool.env("PATH", path())
}

/// A `PATH` with our own installation of the peers first.
pub(crate) fn path() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(folders()).unwrap_or(path)
}

/// A program of the peers: our own installation, or one on the `PATH`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let mut programs = folders().into_iter().map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}

/// A real kube-apiserver: the one that the variable names, one that is here, or
/// one that is built now, which takes minutes.
pub(crate) fn kube_testbed() -> Result<PathBuf> {
    let named = std::env::var_os("IAMRA_TEST_KUBE").filter(|value| !value.is_empty());
    if let Some(there) = named.map(PathBuf::from).or_else(|| program(TESTBED)) {
        return Ok(there);
    }
    if program("go").is_some() {
        println!("{TESTBED} is not here: building it into target/peers");
        go::kube_testbed()?;
    }
    let absent = "kube-testbed is ABSENT, and without go it cannot be built: name one by \
                  IAMRA_TEST_KUBE, or install go";
    program(TESTBED).ok_or_else(|| Failure::new(absent))
}

/// cosign, which go builds where it is not here.
#[cfg(feature = "release")]
pub(crate) fn cosign() -> Result<PathBuf> {
    if program("cosign").is_none() && program("go").is_some() {
        println!("cosign is not here: building it into target/peers");
        go::cosign()?;
    }
    let absent = "cosign is ABSENT, and without go it cannot be built";
    program("cosign").ok_or_else(|| Failure::new(absent))
}

fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(bin())
        .chain(std::env::split_paths(&path))
        .collect()
}

fn version(answer: Result<String>) -> String {
    let first = answer.ok().and_then(|text| {
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        Some(line.trim().to_owned())
    });
    first.unwrap_or_else(|| "absent: its tests are skipped".to_owned())
}

/// Where we put everything that is installed.
fn environment() -> PathBuf {
    workspace::target("peers")
}

fn bin() -> PathBuf {
    environment().join("bin")
}

const TESTBED: &str = "kube-testbed";

/// A peer's name, and the command that prints its version.
const PROGRAMS: [(&str, &str); 33] = [
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
    ("cfn-lint", "cfn-lint --version"),
    (
        "python-hcl2",
        "python3 -c 'import importlib.metadata as m; print(m.version(\"python-hcl2\"))'",
    ),
    (
        "shellcheck",
        "shellcheck --version | awk '$1 == \"version:\" {print $2}'",
    ),
    ("skopeo", "skopeo --version"),
    ("docker", "docker --version"),
    ("docker-registry", "docker-registry --version"),
    ("helm", "helm version --short"),
    ("qemu-aarch64-static", "qemu-aarch64-static --version"),
    ("umoci", "umoci --version"),
    ("dpkg-deb", "dpkg-deb --version"),
    ("lintian", "lintian --version"),
    ("rpm", "rpm --version"),
    ("ruby", "ruby --version"),
    ("systemd-analyze", "systemd-analyze --version"),
    ("node", "node --version"),
    ("java", "java --version"),
    // What is in the programs that ask as pods do.
    (
        "AWS SDK for Go",
        "go version -m \"$(command -v caller-identity-go)\" | awk '$2 ~ /aws-sdk-go-v2$/ {print $2, $3}'",
    ),
    (
        "AWS SDK for JavaScript",
        "cd \"$(dirname \"$(readlink -f \"$(command -v caller-identity-javascript)\")\")\" && node -p 'require(\"@aws-sdk/client-sts/package.json\").version'",
    ),
    (
        "AWS SDK for Java",
        "cd \"$(dirname \"$(readlink -f \"$(command -v caller-identity-java)\")\")/lib\" && ls | sed -n 's/^sts-\\(.*\\)\\.jar$/\\1/p'",
    ),
    // The programs that go builds are asked for the module they are of.
    (
        "docker-credential-ecr-login",
        "go version -m \"$(command -v docker-credential-ecr-login)\" | awk '$1 == \"mod\" {print $2, $3}'",
    ),
    (
        "ecr-credential-provider",
        "go version -m \"$(command -v ecr-credential-provider)\" | awk '$1 == \"mod\" {print $2, $3}'",
    ),
    (
        "cosign",
        "cosign version 2>/dev/null | awk '$1 == \"GitVersion:\" {print $2}'",
    ),
    (
        "kubelet-oracle",
        "go version -m \"$(command -v kubelet-oracle)\" | awk '$2 == \"k8s.io/kubernetes\" {print $2, $3}'",
    ),
    (
        "kube-testbed",
        "go version -m \"$(command -v kube-testbed)\" | awk '$2 == \"k8s.io/kubernetes\" {print $2, $3}'",
    ),
];

/// Peers that are named by a variable, and what happens where it is not set.
const VARIABLES: [(&str, &str); 4] = [
    ("IAMRA_TEST_KUBE", "kube-testbed of above"),
    ("IAMRA_TEST_KUBELET", "kubelet-oracle of above"),
    (
        "IAMRA_TEST_EKS_AGENT",
        "the test beside EKS's agent is skipped",
    ),
    (
        "IAMRA_TEST_EKS_WEBHOOK",
        "the test beside EKS's webhook is skipped",
    ),
];
