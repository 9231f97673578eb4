use std::collections::BTreeSet;

use crate::Failure;
use crate::failure::Result;
use crate::workspace;

/// Fails where AWS-LC was built with CPU-jitter entropy, which costs 31 ms of
/// CPU in every process (docs/adr/0002-one-stack.md).
///
/// The debug build is looked at, because it keeps its symbols; it is built with
/// the same variable.
pub(crate) fn check() -> Result {
    let path = workspace::binary("debug/iamra");
    let binary = std::fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
    // Without symbols there would be nothing to find, and nothing proved.
    if !contains(&binary, NEIGHBOUR) {
        return Err(Failure::new("the debug build has no symbols of AWS-LC"));
    }
    let found = names(&binary).len();
    println!("jitter entropy: {found} symbols, at most {MOST}");
    if found > MOST {
        return Err(Failure::new(
            "AWS-LC was built with jitter entropy: is AWS_LC_SYS_NO_JITTER_ENTROPY=1 set? \
             Run `cargo clean -p aws-lc-sys` after setting it",
        ));
    }
    Ok(())
}

/// The different names in the binary that begin with the entropy code's prefix.
fn names(binary: &[u8]) -> BTreeSet<&[u8]> {
    binary
        .windows(PREFIX.len())
        .enumerate()
        .filter(|(_, window)| *window == PREFIX)
        .map(|(start, _)| {
            let rest = &binary[start..];
            let end = rest
                .iter()
                .position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

fn contains(binary: &[u8], wanted: &[u8]) -> bool {
    binary.windows(wanted.len()).any(|window| window == wanted)
}

const PREFIX: &[u8] = b"jent_";
/// With the switch no name is left; without it there are more than eighty.
const MOST: usize = 12;
/// A name of AWS-LC's that is there with the switch and without.
const NEIGHBOUR: &[u8] = b"opt_out_cpu_jitter_initialize";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_counted_once() {
        let binary = b"\0jent_read_entropy\0x_jent_init(1)\0jent_read_entropy\0jen\0";
        let expected: [&[u8]; 2] = [b"jent_init", b"jent_read_entropy"];
        assert_eq!(names(binary), expected.into_iter().collect());
        assert!(contains(binary, b"_init"));
        assert!(!contains(binary, b"aws_lc"));
    }
}
