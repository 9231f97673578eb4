//! Another user at work in the same folder, between any two steps.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use super::*;
use crate::{FileMode, Found};

/// A folder that everybody can write to, and a folder of ours that is meant.
struct Site {
    shared: tempfile::TempDir,
    victim: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let [shared, victim] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for (folder, mode) in [(&shared, 0o777), (&victim, 0o755)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        }
        Self { shared, victim }
    }

    /// What may not change: the mode and the names in the victim's folder.
    fn victim(&self) -> (u32, usize) {
        let mode = fs::metadata(self.victim.path()).unwrap().mode() & 0o7777;
        (mode, fs::read_dir(self.victim.path()).unwrap().count())
    }

    /// Takes each generation away and puts a link to the victim in its place.
    fn plant(&self) {
        for name in snapshot::generations(&open(self.shared.path())) {
            let path = self.shared.path().join(&name);
            fs::rename(&path, self.shared.path().join(format!("taken-{name}"))).unwrap();
            symlink(self.victim.path(), &path).unwrap();
        }
    }

    /// The private keys in what was taken away.
    fn taken_keys(&self) -> usize {
        let names = fs::read_dir(self.shared.path()).unwrap();
        let taken = names
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("taken-"));
        taken
            .filter(|entry| entry.path().join("private.pem").exists())
            .count()
    }
}

#[test]
fn a_link_in_the_place_of_a_generation_is_refused_and_nothing_leaves_the_folder() {
    let options = Options::new().mode(FileMode::GROUP_READ);
    let new = set("new", true);
    let files = files(&new);
    let mut refused = 0;
    for cut in 0.. {
        let site = Site::new();
        let folder = open(site.shared.path());
        let found = Snapshot::take(&folder, &files).unwrap();
        let steps = plan::by_links(&found, &files, [plan::generation(), plan::generation()]);
        let mut at = Workplace::open(&folder, &options).unwrap();
        let (before, after) = steps.split_at(cut);
        for step in before {
            step.run(&mut at).unwrap();
        }
        site.plant();
        let done = after.iter().try_for_each(|step| step.run(&mut at));
        assert_eq!(site.victim(), (0o755, 0), "planted after {cut} steps");

        let is_begun = cut > 0;
        let is_sealed = !after
            .iter()
            .any(|step| matches!(step, Step::SealGeneration { .. }));
        if is_begun && !is_sealed {
            let is_refusal = matches!(
                &done,
                Err(Error::Planted {
                    found: Found::SymbolicLink,
                    ..
                })
            );
            assert!(is_refusal, "planted after {cut} steps: {done:?}");
            at.discard();
            assert_eq!(site.taken_keys(), 0, "planted after {cut} steps");
            assert_eq!(site.victim(), (0o755, 0), "planted after {cut} steps");
            refused += 1;
        }
        if after.is_empty() {
            break;
        }
    }
    assert_eq!(refused, 5, "opening, each of three files, sealing");
}

#[test]
fn what_is_not_the_folder_just_made_is_refused() {
    type Plant = fn(&Path);
    let full: Plant = |path| {
        fs::create_dir(path).unwrap();
        write(&path.join("precious"), b"ours");
    };
    let foreign: Plant = |path| {
        fs::create_dir(path).unwrap();
        chown(path, Some(65534), None).unwrap();
    };
    for (plant, found, needs_root) in [
        (full, Found::Directory, false),
        (foreign, Found::ForeignFile, true),
    ] {
        if needs_root && platform::user() != 0 {
            skip(found);
            continue;
        }
        let site = Site::new();
        let (folder, options) = (open(site.shared.path()), Options::new());
        let mut at = Workplace::open(&folder, &options).unwrap();
        let name = plan::generation();
        plant(&folder.path.join(&name));
        let error = Step::OpenGeneration { name }.run(&mut at).unwrap_err();
        let is_refusal = matches!(&error, Error::Planted { found: what, .. } if *what == found);
        assert!(is_refusal, "{error:?}");
    }
}

#[test]
fn a_generation_that_became_a_link_is_not_followed_to_clean_up() {
    let site = Site::new();
    write(&site.victim.path().join("precious"), b"ours");
    let (folder, options) = (open(site.shared.path()), Options::new());
    let name = plan::generation();
    symlink(site.victim.path(), folder.path.join(&name)).unwrap();
    Workplace::open(&folder, &options)
        .unwrap()
        .remove_generation(&name);
    assert_eq!(site.victim(), (0o755, 1));
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skip(found: Found) {
    eprintln!("SKIPPED {found} in the place of a generation: needs root for chown");
}
