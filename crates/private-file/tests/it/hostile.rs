//! Things that somebody may have put where we are to write.

use std::{fs, os::unix::fs::symlink, path::Path, sync::mpsc, thread, time::Duration};

use private_file::{Error, FileSet, Found, Options, SetFile, Target};
use refresh::{Fault, FaultKind};

use crate::site::{Site, text};

/// Makes something at the path.
type Plant = fn(&Path);

fn link(path: &Path) {
    symlink("victim", path).unwrap();
}

fn hard_link(path: &Path) {
    fs::hard_link(path.with_file_name("victim"), path).unwrap();
}

fn fifo(path: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, path, 0o666.into()).unwrap();
}

fn socket(path: &Path) {
    std::os::unix::net::UnixListener::bind(path).unwrap();
}

fn directory(path: &Path) {
    fs::create_dir(path).unwrap();
}

/// Refuses within seconds, whatever it is: nothing may hang on a FIFO.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver
        .recv_timeout(Duration::from_secs(20))
        .expect("it hangs")
}

fn found(error: &Error) -> Option<Found> {
    match error {
        Error::Planted { found, .. } | Error::NotRegular { found, .. } => Some(*found),
        _ => None,
    }
}

const PLANTS: [(Plant, Found); 5] = [
    (link, Found::SymbolicLink),
    (hard_link, Found::HardLink),
    (fifo, Found::Special),
    (socket, Found::Special),
    (directory, Found::Directory),
];

#[test]
fn planted_targets_and_locks_are_refused_in_a_shared_folder() {
    for name in ["credentials", ".credentials.lock"] {
        for (plant, what) in PLANTS {
            let site = Site::shared();
            let victim = site.plant("victim", "precious", 0o600);
            plant(&site.join(name));
            let before = site.names();
            let target = Target::new(site.join("credentials"), Options::new());
            let error = in_time(move || target.replace(b"secret")).unwrap_err();
            assert_eq!(found(&error), Some(what), "{name}: {error}");
            assert_eq!(error.fault(), FaultKind::Configuration);
            assert_eq!(
                (text(&victim).as_str(), site.names()),
                ("precious", before),
                "{name}: {what}"
            );
        }
    }
}

#[test]
fn special_files_are_refused_in_our_own_folder_too() {
    for (plant, what) in PLANTS.into_iter().skip(2) {
        let site = Site::new();
        plant(&site.join("credentials"));
        let target = Target::new(site.join("credentials"), Options::new());
        let error = in_time(move || target.replace(b"secret")).unwrap_err();
        assert_eq!(found(&error), Some(what), "{error}");
    }
}

#[test]
fn a_hard_link_in_our_own_folder_is_replaced_not_written_through() {
    let site = Site::new();
    let victim = site.plant("victim", "precious", 0o600);
    hard_link(&site.join("credentials"));
    Target::new(site.join("credentials"), Options::new())
        .replace(b"secret")
        .unwrap();
    assert_eq!(
        (text(&victim), text(&site.join("credentials"))),
        ("precious".into(), "secret".into())
    );
}

#[test]
fn planted_names_of_a_set_are_refused_in_a_shared_folder() {
    for name in ["cert.pem", "private.pem", "..data", "..lock"] {
        for (plant, what) in PLANTS {
            let site = Site::shared();
            let victim = site.plant("victim", "precious", 0o600);
            plant(&site.join(name));
            let set = FileSet::new(site.path(), Options::new());
            let error = in_time(move || set.replace(&pair("cert", "key"))).unwrap_err();
            let is_refusal =
                found(&error) == Some(what) || matches!(error, Error::ForeignLink { .. });
            assert!(is_refusal, "{name} {what}: {error:?}");
            assert_eq!(text(&victim), "precious");
        }
    }
}

#[test]
fn a_link_to_elsewhere_is_refused_for_a_set_even_in_our_own_folder() {
    let site = Site::new();
    site.plant("victim", "precious", 0o600);
    link(&site.join("cert.pem"));
    let error = FileSet::new(site.path(), Options::new())
        .replace(&pair("cert", "key"))
        .unwrap_err();
    assert!(matches!(error, Error::ForeignLink { .. }), "{error:?}");
    assert_eq!(text(&site.join("victim")), "precious");
}

#[test]
fn names_of_a_set_cannot_leave_its_folder() {
    let site = Site::new();
    for name in [
        "",
        "..",
        "../cert.pem",
        "/etc/passwd",
        "a/b",
        "..data",
        "..lock",
    ] {
        let files = [SetFile {
            name,
            contents: Some(b"x"),
        }];
        let error = FileSet::new(site.path(), Options::new())
            .replace(&files)
            .unwrap_err();
        assert!(matches!(error, Error::NoName { .. }), "{name:?}: {error:?}");
    }
    assert_eq!(site.names(), Vec::<String>::new());
}

fn pair<'a>(certificate: &'a str, key: &'a str) -> [SetFile<'a>; 2] {
    [
        SetFile {
            name: "cert.pem",
            contents: Some(certificate.as_bytes()),
        },
        SetFile {
            name: "private.pem",
            contents: Some(key.as_bytes()),
        },
    ]
}

/// What is read back as our own is our own.
#[test]
fn what_others_may_have_written_is_not_read_as_ours() {
    let ours = Site::new();
    let read = |site: &Site, name: &str| Target::new(site.join(name), Options::new()).read();
    assert!(read(&ours, "absent").unwrap().is_none());
    assert!(read(&ours, "absent/absent").unwrap().is_none());
    ours.plant("private", "ours", 0o600);
    assert_eq!(read(&ours, "private").unwrap().unwrap().as_slice(), b"ours");
    for mode in [0o620, 0o602, 0o666] {
        ours.plant("open", "whose?", mode);
        assert!(read(&ours, "open").is_err(), "{mode:o}");
    }
    let shared = Site::shared();
    symlink(ours.join("private"), shared.join("link")).unwrap();
    assert!(read(&shared, "link").is_err());
    fs::hard_link(ours.join("private"), shared.join("hard")).unwrap();
    assert!(read(&shared, "hard").is_err());
}
