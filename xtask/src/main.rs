//! `cargo xtask`: what this project does to itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
