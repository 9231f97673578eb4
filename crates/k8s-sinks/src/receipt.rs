use std::{fmt, path::PathBuf};

/// What a delivery did.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Receipt {
    /// Whether anything was written. If not, everything was there already.
    pub changed: bool,
    /// The file or the folder that the value was delivered to, as given.
    pub path: PathBuf,
    /// What may keep a reader from using what was delivered.
    pub warnings: Vec<Warning>,
}

/// Something in a profile file that we leave as it is, but that may keep a
/// reader from using the keys beside it. Lines are counted from 1 in the file
/// as it was found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// Another source of credentials stands in the same profile, and some
    /// SDKs prefer it.
    CompetingKey {
        /// The line.
        line: usize,
        /// The key that some SDKs prefer.
        key: &'static str,
    },
    /// The profile has more than one section. All of them got the keys; the
    /// SDK for Python refuses the file.
    RepeatedSection {
        /// The line of the repetition.
        line: usize,
    },
    /// A key stands in a section more than once. All of them got the value;
    /// the SDK for Python refuses the file.
    RepeatedKey {
        /// The line of the repetition.
        line: usize,
    },
    /// The header has spaces, quotes or a bracket where only some SDKs see
    /// past them.
    UnusualHeader {
        /// The line of the header.
        line: usize,
    },
    /// The profile's name has a character that some SDKs do not accept.
    UnusualName,
    /// The file starts with a byte order mark, which most SDKs trip over.
    ByteOrderMark,
    /// The file is not UTF-8, so that some SDKs read nothing of it.
    NotUtf8,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CompetingKey { line, key } => {
                write!(
                    f,
                    "line {line}: some SDKs prefer {key} to the keys written beside it"
                )
            }
            Self::RepeatedSection { line } => {
                write!(
                    f,
                    "line {line}: the section is there twice, the AWS CLI refuses that"
                )
            }
            Self::RepeatedKey { line } => {
                write!(
                    f,
                    "line {line}: the key is there twice, the AWS CLI refuses that"
                )
            }
            Self::UnusualHeader { line } => {
                write!(
                    f,
                    "line {line}: not every SDK reads this header as the profile's"
                )
            }
            Self::UnusualName => f.write_str("not every SDK accepts the profile's name"),
            Self::ByteOrderMark => f.write_str("the file starts with a byte order mark"),
            Self::NotUtf8 => f.write_str("the file is not UTF-8, some SDKs ignore it"),
        }
    }
}
