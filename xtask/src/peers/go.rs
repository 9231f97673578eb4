use std::path::Path;

use crate::failure::Result;
use crate::tool::Tool;
use crate::workspace;

use super::{bin, clients, program};

/// What other projects have for the same jobs, built from the sources that the
/// module proxy has: minutes at first, and nothing where it is there already.
pub(super) fn install() -> Result {
    if program("go").is_none() {
        return Ok(());
    }
    // One that cannot be built leaves the others alone.
    let all = [
        installed("docker-credential-ecr-login", HELPER),
        testbed("ecr-credential-provider", PLUGIN),
        kubelet_oracle(),
        kube_testbed(),
        cosign(),
        installed("helm", HELM),
        caller_identity(),
    ];
    all.into_iter().collect()
}

/// What signs and verifies images.
pub(super) fn cosign() -> Result {
    installed("cosign", COSIGN)
}

/// A package of the version that the tests were written against.
fn installed(name: &str, (package, version): (&str, &str)) -> Result {
    if is_of(&bin().join(name), version) {
        return Ok(());
    }
    Tool::new("go")
        .words("install -trimpath -ldflags=-s")
        .arg(format!("{package}@{version}"))
        .env("GOBIN", bin())
        .run()
}

/// What kubelet finds in a pull secret, and what it makes of a plugin: kubelet's
/// own code with a `main` of ours.
fn kubelet_oracle() -> Result {
    let named = std::env::var_os("IAMRA_TEST_KUBELET");
    if named.is_some_and(|program| !program.is_empty()) {
        return Ok(());
    }
    testbed("kubelet-oracle", ".")
}

/// A real kube-apiserver with its etcd in one process: the API server's own code
/// with a `main` of ours.
pub(super) fn kube_testbed() -> Result {
    let named = std::env::var_os("IAMRA_TEST_KUBE");
    if named.is_some_and(|program| !program.is_empty()) {
        return Ok(());
    }
    testbed("kube-testbed", ".")
}

/// What asks as a pod does, by AWS's SDK for Go.
fn caller_identity() -> Result {
    built("caller-identity-go", (&clients::source("go"), "."))
}

/// A package as a module of `xtask/testbeds` says that it is built.
fn testbed(name: &str, package: &str) -> Result {
    let module = workspace::root().join("xtask/testbeds").join(name);
    built(name, (&module, package))
}

fn built(name: &str, (module, package): (&Path, &str)) -> Result {
    Tool::new("go")
        .words("build -C")
        .arg(module)
        // Go asks the state of the repository otherwise, which a copy has not.
        .words("-trimpath -buildvcs=false -o")
        .arg(bin().join(name))
        .arg(package)
        .run()
}

/// Whether a program is there and was built of that version.
fn is_of(program: &Path, version: &str) -> bool {
    let of = Tool::new("go").words("version -m").arg(program).output();
    of.is_ok_and(|text| {
        let mut lines = text.lines().map(|line| line.split_whitespace());
        lines.any(|mut words| words.next() == Some("mod") && words.any(|word| word == version))
    })
}

const HELPER: (&str, &str) = (
    "github.com/awslabs/amazon-ecr-credential-helper/ecr-login/cli/docker-credential-ecr-login",
    "v0.12.0",
);

const HELM: (&str, &str) = ("helm.sh/helm/v3/cmd/helm", "v3.19.0");

const COSIGN: (&str, &str) = ("github.com/sigstore/cosign/v3/cmd/cosign", "v3.1.3");

/// Its version stands in the testbed's `go.mod`.
const PLUGIN: &str = "k8s.io/cloud-provider-aws/cmd/ecr-credential-provider";
