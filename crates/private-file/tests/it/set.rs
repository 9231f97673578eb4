use std::{
    fs,
    os::unix::fs::{MetadataExt, symlink},
};

use private_file::{Change, FileMode, FileSet, Group, Options, SetFile, Target};

use crate::site::{Site, mode, text};

fn files<'a>(chain: Option<&'a str>, key: &'a str) -> [SetFile<'a>; 3] {
    [
        SetFile {
            name: "cert.pem",
            contents: Some(b"certificate"),
        },
        SetFile {
            name: "chain.pem",
            contents: chain.map(str::as_bytes),
        },
        SetFile {
            name: "private.pem",
            contents: Some(key.as_bytes()),
        },
    ]
}

#[test]
fn a_set_is_found_under_its_plain_names_for_its_owner_alone() {
    let site = Site::new();
    let folder = site.join("certificates");
    let set = FileSet::new(&folder, Options::new().create_folder());
    assert_eq!(
        set.replace(&files(Some("chain"), "key")).unwrap(),
        Change::Written
    );
    assert_eq!(text(&folder.join("private.pem")), "key");
    assert_eq!(mode(&folder), 0o700);
    for name in ["cert.pem", "chain.pem", "private.pem"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
        let target = fs::read_link(folder.join(name)).unwrap();
        assert_eq!(target.to_str().unwrap(), format!("..data/{name}"));
    }
    assert_eq!(mode(&folder.join("..data")), 0o700);
}

#[test]
fn an_unchanged_set_is_not_touched_and_an_absent_file_goes() {
    let site = Site::new();
    let set = FileSet::new(site.path(), Options::new());
    set.replace(&files(Some("chain"), "key")).unwrap();
    let before = fs::metadata(site.path()).unwrap().mtime_nsec();
    let generation = fs::read_link(site.join("..data")).unwrap();
    assert_eq!(
        set.replace(&files(Some("chain"), "key")).unwrap(),
        Change::Unchanged
    );
    assert_eq!(fs::metadata(site.path()).unwrap().mtime_nsec(), before);
    assert_eq!(fs::read_link(site.join("..data")).unwrap(), generation);
    assert_eq!(set.replace(&files(None, "key")).unwrap(), Change::Written);
    assert!(
        fs::symlink_metadata(site.join("chain.pem")).is_err(),
        "no link that leads nowhere"
    );
    assert_eq!(set.replace(&files(None, "key")).unwrap(), Change::Unchanged);
}

#[test]
fn one_generation_is_kept_beside_the_one_that_is_shown() {
    let site = Site::new();
    let set = FileSet::new(site.path(), Options::new());
    for key in ["1", "2", "3", "4"] {
        set.replace(&files(Some("chain"), key)).unwrap();
    }
    let names = site.names();
    let generations = names
        .iter()
        .filter(|name| name.starts_with("..generation-"));
    let mut keys: Vec<_> = generations
        .map(|name| text(&site.join(name).join("private.pem")))
        .collect();
    keys.sort();
    assert_eq!(keys, ["3", "4"]);
}

#[test]
fn plain_files_become_a_set_and_their_wide_modes_narrow() {
    let site = Site::new();
    for name in ["cert.pem", "chain.pem", "private.pem"] {
        site.plant(name, "old", 0o644);
    }
    site.plant("unrelated", "stays", 0o644);
    let set = FileSet::new(site.path(), Options::new());
    set.replace(&files(Some("chain"), "key")).unwrap();
    assert_eq!(
        (
            text(&site.join("private.pem")).as_str(),
            mode(&site.join("private.pem"))
        ),
        ("key", 0o600)
    );
    assert_eq!(
        (
            text(&site.join("unrelated")).as_str(),
            mode(&site.join("unrelated"))
        ),
        ("stays", 0o644)
    );
}

#[test]
fn plain_files_that_are_right_already_stay_plain() {
    let site = Site::new();
    for (name, contents) in [("cert.pem", "certificate"), ("private.pem", "key")] {
        site.plant(name, contents, 0o600);
    }
    let set = FileSet::new(site.path(), Options::new());
    assert_eq!(set.replace(&files(None, "key")).unwrap(), Change::Unchanged);
    assert_eq!(site.names(), ["cert.pem", "private.pem"]);
}

#[test]
fn the_group_can_enter_and_read_where_it_was_asked_for() {
    let site = Site::new();
    let group = fs::metadata(site.path()).unwrap().gid();
    let options = Options::new()
        .mode(FileMode::GROUP_READ)
        .group(Group::from_id(group));
    FileSet::new(site.path(), options)
        .replace(&files(Some("chain"), "key"))
        .unwrap();
    assert_eq!(mode(&site.join("..data")), 0o750);
    assert_eq!(mode(&site.join("private.pem")), 0o640);
}

#[test]
fn a_set_works_in_a_folder_that_everybody_can_write() {
    let site = Site::shared();
    let set = FileSet::new(site.path(), Options::new());
    for key in ["1", "2"] {
        assert_eq!(
            set.replace(&files(Some("chain"), key)).unwrap(),
            Change::Written
        );
        assert_eq!(text(&site.join("private.pem")), key);
    }
}

#[test]
fn a_folder_reached_by_a_link_is_the_folder() {
    let (site, real) = (Site::new(), Site::new());
    symlink(real.path(), site.join("out")).unwrap();
    FileSet::new(site.join("out"), Options::new())
        .replace(&files(None, "key"))
        .unwrap();
    assert_eq!(text(&real.join("private.pem")), "key");
}

#[test]
fn a_file_of_a_set_is_shown_by_its_size() {
    let file = SetFile {
        name: "private.pem",
        contents: Some(b"hunter2"),
    };
    assert_eq!(
        format!("{file:?}"),
        r#"SetFile { name: "private.pem", bytes: Some(7) }"#
    );
}

#[test]
fn a_set_is_read_back_and_what_is_not_there_is_none() {
    let site = Site::new();
    let folder = site.join("certificates");
    let set = FileSet::new(&folder, Options::new().create_folder());
    let names = ["cert.pem", "chain.pem", "private.pem"];
    let read = || -> Vec<Option<String>> {
        let contents = set.read(&names).unwrap().into_iter();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        contents
            .map(|file| file.map(|bytes| text(&bytes)))
            .collect()
    };
    assert_eq!(read(), [None, None, None]);
    set.replace(&files(None, "key")).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(read(), [some("certificate"), None, some("key")]);
    // A script's plain file, before we come to it.
    fs::remove_file(folder.join("private.pem")).unwrap();
    let plain = Target::new(folder.join("private.pem"), Options::new());
    plain.replace(b"plain").unwrap();
    assert_eq!(read(), [some("certificate"), None, some("plain")]);
}

/// Names that are links are read where `..data` led to at the start.
#[test]
fn a_reader_never_mixes_two_generations() {
    let site = Site::new();
    let set = FileSet::new(site.path(), Options::new());
    let pair = |text: &'static str| {
        ["a", "b"].map(|name| SetFile {
            name,
            contents: Some(text.as_bytes()),
        })
    };
    set.replace(&pair("0")).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..100 {
                for text in ["1", "2", "3"] {
                    set.replace(&pair(text)).unwrap();
                }
            }
        });
        let mut reads = 0;
        while !writer.is_finished() {
            let read = set.read(&["a", "b"]).unwrap();
            let [Some(a), Some(b)] = &read[..] else {
                panic!("a file was missing: {}", read.len());
            };
            assert_eq!(a, b);
            reads += 1;
        }
        assert!(reads > 0);
    });
}

/// What is read is what the plain names show, whoever set the links.
#[test]
fn a_link_that_leads_elsewhere_is_read_where_it_leads() {
    let (site, other) = (Site::new(), Site::new());
    let names = ["cert.pem", "chain.pem", "private.pem"];
    for name in names {
        other.plant(name, &format!("another {name}"), 0o600);
    }
    let set = FileSet::new(site.path(), Options::new());
    set.replace(&files(Some("chain"), "key")).unwrap();
    let check = |expected: [&str; 3]| {
        for (name, (read, expected)) in names
            .iter()
            .zip(set.read(&names).unwrap().iter().zip(expected))
        {
            assert_eq!(read.as_deref().unwrap(), expected.as_bytes(), "{name}");
            assert_eq!(text(&site.join(name)), expected, "{name}");
        }
    };
    check(["certificate", "chain", "key"]);

    // A name that leads out of the folder, and one that leads to another name.
    fs::remove_file(site.join("cert.pem")).unwrap();
    symlink(other.join("cert.pem"), site.join("cert.pem")).unwrap();
    fs::remove_file(site.join("chain.pem")).unwrap();
    symlink("..data/private.pem", site.join("chain.pem")).unwrap();
    check(["another cert.pem", "key", "key"]);

    // `..data` that leads out of the folder, by either kind of path.
    let up = std::path::Path::new("..").join(other.path().file_name().unwrap());
    for target in [other.path(), &up] {
        fs::remove_file(site.join("..data")).unwrap();
        symlink(target, site.join("..data")).unwrap();
        check([
            "another cert.pem",
            "another private.pem",
            "another private.pem",
        ]);
    }
}
