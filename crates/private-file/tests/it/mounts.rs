//! Full disks and mounted files: as root, on file systems made for the test.

use std::{path::Path, process::Command};

use private_file::{Error, FileSet, Options, SetFile, Target};

use crate::site::{Site, is_root, skip, text};

/// A mount that is gone at the end of the test.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn new(arguments: &[&str], at: &'a Path) -> Option<Self> {
        let mounted = is_root()
            && Command::new("mount")
                .args(arguments)
                .arg(at)
                .status()
                .is_ok_and(|end| end.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_keeps_the_old_file_whole() {
    let site = Site::new();
    let Some(_mount) = Mount::new(
        &["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs"],
        site.path(),
    ) else {
        return skip(
            "a_full_disk_keeps_the_old_file_whole",
            "needs root and mount(8)",
        );
    };
    let path = site.join("credentials");
    let target = Target::new(&path, Options::new());
    target.replace(b"old").unwrap();
    let error = target.replace(&vec![b'x'; 100_000]).unwrap_err();
    assert!(
        matches!(&error, Error::DiskFull { path: at, .. } if *at == path),
        "{error:?}"
    );
    assert_eq!(
        (text(&path).as_str(), site.names()),
        ("old", vec!["credentials".to_owned()])
    );

    let big = vec![b'x'; 100_000];
    let set = FileSet::new(site.path(), Options::new());
    let files = |key| {
        [SetFile {
            name: "private.pem",
            contents: Some(key),
        }]
    };
    set.replace(&files(b"old")).unwrap();
    let names = site.names();
    let error = set.replace(&files(&big)).unwrap_err();
    assert!(matches!(&error, Error::DiskFull { .. }), "{error:?}");
    assert_eq!(
        (text(&site.join("private.pem")).as_str(), site.names()),
        ("old", names)
    );
}

#[test]
fn a_file_that_is_a_mount_is_named() {
    let (site, volume) = (Site::new(), Site::new());
    let source = volume.plant("credentials", "old", 0o600);
    let path = site.plant("credentials", "", 0o600);
    let Some(_mount) = Mount::new(&["--bind", source.to_str().unwrap()], &path) else {
        return skip("a_file_that_is_a_mount_is_named", "needs root and mount(8)");
    };
    let error = Target::new(&path, Options::new())
        .replace(b"new")
        .unwrap_err();
    assert!(
        matches!(&error, Error::MountedFile { path: at } if *at == path),
        "{error:?}"
    );
    assert_eq!(
        (text(&path).as_str(), site.names()),
        ("old", vec!["credentials".to_owned()])
    );
}

#[test]
fn a_read_only_folder_is_named_with_its_owner_and_needs_no_write_if_nothing_changes() {
    let site = Site::new();
    site.plant("credentials", "old", 0o600);
    let source = site.path().to_str().unwrap();
    let Some(_mount) = Mount::new(&["--bind", "-o", "ro", source], site.path()) else {
        return skip("a_read_only_folder_is_named", "needs root and mount(8)");
    };
    let target = Target::new(site.join("credentials"), Options::new());
    target.replace(b"old").unwrap();
    let error = target.replace(b"new").unwrap_err();
    assert!(
        matches!(&error, Error::NotWritable { folder, .. } if folder == site.path()),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("(owner 0, group 0, mode 0700) as user 0"),
        "{error}"
    );
}
