use std::{
    fs, io,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use private_file::{Edit, Error, FileSet, Options, SetFile, Target};

use crate::site::{Site, text};

#[test]
fn eight_writers_lose_nothing() {
    let site = Site::new();
    let path = site.join("lines");
    thread::scope(|scope| {
        for writer in 0..8 {
            let target = Target::new(&path, Options::new());
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
    let mut lines: Vec<String> = text(&path).lines().map(str::to_owned).collect();
    lines.sort();
    let all: Vec<String> = (0..8)
        .flat_map(|w| (0..10).map(move |l| format!("{w}:{l}")))
        .collect();
    assert_eq!(lines, all);
    assert_eq!(site.names(), ["lines"]);
}

/// A reader that opens key, certificate, key sees generations in order, so
/// where both keys are of one generation the certificate is of it too: at
/// every instant the set is whole.
#[test]
fn a_reader_never_sees_a_key_beside_a_foreign_certificate() {
    let site = Site::new();
    let set = FileSet::new(site.path(), Options::new());
    put(&set, 0);
    let (done, pairs) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    pairs.fetch_add(usize::from(look(site.path())), Ordering::Relaxed);
                }
            });
        }
        let _ended = End(&done);
        // Until they have looked often enough, however busy the machine is.
        let until = (1..100_000).find(|generation| {
            put(&set, *generation);
            *generation >= 100 && pairs.load(Ordering::Relaxed) >= 50
        });
        assert!(until.is_some(), "the readers hardly read");
    });
}

/// Lets the readers go, also where the writer panics.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn put(set: &FileSet, generation: usize) {
    let contents = generation.to_string();
    let files = ["cert.pem", "private.pem"].map(|name| SetFile {
        name,
        contents: Some(contents.as_bytes()),
    });
    set.replace(&files).unwrap();
}

/// Whether both looks at the key found one generation.
fn look(folder: &Path) -> bool {
    let (first, certificate, second) = (
        read(folder, "private.pem"),
        read(folder, "cert.pem"),
        read(folder, "private.pem"),
    );
    assert!(
        first <= certificate && certificate <= second,
        "{first} {certificate} {second}"
    );
    // And a reader of one generation's folder gets that generation.
    let generation = folder.join(fs::read_link(folder.join("..data")).unwrap());
    let of = |name| fs::read_to_string(generation.join(name)).ok();
    let (key, certificate) = (of("private.pem"), of("cert.pem"));
    assert!(key.is_none() || certificate.is_none() || key == certificate);
    first == second
}

/// Nothing is found where two swaps, a moment apart, fall between the steps in
/// which the system follows the links.
fn read(folder: &Path, name: &str) -> usize {
    loop {
        match fs::read_to_string(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            contents => return contents.unwrap().parse().unwrap(),
        }
    }
}
