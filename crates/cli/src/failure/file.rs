use private_file::Error;
use refresh::Fault as _;

use super::Failure;
use crate::explanation::files;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = code(&error);
        let hint = hint(&error);
        Self::new(code, error.fault(), error).with_hint_if(hint)
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::LockHeld { .. } => "file.locked",
        Error::Missing { .. } | Error::FolderMissing { .. } => "file.missing",
        Error::NotRegular { .. } | Error::NoName { .. } | Error::TooLarge { .. } => "file.invalid",
        Error::Planted { .. } | Error::ForeignLink { .. } => "file.planted",
        Error::Unreadable { .. }
        | Error::Unreachable { .. }
        | Error::NotWritable { .. }
        | Error::GroupRefused { .. } => "file.permission",
        Error::MountedFile { .. } => "file.mounted",
        Error::DiskFull { .. } => "file.disk-full",
        Error::UnknownGroup { .. } | Error::UnsafeMode { .. } | Error::NotAMode { .. } => {
            "config.invalid"
        }
        _ => "file.failed",
    }
}

fn hint(error: &Error) -> Option<&'static str> {
    let cause = match error {
        Error::LockHeld { .. } => files::LOCKED,
        Error::Missing { .. } => files::MISSING,
        Error::FolderMissing { .. } => files::NO_FOLDER,
        Error::Planted { .. } => files::PLANTED,
        Error::ForeignLink { .. } => files::FOREIGN_LINK,
        Error::NotWritable { .. } => files::NOT_WRITABLE,
        Error::Unreadable { .. } => files::UNREADABLE,
        Error::Unreachable { .. } => files::UNREACHABLE,
        Error::GroupRefused { .. } => files::GROUP,
        Error::MountedFile { .. } => files::MOUNTED,
        Error::DiskFull { .. } => files::FULL,
        _ => return None,
    };
    Some(cause.fix)
}
