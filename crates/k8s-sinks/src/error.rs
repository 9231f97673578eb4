use std::{fmt, path::PathBuf};

use refresh::{Fault, FaultKind};

/// Why something was not delivered.
///
/// No variant holds contents of a file: they may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line of a profile file is none that the AWS SDKs understand.
    #[error("line {line} {problem}")]
    Unparsable {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The name cannot stand in a section header.
    #[error(
        "{name:?} cannot be a profile name: it must not be empty, start or end with a space, \
         or have a control character or one of [ ] \" ' # ; \\"
    )]
    BadProfileName {
        /// The name as it was given.
        name: String,
    },
    /// The key is not one that the SDKs accept.
    #[error("{key:?} is not a key: only a-z, 0-9, `_` and `-`")]
    BadKey {
        /// The key as it was given.
        key: String,
    },
    /// The value of this key would be read as something else than it is.
    #[error(
        "the value for {key} cannot be written: it must be one line, not be empty, start or end \
         with a space, or have the start of a comment in it"
    )]
    BadValue {
        /// The key. The value is not shown.
        key: String,
    },
    /// A profile file stayed as it was.
    #[error("cannot edit {}", .path.display())]
    NotEdited {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<Self>,
    },
    /// A file or a set of files stayed as it was.
    #[error("cannot write {}", .path.display())]
    NotWritten {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: private_file::Error,
    },
    /// A set of files could not be read.
    #[error("cannot read {}", .path.display())]
    NotRead {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: private_file::Error,
    },
    /// A certificate or key is too large for its file.
    #[error("cannot encode {label}")]
    NotEncodable {
        /// What stands behind `BEGIN`, or the kind of file.
        label: &'static str,
    },
    /// The password of a key store has characters that its readers encode in
    /// different ways. It is not shown.
    #[error(
        "the password for keystore.p12 must have printable ASCII characters only, at least one"
    )]
    BadKeyStorePassword,
    /// The name cannot be the one that a key is found by.
    #[error(
        "{name:?} cannot name the key in keystore.p12: it must not be empty, nor have control \
         characters or characters beyond U+FFFF"
    )]
    BadFriendlyName {
        /// The name as it was given.
        name: String,
    },
    /// There is no such layout.
    #[error("layout {name:?} is not one of clean, bundle, legacy")]
    UnknownLayout {
        /// The name as it was given.
        name: String,
    },
}

impl Fault for Error {
    fn fault(&self) -> FaultKind {
        match self {
            Self::NotEdited { source, .. } => source.fault(),
            Self::NotWritten { source, .. } | Self::NotRead { source, .. } => source.fault(),
            Self::NotEncodable { .. } => FaultKind::Failed,
            _ => FaultKind::Configuration,
        }
    }
}

/// What is wrong with a line of a profile file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// Something other than a comment comes before the first section.
    OutsideSection,
    /// A section header does not end in `]`.
    UnclosedHeader,
    /// There is no `=`.
    NoEquals,
    /// There is nothing before the `=`.
    NoKey,
    /// An indented line follows no property that it could continue.
    StrayContinuation,
    /// A carriage return stands in the line: some readers end the line there.
    CarriageReturn,
    /// One of our keys is followed by `:`, which only some readers accept.
    Colon,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutsideSection => "stands before the first section",
            Self::UnclosedHeader => "starts with `[` but has no `]` at its end",
            Self::NoEquals => "has no `=`",
            Self::NoKey => "has nothing before its `=`",
            Self::StrayContinuation => "is indented but continues no property",
            Self::CarriageReturn => "has a carriage return inside",
            Self::Colon => "has `:` where the AWS SDKs want `=`",
        })
    }
}
