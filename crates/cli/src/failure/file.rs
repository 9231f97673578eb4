use private_file::Error;
use refresh::Fault as _;

use super::Failure;

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
    Some(match error {
        Error::LockHeld { .. } => {
            "another iamra may be writing; if none is, whoever holds the .lock file beside it is in the way"
        }
        Error::Missing { .. } => "check the path; a relative one begins in the current folder",
        Error::FolderMissing { .. } => "make the folder, or name another file",
        Error::Planted { .. } => "remove it, or choose a folder that only this user can write to",
        Error::ForeignLink { .. } => "remove the link, or name the folder that it leads to",
        Error::NotWritable { .. } => {
            "in Kubernetes set securityContext.fsGroup on the pod, or runAsUser to the folder's owner; elsewhere chown the folder"
        }
        Error::Unreadable { .. } => {
            "run as the file's owner, or give it to this user; in Kubernetes set securityContext.fsGroup"
        }
        Error::Unreachable { .. } => {
            "run as the folder's owner, or let this user enter it (chmod, chgrp); in Kubernetes set securityContext.fsGroup"
        }
        Error::GroupRefused { .. } => "only a member of the group, or root, can give it the file",
        Error::MountedFile { .. } => {
            "mount the folder, without subPath: a file that is mounted alone cannot be replaced, and its readers never see a new one"
        }
        Error::DiskFull { .. } => "nothing was changed; make room and try again",
        _ => return None,
    })
}
