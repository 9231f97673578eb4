//! Every crash state: the steps are cut after each one.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{collections::BTreeMap, fs, path::Path};

use super::*;
use crate::file_set::{
    snapshot::{Kind, Snapshot},
    step::Step,
};

mod leftovers;
mod planted;

/// The names of a certificate set; the key last.
const NAMES: [&str; 3] = ["cert.pem", "chain.pem", "private.pem"];

type Contents = BTreeMap<&'static str, Option<Vec<u8>>>;

fn set(generation: &str, with_chain: bool) -> Contents {
    let contents = |name: &str| Some(format!("{name} of {generation}").into_bytes());
    let has = |name: &str| with_chain || name != "chain.pem";
    NAMES
        .into_iter()
        .map(|name| (name, contents(name).filter(|_| has(name))))
        .collect()
}

fn files(contents: &Contents) -> Vec<SetFile<'_>> {
    NAMES
        .into_iter()
        .map(|name| SetFile {
            name,
            contents: contents[name].as_deref(),
        })
        .collect()
}

/// What a reader of the plain names gets.
fn shown(folder: &Path) -> Contents {
    NAMES
        .into_iter()
        .map(|name| (name, fs::read(folder.join(name)).ok()))
        .collect()
}

fn open(path: &Path) -> Folder {
    Folder::open(path, &Options::new()).unwrap()
}

/// The ways in which a folder can look before a replacement.
#[derive(Clone, Copy, Debug)]
enum Before {
    Empty,
    /// Plain files, as a script left them.
    Plain,
    /// A set written by us.
    Set,
    /// A set, in which somebody replaced the certificate by a plain file.
    Mixed,
    /// A set whose key somebody removed.
    Keyless,
    /// Links whose generation somebody removed.
    Dangling,
}

impl Before {
    const ALL: [Self; 6] = [
        Self::Empty,
        Self::Plain,
        Self::Set,
        Self::Mixed,
        Self::Keyless,
        Self::Dangling,
    ];

    fn prepare(self, folder: &Path) {
        let old = set("old", true);
        match self {
            Self::Empty => {}
            Self::Plain => {
                for (name, contents) in &old {
                    write(&folder.join(name), contents.as_ref().unwrap());
                }
            }
            Self::Set | Self::Mixed | Self::Keyless | Self::Dangling => {
                FileSet::new(folder, Options::new())
                    .replace(&files(&old))
                    .unwrap();
            }
        }
        match self {
            Self::Mixed => {
                fs::remove_file(folder.join("cert.pem")).unwrap();
                write(&folder.join("cert.pem"), b"cert.pem of old");
            }
            Self::Keyless => fs::remove_file(folder.join("private.pem")).unwrap(),
            Self::Dangling => {
                let generation = fs::read_link(folder.join(DATA)).unwrap();
                fs::remove_dir_all(folder.join(generation)).unwrap();
            }
            Self::Empty | Self::Plain | Self::Set => {}
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests write what others would have written"
)]
fn write(path: &Path, contents: &[u8]) {
    fs::write(path, contents).unwrap();
}

/// Runs the first `steps` steps; `false` when there were no more.
fn run_cut(folder: &Path, steps: usize, contents: &Contents, links: bool) -> bool {
    let folder = open(folder);
    let files = files(contents);
    let found = Snapshot::take(&folder, &files).unwrap();
    let names = [plan::generation(), plan::generation()];
    let plan: Vec<Step<'_>> = if links {
        plan::by_links(&found, &files, names)
    } else {
        plan::in_order(&files)
    };
    let options = Options::new();
    let mut at = Workplace::open(&folder, &options).unwrap();
    plan.iter()
        .take(steps)
        .for_each(|step| step.run(&mut at).unwrap());
    steps < plan.len()
}

fn generations_and_litter(folder: &Path) -> (usize, Vec<String>) {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    let (generations, others): (Vec<_>, Vec<_>) = names
        .into_iter()
        .partition(|name| name.starts_with(plan::GENERATION));
    let expected = |name: &String| NAMES.contains(&name.as_str()) || name == DATA;
    (
        generations.len(),
        others.into_iter().filter(|name| !expected(name)).collect(),
    )
}

#[test]
fn cut_after_any_step_a_whole_set_is_shown() {
    for before in Before::ALL {
        for with_chain in [true, false] {
            let new = set("new", with_chain);
            for steps in 0.. {
                let folder = tempfile::tempdir().unwrap();
                before.prepare(folder.path());
                let old = shown(folder.path());
                let more = run_cut(folder.path(), steps, &new, true);
                let seen = shown(folder.path());
                // The key that was missing may come back, beside its own certificate.
                let whole_old = set("old", true);
                let is_whole = seen == new || seen == old || seen == whole_old;
                assert!(is_whole, "{before:?} cut after {steps}: {seen:?}");
                assert!(more || seen == new, "{before:?}: not done at the end");

                // Whatever state it is: the next writer gets to the end of it.
                let newer = set("newer", true);
                let set = FileSet::new(folder.path(), Options::new());
                assert_eq!(set.replace(&files(&newer)).unwrap(), Change::Written);
                assert_eq!(shown(folder.path()), newer, "{before:?} cut after {steps}");
                let (generations, litter) = generations_and_litter(folder.path());
                assert!(
                    generations <= 2,
                    "{before:?} cut after {steps}: {generations} generations"
                );
                assert_eq!(litter, Vec::<String>::new(), "{before:?} cut after {steps}");
                if !more {
                    break;
                }
            }
        }
    }
}

#[test]
fn without_links_a_key_never_stands_beside_a_foreign_certificate() {
    for steps in 0.. {
        let folder = tempfile::tempdir().unwrap();
        Before::Plain.prepare(folder.path());
        let new = set("new", true);
        let more = run_cut(folder.path(), steps, &new, false);
        let seen = shown(folder.path());
        let of = |name| {
            seen[name]
                .as_deref()
                .map(|text| String::from_utf8_lossy(text).into_owned())
        };
        if let Some(key) = of("private.pem") {
            let generation = key.rsplit_once(' ').unwrap().1.to_owned();
            assert_eq!(
                of("cert.pem"),
                Some(format!("cert.pem of {generation}")),
                "cut {steps}"
            );
            assert_eq!(
                of("chain.pem"),
                Some(format!("chain.pem of {generation}")),
                "cut {steps}"
            );
        }
        if !more {
            assert_eq!(seen, new);
            break;
        }
    }
}

#[test]
fn without_links_a_write_that_fails_leaves_everything_as_it_was() {
    // Room for the name, and none for that of the file under construction.
    let key = "k".repeat(250);
    let names = ["cert.pem", "chain.pem", key.as_str()];
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        write(&folder.path().join(name), b"old");
    }
    let files = names.map(|name| SetFile {
        name,
        contents: Some(b"new"),
    });
    let (opened, options) = (open(folder.path()), Options::new());
    let mut at = Workplace::open(&opened, &options).unwrap();
    let steps = plan::in_order(&files);
    let done = steps.iter().try_for_each(|step| step.run(&mut at));
    assert!(matches!(done, Err(Error::Io { .. })), "{done:?}");
    at.discard();
    for name in names {
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"old");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), names.len());
}

#[test]
fn the_rename_of_data_alone_changes_what_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    Before::Plain.prepare(folder.path());
    let new = set("new", false);
    let files = files(&new);
    let opened = open(folder.path());
    let found = Snapshot::take(&opened, &files).unwrap();
    assert!(found.entries.iter().all(|entry| entry.kind == Kind::Plain));
    let names = [plan::generation(), plan::generation()];
    let options = Options::new();
    let mut at = Workplace::open(&opened, &options).unwrap();
    let mut changes = Vec::new();
    let mut seen = shown(folder.path());
    for step in plan::by_links(&found, &files, names) {
        step.run(&mut at).unwrap();
        let now = shown(folder.path());
        if now != seen {
            changes.push(matches!(&step, Step::PlaceLink { name } if name == DATA));
            seen = now;
        }
    }
    assert_eq!(changes, [true]);
}

#[test]
fn a_failure_leaves_no_generation_behind() {
    let folder = tempfile::tempdir().unwrap();
    let set_of_files = FileSet::new(folder.path(), Options::new());
    set_of_files.replace(&files(&set("old", true))).unwrap();
    // A folder where the link is staged: the step after the files fails.
    fs::create_dir(folder.path().join(STAGED)).unwrap();
    set_of_files.replace(&files(&set("new", true))).unwrap_err();
    assert_eq!(shown(folder.path()), set("old", true));
    assert_eq!(generations_and_litter(folder.path()).0, 1);
}
