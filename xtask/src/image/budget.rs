use super::platform::Platform;
use crate::Failure;
use crate::bench::size::{AIM, LIMIT};
use crate::failure::Result;

/// How much one platform downloads, and unpacks, in bytes; without a base.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Size {
    pub(crate) platform: Platform,
    pub(crate) binary: usize,
    pub(crate) layer: usize,
}

/// Prints the sizes beside their budgets, and fails where one is exceeded, unless it was
/// built for no more than a check.
pub(crate) fn check(sizes: &[Size], is_release: bool) -> Result {
    for size in sizes {
        println!(
            "{}  binary {:.2} MB (aim {AIM}, limit {LIMIT}), compressed {:.2} MB (limit {IMAGE})",
            size.platform,
            megabytes(size.binary),
            megabytes(size.layer),
        );
    }
    let exceeds = |size: &Size| megabytes(size.binary) > LIMIT || megabytes(size.layer) > IMAGE;
    match sizes.iter().find(|size| is_release && exceeds(size)) {
        Some(size) => Err(Failure::new(format!(
            "the image of {} is too large",
            size.platform
        ))),
        None => Ok(()),
    }
}

fn megabytes(bytes: usize) -> f64 {
    let kilobytes = u32::try_from(bytes / 1000).unwrap_or(u32::MAX);
    f64::from(kilobytes) / 1000.0
}

const IMAGE: f64 = 6.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_released_has_a_budget() {
        let size = |binary, layer| {
            let platform = Platform::Amd64;
            [Size {
                platform,
                binary,
                layer,
            }]
        };
        assert!(check(&size(12_100_000, 6_000_000), true).is_ok());
        for over in [size(12_101_000, 1), size(1, 6_001_000)] {
            assert!(check(&over, true).is_err());
            assert!(check(&over, false).is_ok());
        }
    }
}
