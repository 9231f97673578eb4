use crate::failure::Result;
use crate::toolchain;

use super::variant::{ALL, System};

/// Whether iamra compiles for the systems that we do not test on.
///
/// Only checked, and not linked: a link for macOS takes Apple's SDK. zig compiles what is
/// C, for all of them.
pub(super) fn check() -> Result {
    let mut foreign = ALL.iter().filter(|it| it.system != System::Linux);
    foreign.try_for_each(|it| toolchain::check(&it.recipe))
}
