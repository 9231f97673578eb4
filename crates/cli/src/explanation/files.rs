//! Files and folders.

use super::{Cause, Explanation, cause};

pub(crate) const LOCKED: Cause = cause(
    "another process holds the lock of the file",
    "another iamra may be writing; if none is, whoever holds the .lock file beside it is in the way",
);
pub(crate) const MISSING: Cause = cause(
    "there is no such file",
    "check the path; a relative one begins in the current folder",
);
pub(crate) const NO_FOLDER: Cause = cause(
    "the folder that it would stand in is not there",
    "make the folder, or name another file",
);
pub(crate) const PLANTED: Cause = cause(
    "a link or an odd file stands there, in a folder that others can write to",
    "remove it, or choose a folder that only this user can write to",
);
pub(crate) const FOREIGN_LINK: Cause = cause(
    "a folder of the path is a link of somebody else's",
    "remove the link, or name the folder that it leads to",
);
pub(crate) const NOT_WRITABLE: Cause = cause(
    "the folder is another user's, or read-only",
    "in Kubernetes set securityContext.fsGroup on the pod, or runAsUser to the folder's owner; elsewhere chown the folder",
);
pub(crate) const UNREADABLE: Cause = cause(
    "the file is another user's",
    "run as the file's owner, or give it to this user; in Kubernetes set securityContext.fsGroup",
);
pub(crate) const UNREACHABLE: Cause = cause(
    "a folder on the path is closed to this user",
    "run as the folder's owner, or let this user enter it (chmod, chgrp); in Kubernetes set securityContext.fsGroup",
);
pub(crate) const GROUP: Cause = cause(
    "this user may not give files to that group",
    "only a member of the group, or root, can give it the file",
);
pub(crate) const MOUNTED: Cause = cause(
    "the file itself is a mount (subPath)",
    "mount the folder, without subPath: a file that is mounted alone cannot be replaced, and its readers never see a new one",
);
pub(crate) const FULL: Cause = cause(
    "there is no space, or a quota is used up",
    "nothing was changed; make room and try again",
);
pub(crate) const AUTH_FILE: Cause = cause(
    "docker's auth file is no JSON of the form it must have",
    "that file was not changed; mend it, or name another one: --auth-file FILE",
);
pub(crate) const PROFILE_FILE: Cause = cause(
    "a line of an AWS profile file is neither section, key nor comment",
    "that file was not changed; mend the line, or name another file",
);

pub(crate) const TOKEN_FILE: Cause = cause(
    "a token file was cut off",
    "remove the file, and a good one is made",
);

pub(super) const FAULTS: &[Explanation] = &[
    Explanation {
        code: "file.missing",
        meaning: "A file or folder is not there.",
        causes: &[MISSING, NO_FOLDER],
        check: &["ls -la DIR", "iamra config print"],
        says: &[
            "no such file or directory",
            "No such file or directory (os error 2)",
            "FileNotFoundError",
            "ENOENT",
        ],
    },
    Explanation {
        code: "file.empty",
        meaning: "A file that must hold something is empty.",
        causes: &[cause(
            "whoever writes it has not done so yet",
            "wait for its writer, or write it; a Secret's key that is mounted must not be empty",
        )],
        check: &["ls -la FILE"],
        says: &[],
    },
    Explanation {
        code: "file.invalid",
        meaning: "A file does not hold what it must, or is no file.",
        causes: &[
            cause(
                "another file was named",
                "check the path: the message says what was expected there",
            ),
            TOKEN_FILE,
            super::vault::LOGIN_FILE,
        ],
        check: &["file FILE", "head -c 80 FILE | od -c"],
        says: &[
            "failed to find any PEM data",
            "PEM_read_bio",
            "no PEM data is found",
            "is a directory",
            "Is a directory (os error 21)",
        ],
    },
    Explanation {
        code: "file.permission",
        meaning: "This user may not read or write there.",
        causes: &[NOT_WRITABLE, UNREADABLE, UNREACHABLE, GROUP],
        check: &["id", "ls -lad DIR FILE"],
        says: &[
            "open *: permission denied",
            "Permission denied (os error 13)",
            "PermissionError: [Errno 13]",
            "EACCES",
            "read-only file system",
            "Read-only file system (os error 30)",
            "Operation not permitted (os error 1)",
            "mkdir *: permission denied",
            "cannot *: Permission denied",
        ],
    },
    Explanation {
        code: "file.disk-full",
        meaning: "The disk has no room for the new file; the old one is unchanged.",
        causes: &[FULL],
        check: &["df -h DIR", "df -i DIR"],
        says: &[
            "no space left on device",
            "No space left on device (os error 28)",
            "Disk quota exceeded",
            "ENOSPC",
        ],
    },
    Explanation {
        code: "file.locked",
        meaning: "Another process has the file locked for longer than we wait.",
        causes: &[LOCKED],
        check: &["fuser -v FILE.lock", "lslocks"],
        says: &["Resource temporarily unavailable*lock"],
    },
    Explanation {
        code: "file.planted",
        meaning: "Something stands there that somebody else could have put there; nothing was written.",
        causes: &[PLANTED, FOREIGN_LINK],
        check: &["ls -la DIR", "namei -l FILE"],
        says: &["Too many levels of symbolic links"],
    },
    Explanation {
        code: "file.mounted",
        meaning: "The file is a mount of its own, and cannot be replaced.",
        causes: &[MOUNTED],
        check: &["grep FILE /proc/self/mountinfo"],
        says: &[
            "device or resource busy",
            "Device or resource busy (os error 16)",
            "EBUSY",
        ],
    },
    Explanation {
        code: "file.unparsable",
        meaning: "A file that shall be edited is not of the form it must have; it was not changed.",
        causes: &[AUTH_FILE, PROFILE_FILE],
        check: &[
            "python3 -m json.tool ~/.docker/config.json",
            "aws configure list",
        ],
        says: &[
            "Unable to parse config file",
            "ConfigParseError",
            "WARNING: Error loading config file:*config.json",
        ],
    },
    Explanation {
        code: "file.failed",
        meaning: "Reading or writing a file failed in a way that none of the others describes.",
        causes: &[cause(
            "see the message",
            "look at the disk and its mount: dmesg, mount",
        )],
        check: &["dmesg | tail", "mount"],
        says: &["Input/output error", "Stale file handle"],
    },
];
