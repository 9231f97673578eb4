use std::time::Duration;

/// What kind of fault an error is: decides retry, exit code and hint.
///
/// The order of the variants is that of the exit codes 1 to 5.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// Failed in a way that none of the others describes.
    Failed,
    /// What we were told is wrong: an argument, a file, a variable.
    Configuration,
    /// The other side refused; the same request will be refused again.
    Denied,
    /// The other side could not answer; trying again may help.
    Unavailable,
    /// The certificate cannot be used with IAM Roles Anywhere.
    Unfit,
}

impl FaultKind {
    /// Whether the same request may succeed when it is sent again.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable)
    }
}

/// An error that can say what kind of fault it is.
pub trait Fault {
    /// The kind of this fault.
    fn fault(&self) -> FaultKind;

    /// How long the other side asked us to wait, if it did (`Retry-After`).
    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unavailable_is_worth_another_try() {
        for (kind, transient) in [
            (FaultKind::Failed, false),
            (FaultKind::Configuration, false),
            (FaultKind::Denied, false),
            (FaultKind::Unavailable, true),
            (FaultKind::Unfit, false),
        ] {
            assert_eq!(kind.is_transient(), transient, "{kind:?}");
        }
    }
}
