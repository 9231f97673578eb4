use std::path::Path;

use crate::failure::Result;
use crate::peers;
use crate::tool::Tool;

/// Has a `k8s run` serve so many namespaces: the example `bench_k8s`, which holds
/// the sandbox and the cluster in its hands.
pub(crate) fn run(binary: &Path, namespaces: u32) -> Result {
    let example = "run --quiet --locked --release --package iamra --example bench_k8s --";
    let example = Tool::cargo(example).arg(binary).arg(namespaces.to_string());
    peers::on_path(example).run()
}
