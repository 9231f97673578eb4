//! What every file sink must do, whatever it delivers.
//!
//! A new sink implements [`Subject`] and says `sink_conformance!(name, make)`.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use k8s_sinks::{Error, Receipt};
use private_file::Options;
use tempfile::TempDir;

/// A sink that delivers values told apart by a number.
pub(crate) trait Subject: Debug + Sync {
    /// Delivers the value of this generation.
    fn deliver(&self, generation: u32) -> Result<Receipt, Error>;
    /// The generation that a reader finds; panics where it finds a mixture.
    fn shown(&self) -> Option<u32>;
    /// The name of a file of the sink in its folder.
    fn file(&self) -> &'static str;
    /// What a killed writer may have left in the folder.
    fn leftovers(&self) -> &'static [&'static str];
    /// What must not be shown by anything.
    fn secrets(&self, generation: u32) -> Vec<String>;
}

pub(crate) type Make = fn(&Path, Options) -> Box<dyn Subject>;

macro_rules! sink_conformance {
    ($name:ident, $make:expr) => {
        mod $name {
            use crate::conformance;

            #[test]
            fn fresh() {
                conformance::fresh($make);
            }
            #[test]
            fn replaced() {
                conformance::replaced($make);
            }
            #[test]
            fn unchanged_is_not_written() {
                conformance::unchanged($make);
            }
            #[test]
            fn interrupted() {
                conformance::interrupted($make);
            }
            #[test]
            fn permissions() {
                conformance::permissions($make);
            }
            #[test]
            fn redacted() {
                conformance::redacted($make);
            }
        }
    };
}
pub(crate) use sink_conformance;

pub(crate) fn fresh(make: Make) {
    let home = home();
    let folder = home.path().join("made/here");
    let sink = make(&folder, Options::new().create_folder());
    assert_eq!(sink.shown(), None);
    assert!(sink.deliver(1).unwrap().changed);
    assert_eq!(sink.shown(), Some(1));
    for (path, metadata) in tree(home.path()) {
        let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
        let is_right = metadata.is_symlink() || metadata.mode() & 0o777 == wanted;
        assert!(is_right, "{} {:o}", path.display(), metadata.mode());
    }
}

pub(crate) fn replaced(make: Make) {
    let home = home();
    let sink = make(home.path(), Options::new());
    for generation in [1, 2, 1] {
        assert!(sink.deliver(generation).unwrap().changed);
        assert_eq!(sink.shown(), Some(generation));
    }
}

pub(crate) fn unchanged(make: Make) {
    let home = home();
    let sink = make(home.path(), Options::new());
    sink.deliver(1).unwrap();
    let times = |(path, metadata): (PathBuf, fs::Metadata)| {
        (
            path,
            (metadata.ino(), metadata.mtime_nsec(), metadata.ctime_nsec()),
        )
    };
    let before: BTreeMap<_, _> = tree(home.path()).into_iter().map(times).collect();
    assert!(!sink.deliver(1).unwrap().changed);
    let after: BTreeMap<_, _> = tree(home.path()).into_iter().map(times).collect();
    assert_eq!(before, after);
}

pub(crate) fn interrupted(make: Make) {
    let home = home();
    let sink = make(home.path(), Options::new());
    sink.deliver(0).unwrap();
    for name in sink.leftovers() {
        plant(&home.path().join(name), "left behind");
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Acquire) {
                let shown = sink.shown().expect("there is a value at every moment");
                assert!(shown >= last, "{shown} after {last}");
                last = shown;
            }
        });
        let _ended = End(&done);
        for generation in 1..30 {
            assert!(sink.deliver(generation).unwrap().changed);
        }
    });
    for name in sink.leftovers() {
        assert!(!home.path().join(name).exists(), "{name} is still there");
    }
}

pub(crate) fn permissions(make: Make) {
    let home = home();
    let sink = make(home.path(), Options::new());
    let file = home.path().join(sink.file());
    let victim = home.path().join("victim");
    plant(&victim, "[victim]\n");
    plant(&file, "[default]\n");
    sink.deliver(1).unwrap();
    assert_eq!(
        fs::metadata(&file).unwrap().mode() & 0o777,
        0o600,
        "0644 is tightened"
    );

    fs::remove_file(&file).unwrap();
    symlink(&victim, &file).unwrap();
    set_mode(home.path(), 0o777);
    sink.deliver(2).unwrap_err();
    assert_eq!(
        fs::read(&victim).unwrap(),
        b"[victim]\n",
        "a planted link is not followed"
    );
}

pub(crate) fn redacted(make: Make) {
    let home = home();
    let sink = make(home.path(), Options::new());
    let mut shown = format!("{sink:?} {:?}", sink.deliver(1).unwrap());
    fs::remove_file(home.path().join(sink.file())).unwrap();
    fs::create_dir(home.path().join(sink.file())).unwrap();
    let error = sink.deliver(2).unwrap_err();
    shown += &format!("{error} {error:?}");
    for secret in [sink.secrets(1), sink.secrets(2)].concat() {
        assert!(!shown.contains(&secret), "{secret} is in {shown}");
    }
}

/// Lets the reader go, also where the writer panics.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    set_mode(home.path(), 0o700);
    home
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Writes as a script would: open to everybody.
#[expect(
    clippy::disallowed_methods,
    reason = "tests write what others would have written"
)]
pub(crate) fn plant(path: &Path, contents: impl AsRef<[u8]>) {
    fs::write(path, contents).unwrap();
    set_mode(path, 0o644);
}

/// Everything below a folder; links are not followed.
fn tree(folder: &Path) -> Vec<(PathBuf, fs::Metadata)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let one = |path: PathBuf| {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let below = if metadata.is_dir() {
            tree(&path)
        } else {
            Vec::new()
        };
        [vec![(path, metadata)], below].concat()
    };
    entries.flat_map(one).collect()
}
