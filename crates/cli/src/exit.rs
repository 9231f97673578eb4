use std::process::ExitCode;

use refresh::FaultKind;

/// How a command ended: the exit codes, which are a promise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Failed in a way that none of the others describes.
    Failed,
    /// An argument, a variable or a file is wrong.
    Configuration,
    /// Vault or AWS refused; trying again will not help.
    Denied,
    /// No answer; trying again may help.
    Unavailable,
    /// The certificate cannot be used with Roles Anywhere.
    Unfit,
    /// Some targets failed, the others are done.
    Partial,
    /// A bug.
    Bug,
    /// What the command that we ran ended with.
    OfCommand(u8),
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Configuration => 2,
            Self::Denied => 3,
            Self::Unavailable => 4,
            Self::Unfit => 5,
            Self::Partial => 6,
            Self::Bug => 70,
            Self::OfCommand(code) => code,
        }
    }
}

impl From<FaultKind> for Exit {
    fn from(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Configuration => Self::Configuration,
            FaultKind::Denied => Self::Denied,
            FaultKind::Unavailable => Self::Unavailable,
            FaultKind::Unfit => Self::Unfit,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
