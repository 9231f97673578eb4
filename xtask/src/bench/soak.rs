use std::path::Path;

use crate::failure::Result;
use crate::tool::Tool;

/// Has a `creds serve` disturbed for so many seconds: the example `soak_serve`,
/// which holds the sandbox in its hands.
pub(crate) fn run(binary: &Path, seconds: u64) -> Result {
    let example = "run --quiet --locked --package iamra --example soak_serve --";
    Tool::cargo(example)
        .arg(binary)
        .arg(seconds.to_string())
        .run()
}
