//! The commands of `cargo xtask` that stand behind the feature `release`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::release_tools()
}
