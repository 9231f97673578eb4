use std::time::Duration;

use crate::Session;

/// Whether a renewal would extend the token's life.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Renewal {
    /// Vault has not said how long it lives: neither at a login of ours, nor
    /// when it was looked up.
    #[default]
    Unknown,
    /// As far as is known.
    Possible,
    /// Not any more.
    Over,
}

/// Whether a renewal has granted more than was left, by more than two clocks
/// and a rounded second make of it. Where the clock was set to before the old
/// one began, nobody can tell what was left.
pub(super) fn is_extended(old: &Session, new: &Session) -> bool {
    let (Some(old), Some(new)) = (old.lifetime, new.lifetime) else {
        return true;
    };
    let now = new.start();
    if now < old.start() {
        return true;
    }
    let granted = new.duration();
    granted.saturating_sub(old.remaining(now)) > (granted / 10).min(NOISE)
}

const NOISE: Duration = Duration::from_secs(5);
