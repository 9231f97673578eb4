use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    time::Duration,
};

use private_file::{Change, Edit, Error, FileMode, Group, LIMIT, Options, Target};
use refresh::{Fault, FaultKind};

use crate::site::{Site, mode, set_mode, text};

#[test]
fn a_fresh_file_is_for_its_owner_alone() {
    let site = Site::new();
    let path = site.join("credentials");
    let change = Target::new(&path, Options::new())
        .replace(b"secret")
        .unwrap();
    assert_eq!(
        (change, text(&path).as_str(), mode(&path)),
        (Change::Written, "secret", 0o600)
    );
    assert_eq!(
        site.names(),
        ["credentials"],
        "no lock, no temporary file stays"
    );
}

#[test]
fn an_unchanged_file_is_not_touched() {
    let site = Site::new();
    let path = site.plant("credentials", "same", 0o600);
    let before = fs::metadata(&path).unwrap();
    let folder_before = fs::metadata(site.path()).unwrap();
    let target = Target::new(&path, Options::new());
    assert_eq!(target.replace(b"same").unwrap(), Change::Unchanged);
    assert_eq!(
        target.update(|_| Ok::<_, Error>(Edit::Unchanged)).unwrap(),
        Change::Unchanged
    );
    let after = fs::metadata(&path).unwrap();
    let folder_after = fs::metadata(site.path()).unwrap();
    assert_eq!(
        (after.ino(), after.mtime_nsec()),
        (before.ino(), before.mtime_nsec())
    );
    assert_eq!(
        (after.ctime_nsec(), folder_after.mtime_nsec()),
        (before.ctime_nsec(), folder_before.mtime_nsec())
    );
}

#[test]
fn modes_are_tightened_kept_or_as_asked() {
    let asked = Options::new().mode(FileMode::GROUP_READ);
    for (before, options, contents, change, after) in [
        (0o644, Options::new(), "new", Change::Written, 0o600),
        (0o644, Options::new(), "old", Change::Written, 0o600),
        (0o400, Options::new(), "old", Change::Unchanged, 0o400),
        (0o600, asked, "old", Change::Written, 0o640),
        (0o640, asked, "old", Change::Unchanged, 0o640),
    ] {
        let site = Site::new();
        let path = site.plant("credentials", "old", before);
        let did = Target::new(&path, options)
            .replace(contents.as_bytes())
            .unwrap();
        assert_eq!(
            (did, mode(&path)),
            (change, after),
            "{before:o} {options:?} {contents}"
        );
        assert_eq!(text(&path), contents);
    }
}

#[test]
fn the_group_is_set_with_a_mode_that_lets_it_read() {
    let site = Site::new();
    let path = site.join("credentials");
    // Our own group is the one that every user may give files to.
    let group = fs::metadata(site.path()).unwrap().gid();
    let options = Options::new().group(Group::from_id(group));
    Target::new(&path, options).replace(b"secret").unwrap();
    assert_eq!(
        (fs::metadata(&path).unwrap().gid(), mode(&path)),
        (group, 0o640)
    );
}

#[test]
fn folders_are_made_for_us_alone_and_others_left_alone() {
    let site = Site::new();
    set_mode(site.path(), 0o755);
    let path = site.join("home/.aws/credentials");
    let error = Target::new(&path, Options::new())
        .replace(b"secret")
        .unwrap_err();
    assert!(matches!(error, Error::FolderMissing { .. }), "{error}");
    assert_eq!(error.fault(), FaultKind::Configuration);
    Target::new(&path, Options::new().create_folder())
        .replace(b"secret")
        .unwrap();
    assert_eq!(mode(&site.join("home")), 0o700);
    assert_eq!(mode(&site.join("home/.aws")), 0o700);
    assert_eq!(mode(site.path()), 0o755);
}

#[test]
fn a_link_in_our_own_folder_is_followed() {
    let (site, disk) = (Site::new(), Site::new());
    let real = disk.plant("credentials", "old", 0o600);
    symlink(&real, site.join("middle")).unwrap();
    symlink("middle", site.join("credentials")).unwrap();
    Target::new(site.join("credentials"), Options::new())
        .replace(b"new")
        .unwrap();
    assert_eq!(text(&real), "new");
    assert!(
        fs::symlink_metadata(site.join("credentials"))
            .unwrap()
            .is_symlink()
    );
    // One that leads nowhere yet: the file is made where it leads to.
    fs::remove_file(&real).unwrap();
    Target::new(site.join("credentials"), Options::new())
        .replace(b"again")
        .unwrap();
    assert_eq!(text(&real), "again");
}

#[test]
fn a_circle_of_links_ends() {
    let site = Site::new();
    symlink("two", site.join("one")).unwrap();
    symlink("one", site.join("two")).unwrap();
    let error = Target::new(site.join("one"), Options::new())
        .replace(b"new")
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Io {
                action: "follow",
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn what_is_no_file_name_is_refused() {
    for path in ["", "/", "..", "folder/", "/tmp/.."] {
        let error = Target::new(path, Options::new())
            .replace(b"new")
            .unwrap_err();
        assert!(matches!(error, Error::NoName { .. }), "{path:?}: {error:?}");
    }
}

#[test]
fn an_edit_that_fails_changes_nothing() {
    let site = Site::new();
    let path = site.plant("credentials", "old", 0o600);
    let target = Target::new(&path, Options::new());
    let refused = |_: Option<&[u8]>| {
        Err::<Edit, _>(Error::NotAMode {
            text: "x".to_owned(),
        })
    };
    assert!(matches!(
        target.update(refused),
        Err(Error::NotAMode { .. })
    ));
    assert_eq!(
        (text(&path).as_str(), site.names()),
        ("old", vec!["credentials".to_owned()])
    );
}

#[test]
fn more_than_the_limit_is_neither_read_nor_written() {
    let site = Site::new();
    let target = Target::new(site.join("credentials"), Options::new());
    let error = target.replace(&vec![b'x'; LIMIT + 1]).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { limit: LIMIT, .. }),
        "{error:?}"
    );
    assert_eq!(site.names(), Vec::<String>::new());
    target.replace(&vec![b'x'; LIMIT]).unwrap();
    site.plant("credentials", &"x".repeat(LIMIT + 1), 0o600);
    assert!(matches!(
        target.replace(b"small"),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn what_a_killed_writer_left_is_swept_and_nothing_else() {
    let site = Site::new();
    site.plant(".credentials.a1B2c3D4e5.tmp", "secret", 0o600);
    site.plant(".config.a1B2c3D4e5.tmp", "of another target", 0o600);
    site.plant(".credentials.lock", "", 0o600);
    Target::new(site.join("credentials"), Options::new())
        .replace(b"new")
        .unwrap();
    assert_eq!(site.names(), [".config.a1B2c3D4e5.tmp", "credentials"]);
}

#[test]
fn a_lock_held_for_ever_is_waited_for_so_long() {
    let site = Site::new();
    let lock = fs::File::open(site.plant(".credentials.lock", "", 0o600)).unwrap();
    lock.lock().unwrap();
    let options = Options::new().lock_wait(Duration::from_millis(50));
    let error = Target::new(site.join("credentials"), options)
        .replace(b"new")
        .unwrap_err();
    let Error::LockHeld { path, waited } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (path, *waited),
        (&site.join("credentials"), Duration::from_millis(50))
    );
    assert_eq!(error.fault(), FaultKind::Unavailable);
    drop(lock);
    Target::new(site.join("credentials"), options)
        .replace(b"new")
        .unwrap();
}

#[test]
fn an_edit_is_shown_by_its_size() {
    let edit = Edit::Replace(b"hunter2".to_vec().into());
    assert_eq!(format!("{edit:?}"), "Replace(7 bytes)");
}

#[test]
fn what_is_damaged_is_moved_aside_over_what_was_there() {
    let site = Site::new();
    let path = site.plant("value.json", "new", 0o600);
    site.plant("value.json.damaged", "old", 0o600);
    let target = Target::new(&path, Options::new());
    // Somebody has replaced it meanwhile.
    assert_eq!(target.set_aside(b"older", ".damaged").unwrap(), None);
    let aside = target.set_aside(b"new", ".damaged").unwrap().unwrap();
    assert_eq!(text(&aside), "new");
    assert_eq!(site.names(), ["value.json.damaged"]);
    assert_eq!(target.set_aside(b"new", ".damaged").unwrap(), None);
}
