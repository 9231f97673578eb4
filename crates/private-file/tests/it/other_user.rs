//! As uid 65534 in a folder that root owns: the pod's `emptyDir`.
//!
//! The user of a process is changed for a whole process only, so the test
//! runs itself again under setpriv(1).

use std::{fs, os::unix::fs::chown, process::Command};

use private_file::{Change, Error, FileMode, FileSet, Found, Group, Options, SetFile, Target};
use refresh::{Fault, FaultKind};

use crate::site::{Site, is_root, mode, set_mode, skip, text};

const NOBODY: u32 = 65534;
/// Where the test run as nobody finds the folder.
const FOLDER: &str = "PRIVATE_FILE_TEST_FOLDER";

fn can_change_user() -> bool {
    let setpriv = Command::new("setpriv").arg("--version").output();
    is_root() && setpriv.is_ok_and(|output| output.status.success())
}

/// Runs the ignored test `name` of this binary as nobody, in `site`.
/// `None` if that cannot be done here.
fn run_as_nobody(name: &str, site: &Site) -> Option<String> {
    if !can_change_user() {
        skip(name, "needs root and setpriv(1)");
        return None;
    }
    // The build may be in a folder that nobody cannot enter.
    let binary = tempfile::Builder::new()
        .prefix("as-nobody")
        .tempdir()
        .unwrap();
    set_mode(binary.path(), 0o755);
    let copy = binary.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    let output = Command::new("setpriv")
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--no-new-privs",
        ])
        .arg(copy)
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env(FOLDER, site.path())
        .current_dir("/")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    Some(text)
}

/// The folder to test in; nothing where a person runs the ignored tests.
#[expect(
    clippy::disallowed_methods,
    reason = "how a test run as another user is told its folder"
)]
fn folder() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os(FOLDER).map(Into::into);
    if folder.is_none() {
        skip("as_nobody_…", "run by the test above it, as nobody");
    }
    folder
}

#[test]
fn an_empty_dir_of_root_is_written_by_nobody() {
    let site = Site::shared();
    if run_as_nobody("other_user::as_nobody_write_twice", &site).is_some() {
        assert_eq!(
            (
                text(&site.join("credentials")).as_str(),
                mode(&site.join("credentials"))
            ),
            ("two", 0o600)
        );
        assert_eq!(text(&site.join("private.pem")), "two");
    }
}

#[test]
#[ignore = "run as nobody by the test above"]
fn as_nobody_write_twice() {
    let Some(folder) = folder() else { return };
    let target = Target::new(folder.join("credentials"), Options::new());
    let set = FileSet::new(&folder, Options::new());
    for contents in ["one", "two"] {
        assert_eq!(
            target.replace(contents.as_bytes()).unwrap(),
            Change::Written
        );
        let file = SetFile {
            name: "private.pem",
            contents: Some(contents.as_bytes()),
        };
        assert_eq!(set.replace(&[file]).unwrap(), Change::Written);
    }
}

/// Reads the file as nobody, in no group but `group`.
fn read_as_member(group: u32, path: &std::path::Path) -> bool {
    Command::new("setpriv")
        .args(["--reuid=65534", "--clear-groups", "--no-new-privs"])
        .arg(format!("--regid={group}"))
        .arg("cat")
        .arg(path)
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn folders_that_are_made_are_open_to_the_group_of_the_files_and_to_no_other() {
    let name = "folders_that_are_made_are_open_to_the_group_of_the_files_and_to_no_other";
    if !can_change_user() {
        return skip(name, "needs root and setpriv(1)");
    }
    let group = Group::from_id(4711);
    let private = FileMode::OWNER;
    for (options, folder_mode, group_reads) in [
        (Options::new().group(group), 0o750, true),
        (Options::new().group(group).mode(private), 0o700, false),
        (Options::new(), 0o700, false),
    ] {
        let site = Site::new();
        set_mode(site.path(), 0o711);
        let (one, set) = (site.join("a/b"), site.join("c/d"));
        let options = options.create_folder();
        let target = Target::new(one.join("credentials"), options);
        target.replace(b"secret").unwrap();
        let file = SetFile {
            name: "private.pem",
            contents: Some(b"key"),
        };
        FileSet::new(&set, options).replace(&[file]).unwrap();
        for folder in ["a", "a/b", "c", "c/d"] {
            assert_eq!(mode(&site.join(folder)), folder_mode, "{folder}");
        }
        assert_eq!(mode(site.path()), 0o711, "it was there before");
        for path in [one.join("credentials"), set.join("private.pem")] {
            assert_eq!(read_as_member(4711, &path), group_reads, "{options:?}");
            assert!(!read_as_member(4712, &path), "{options:?}");
        }
    }
}

#[test]
fn a_folder_that_may_be_written_but_not_listed_will_do() {
    let site = Site::new();
    set_mode(site.path(), 0o733);
    let done = run_as_nobody("other_user::as_nobody_write_twice", &site).is_some();
    set_mode(site.path(), 0o700);
    assert!(!done || text(&site.join("credentials")) == "two");
}

#[test]
fn a_folder_without_write_permission_is_named() {
    let site = Site::new();
    set_mode(site.path(), 0o755);
    run_as_nobody("other_user::as_nobody_name_the_folder", &site);
    assert_eq!(site.names(), Vec::<String>::new());
}

#[test]
#[ignore = "run as nobody by the test above"]
fn as_nobody_name_the_folder() {
    let Some(folder) = folder() else { return };
    let facts = format!(
        "{} (owner 0, group 0, mode 0755) as user 65534",
        folder.display()
    );
    let target = Target::new(folder.join("credentials"), Options::new());
    let set = FileSet::new(folder.join("made/here"), Options::new().create_folder());
    let file = SetFile {
        name: "private.pem",
        contents: Some(b"key"),
    };
    for error in [
        target.replace(b"new").unwrap_err(),
        set.replace(&[file]).unwrap_err(),
    ] {
        assert!(
            matches!(error, Error::NotWritable { user: NOBODY, .. }),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            format!("no permission to write in {facts}")
        );
    }
}

#[test]
fn a_file_of_another_user_is_refused_in_a_shared_folder() {
    if !is_root() {
        return skip(
            "a_file_of_another_user_is_refused_in_a_shared_folder",
            "needs root for chown",
        );
    }
    for name in ["credentials", ".credentials.lock"] {
        let site = Site::shared();
        let path = site.plant(name, "planted", 0o666);
        chown(&path, Some(NOBODY), None).unwrap();
        let error = Target::new(site.join("credentials"), Options::new())
            .replace(b"new")
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Planted {
                    found: Found::ForeignFile,
                    ..
                }
            ),
            "{name}: {error:?}"
        );
        assert_eq!(text(&path), "planted");
    }
    let site = Site::shared();
    symlink_of_nobody(&site);
    let file = SetFile {
        name: "private.pem",
        contents: Some(b"key"),
    };
    let error = FileSet::new(site.path(), Options::new())
        .replace(&[file])
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Planted {
                found: Found::ForeignFile,
                ..
            }
        ),
        "{error:?}"
    );
}

/// A link that looks like ours, and is not.
fn symlink_of_nobody(site: &Site) {
    let link = site.join("private.pem");
    std::os::unix::fs::symlink("..data/private.pem", &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let site = Site::new();
    set_mode(site.path(), 0o755);
    site.plant("token", "secret", 0o600);
    run_as_nobody("other_user::as_nobody_name_the_file", &site);
}

#[test]
#[ignore = "run as nobody by the test above"]
fn as_nobody_name_the_file() {
    let Some(folder) = folder() else { return };
    let error = private_file::read_private(&folder.join("token")).unwrap_err();
    assert!(
        matches!(error, Error::Unreadable { user: NOBODY, .. }),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .ends_with("(owner 0, group 0, mode 0600) as user 65534"),
        "{error}"
    );
}

#[test]
fn a_folder_that_may_not_be_entered_is_named() {
    let site = Site::new();
    set_mode(site.path(), 0o755);
    let closed = site.join("closed");
    fs::create_dir_all(closed.join("below")).unwrap();
    set_mode(&closed, 0o700);
    std::os::unix::fs::symlink("closed/below", site.join("link")).unwrap();
    run_as_nobody("other_user::as_nobody_name_the_closed_folder", &site);
}

#[test]
#[ignore = "run as nobody by the test above"]
fn as_nobody_name_the_closed_folder() {
    let Some(site) = folder() else { return };
    let closed = site.join("closed");
    for path in ["closed/token", "closed/below/token", "link/token", "link"] {
        let path = site.join(path);
        let file = SetFile {
            name: "private.pem",
            contents: Some(b"key"),
        };
        for error in [
            private_file::read_private(&path).unwrap_err(),
            Target::new(path.join("new"), Options::new())
                .replace(b"new")
                .unwrap_err(),
            FileSet::new(&path, Options::new())
                .replace(&[file])
                .unwrap_err(),
        ] {
            let is_it = matches!(&error, Error::Unreachable { folder, .. } if *folder == closed);
            assert!(is_it, "{}: {error:?}", path.display());
            assert_eq!(error.fault(), FaultKind::Configuration);
            let facts = "closed (owner 0, group 0, mode 0700) as user 65534";
            assert!(error.to_string().ends_with(facts), "{error}");
        }
    }
}
