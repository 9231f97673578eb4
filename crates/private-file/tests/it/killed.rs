//! Writers that are killed at any moment: the test runs itself and kills it.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use private_file::{FileSet, Options, SetFile, Target};

use crate::site::{Site, skip, text};

/// Where the test that is killed finds the folder.
const FOLDER: &str = "PRIVATE_FILE_TEST_KILLED";
const KILLS: u64 = 60;
/// Long enough that a write takes more than one call.
const LENGTH: usize = 200_000;

#[test]
fn what_a_killed_writer_leaves_is_whole() {
    let site = Site::new();
    write(site.path(), 'a');
    for kill in 0..KILLS {
        let before = inode(&site);
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::writes_until_it_is_killed", "--ignored"])
            .env(FOLDER, site.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Once it writes, at another moment each time.
        let has_written = (0..10_000).any(|_| {
            thread::sleep(Duration::from_millis(1));
            inode(&site) != before
        });
        thread::sleep(Duration::from_micros(kill * 150));
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert!(has_written, "the writer does not write");
        let letter = whole(&text(&site.join("credentials")));
        let [certificate, key] = ["cert.pem", "private.pem"].map(|name| text(&site.join(name)));
        assert_eq!(
            whole(&certificate),
            whole(&key),
            "after {kill} kills, file of {letter}"
        );
    }
    write(site.path(), 'z');
    let generation = |name: &String| name.starts_with("..generation-");
    let names: Vec<String> = site
        .names()
        .into_iter()
        .filter(|name| !generation(name))
        .collect();
    assert_eq!(names, ["..data", "cert.pem", "credentials", "private.pem"]);
    assert!(site.names().into_iter().filter(generation).count() <= 2);
}

#[test]
#[ignore = "run and killed by the test above"]
#[expect(
    clippy::disallowed_methods,
    reason = "how the killed test is told its folder"
)]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return skip(
            "writes_until_it_is_killed",
            "run and killed by the test above it",
        );
    };
    for letter in ('a'..='y').cycle() {
        write(folder.as_ref(), letter);
    }
}

fn write(folder: &std::path::Path, letter: char) {
    let contents = letter.to_string().repeat(LENGTH).into_bytes();
    let files = ["cert.pem", "private.pem"].map(|name| SetFile {
        name,
        contents: Some(&contents),
    });
    Target::new(folder.join("credentials"), Options::new())
        .replace(&contents)
        .unwrap();
    FileSet::new(folder, Options::new())
        .replace(&files)
        .unwrap();
}

fn inode(site: &Site) -> u64 {
    fs::metadata(site.join("credentials")).unwrap().ino()
}

/// The letter that a whole file has.
fn whole(contents: &str) -> char {
    let letter = contents.chars().next().expect("it is empty");
    let is_whole = contents.len() == LENGTH && contents.chars().all(|other| other == letter);
    assert!(is_whole, "{} bytes of {letter}", contents.len());
    letter
}
