//! `keep_inode`, and a lock that is held.

use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
    path::Path,
    thread,
    time::Duration,
};

use private_file::{Change, Edit, Error, Found, Options, Target};

use crate::site::{Site, mode, set_mode, text};

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

#[test]
fn the_inode_stays_and_nothing_of_the_old_does() {
    let site = Site::new();
    let path = site.plant("credentials", "a long old value", 0o644);
    let before = inode(&path);
    let target = Target::new(&path, Options::new().keep_inode());
    assert_eq!(target.replace(b"new").unwrap(), Change::Written);
    assert_eq!((inode(&path), text(&path).as_str()), (before, "new"));
    assert_eq!(mode(&path), 0o600, "wider than asked is tightened");
    assert_eq!(target.replace(b"new").unwrap(), Change::Unchanged);
    assert_eq!(site.names(), ["credentials"]);
}

#[test]
fn a_missing_file_is_made() {
    let site = Site::new();
    let path = site.join("credentials");
    let target = Target::new(&path, Options::new().keep_inode());
    assert_eq!(target.replace(b"new").unwrap(), Change::Written);
    assert_eq!((text(&path).as_str(), mode(&path)), ("new", 0o600));
}

#[test]
fn nobody_else_writes_meanwhile() {
    let site = Site::new();
    let path = site.plant("lines", "", 0o600);
    let before = inode(&path);
    thread::scope(|scope| {
        for writer in 0..4 {
            let target = Target::new(&path, Options::new().keep_inode());
            scope.spawn(move || {
                for line in 0..10 {
                    let append = |old: Option<&[u8]>| {
                        let mut new = old.unwrap_or_default().to_vec();
                        new.extend(format!("{writer}:{line}\n").bytes());
                        Ok::<_, Error>(Edit::Replace(new.into()))
                    };
                    target.update(append).unwrap();
                }
            });
        }
    });
    assert_eq!((text(&path).lines().count(), inode(&path)), (40, before));
}

/// One writer keeps the inode, another replaces the file: no line is lost.
#[test]
fn both_kinds_of_writers_take_turns() {
    let site = Site::new();
    let path = site.plant("lines", "", 0o600);
    thread::scope(|scope| {
        for writer in 0..4 {
            let options = Options::new();
            let kept = options.keep_inode();
            let target = Target::new(&path, if writer % 2 == 0 { kept } else { options });
            scope.spawn(move || {
                for line in 0..10 {
                    let append = |old: Option<&[u8]>| {
                        let mut new = old.unwrap_or_default().to_vec();
                        new.extend(format!("{writer}:{line}\n").bytes());
                        Ok::<_, Error>(Edit::Replace(new.into()))
                    };
                    target.update(append).unwrap();
                }
            });
        }
    });
    assert_eq!(text(&path).lines().count(), 40);
    assert_eq!(site.names(), ["lines"]);
}

/// A file that is replaced while its lock is waited for is another file: that
/// one is written.
#[test]
fn a_file_that_was_replaced_meanwhile_is_not_the_one() {
    let site = Site::new();
    let path = site.plant("credentials", "old", 0o600);
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    thread::scope(|scope| {
        let target = Target::new(&path, Options::new().keep_inode());
        let writer = scope.spawn(move || target.replace(b"new"));
        // It waits for the old file's lock by now, or finds the new file.
        thread::sleep(Duration::from_millis(50));
        let other = site.plant("other", "another's", 0o600);
        fs::rename(other, &path).unwrap();
        held.unlock().unwrap();
        assert_eq!(writer.join().unwrap().unwrap(), Change::Written);
    });
    assert_eq!(text(&path), "new");
}

#[test]
fn a_folder_that_only_others_can_write_to_is_enough() {
    let site = Site::new();
    let path = site.plant("credentials", "old", 0o600);
    set_mode(site.path(), 0o500);
    let written = Target::new(&path, Options::new().keep_inode()).replace(b"new");
    set_mode(site.path(), 0o700);
    assert_eq!(written.unwrap(), Change::Written);
    assert_eq!(text(&path), "new");
}

#[test]
fn a_link_in_a_shared_folder_is_refused() {
    let site = Site::shared();
    let elsewhere = Site::new();
    let victim = elsewhere.plant("victim", "old", 0o600);
    symlink(&victim, site.join("credentials")).unwrap();
    let target = Target::new(site.join("credentials"), Options::new().keep_inode());
    let error = target.replace(b"new").unwrap_err();
    assert!(
        matches!(&error, Error::Planted { found, .. } if *found == Found::SymbolicLink),
        "{error}"
    );
    assert_eq!(text(&victim), "old");
}

#[test]
fn who_holds_the_lock_keeps_writers_out() {
    let site = Site::new();
    let options = Options::new().lock_wait(Duration::from_millis(30));
    let target = Target::new(site.join("value"), options);
    let hold = target.hold().unwrap();
    assert!(matches!(target.replace(b"x"), Err(Error::LockHeld { .. })));
    assert!(matches!(target.hold(), Err(Error::LockHeld { .. })));
    drop(hold);
    assert_eq!(target.replace(b"x").unwrap(), Change::Written);
    assert_eq!(site.names(), ["value"]);
}
