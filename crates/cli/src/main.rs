//! The `iamra` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    iamra::main()
}
