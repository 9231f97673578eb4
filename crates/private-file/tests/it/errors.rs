//! Every error as a user reads it.

use std::{io, path::PathBuf, time::Duration};

use private_file::{Error, Found, Ownership};

use crate::site::Site;

/// Owner and mode of a folder, with owners that are the same on every machine.
fn ownership() -> Ownership {
    let site = Site::shared();
    site.plant("file", "", 0o600);
    std::os::unix::fs::symlink("file", site.join("link")).unwrap();
    let options = private_file::Options::new();
    let error = private_file::Target::new(site.join("link"), options)
        .replace(b"x")
        .unwrap_err();
    let Error::Planted { mut folder, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(folder.mode, 0o777);
    (folder.owner, folder.group) = (0, 0);
    folder
}

#[test]
fn errors_read_well() {
    let path = || PathBuf::from("/home/me/.aws/credentials");
    let folder = || PathBuf::from("/home/me/.aws");
    let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
    let planted = [Found::SymbolicLink, Found::HardLink, Found::ForeignFile];
    let planted = planted.map(|found| Error::Planted {
        path: path(),
        found,
        folder: ownership(),
    });
    let others = [
        Error::LockHeld {
            path: path(),
            waited: Duration::from_millis(1500),
        },
        Error::Missing { path: path() },
        Error::FolderMissing { folder: folder() },
        Error::NoName {
            path: "/home/me/.aws/".into(),
        },
        Error::NotRegular {
            path: path(),
            found: Found::Directory,
        },
        Error::NotRegular {
            path: path(),
            found: Found::Special,
        },
        Error::ForeignLink { path: path() },
        Error::TooLarge {
            path: path(),
            limit: 1_048_576,
        },
        Error::Unreadable {
            path: path(),
            file: ownership(),
            user: 65534,
            source: denied(),
        },
        Error::Unreachable {
            path: path(),
            folder: folder(),
            ownership: ownership(),
            user: 65534,
            source: denied(),
        },
        Error::NotWritable {
            folder: folder(),
            ownership: ownership(),
            user: 65534,
            source: denied(),
        },
        Error::MountedFile { path: path() },
        Error::DiskFull {
            path: path(),
            source: io::ErrorKind::StorageFull.into(),
        },
        Error::GroupRefused {
            path: path(),
            group: 7,
            user: 65534,
            source: denied(),
        },
        Error::UnknownGroup {
            name: "staff".to_owned(),
        },
        Error::UnsafeMode { mode: 0o644 },
        Error::NotAMode {
            text: "rw".to_owned(),
        },
        Error::Io {
            action: "lock",
            path: path(),
            source: denied(),
        },
    ];
    let texts: Vec<String> = planted
        .iter()
        .chain(&others)
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
}
