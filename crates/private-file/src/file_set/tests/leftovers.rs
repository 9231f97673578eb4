//! What killed writers left is gone after the next call, whatever it finds.

use std::{os::unix::fs::symlink, time::Duration};

use super::*;

fn replace(folder: &Path, contents: &Contents) -> Change {
    let set = FileSet::new(folder, Options::new().lock_wait(Duration::ZERO));
    set.replace(&files(contents)).unwrap()
}

fn generations(folder: &Path) -> Vec<String> {
    let mut names = snapshot::generations(&open(folder));
    names.sort();
    names
}

/// Makes a generation older, as rotations are hours apart.
fn age(folder: &Path, generation: &str, hours: u64) {
    let generation = fs::File::open(folder.join(generation)).unwrap();
    let made = generation.metadata().unwrap().modified().unwrap();
    generation
        .set_modified(made - Duration::from_secs(hours * 3600))
        .unwrap();
}

fn plant_generation(folder: &Path, name: &str, hours: u64) {
    fs::create_dir(folder.join(name)).unwrap();
    write(
        &folder.join(name).join("private.pem"),
        b"of a killed writer",
    );
    age(folder, name, hours);
}

#[test]
fn a_killed_writer_s_generation_goes_though_the_set_is_current() {
    let (old, new) = (set("old", true), set("new", true));
    for steps in 0.. {
        let site = tempfile::tempdir().unwrap();
        let folder = site.path();
        replace(folder, &old);
        let before = generations(folder);
        age(folder, &before[0], 1);
        let more = run_cut(folder, steps, &new, true);
        let (seen, begun) = (shown(folder), generations(folder));
        assert_eq!(replace(folder, &seen), Change::Unchanged, "cut {steps}");
        let (_, litter) = generations_and_litter(folder);
        assert_eq!(litter, Vec::<String>::new(), "cut {steps}");
        // Once it is shown, the one before it is kept for its readers.
        let kept = if seen == old { before } else { begun };
        assert_eq!(generations(folder), kept, "cut {steps}");
        if !more {
            assert_eq!(seen, new);
            break;
        }
    }
}

#[test]
fn the_one_before_is_kept_and_all_else_goes() {
    let site = tempfile::tempdir().unwrap();
    let (folder, current) = (site.path(), set("current", true));
    replace(folder, &current);
    let shown_now = generations(folder).remove(0);
    age(folder, &shown_now, 2);
    for (name, hours) in [
        ("older", 9),
        ("previous", 5),
        ("oldest", 12),
        ("younger", 1),
    ] {
        plant_generation(folder, &format!("{}{name}", plan::GENERATION), hours);
    }
    write(&folder.join(".private.pem.a1B2c3D4e5.tmp"), b"key");
    symlink("..data/cert.pem", folder.join(STAGED)).unwrap();
    assert_eq!(replace(folder, &current), Change::Unchanged);
    let mut kept = [shown_now, format!("{}previous", plan::GENERATION)];
    kept.sort();
    assert_eq!(generations(folder), kept);
    assert_eq!(generations_and_litter(folder).1, Vec::<String>::new());
}

#[test]
fn plain_files_that_are_right_need_no_generation() {
    let site = tempfile::tempdir().unwrap();
    Before::Plain.prepare(site.path());
    for name in NAMES {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(site.path().join(name), private).unwrap();
    }
    plant_generation(site.path(), &plan::generation(), 0);
    assert_eq!(replace(site.path(), &set("old", true)), Change::Unchanged);
    assert_eq!(generations(site.path()), Vec::<String>::new());
}

#[test]
fn cleaning_up_waits_for_nobody_and_disturbs_no_writer() {
    let site = tempfile::tempdir().unwrap();
    let (folder, current) = (site.path(), set("current", true));
    replace(folder, &current);
    let (other, opened) = (plan::generation(), open(folder));
    plant_generation(folder, &other, 0);
    age(
        folder,
        fs::read_link(folder.join(DATA)).unwrap().to_str().unwrap(),
        1,
    );
    let lock = Lock::acquire(&opened, LOCK.as_ref(), folder, Duration::ZERO).unwrap();
    assert_eq!(replace(folder, &current), Change::Unchanged);
    assert!(generations(folder).contains(&other), "it is the writer's");
    drop(lock);
    assert_eq!(replace(folder, &current), Change::Unchanged);
    assert!(!generations(folder).contains(&other));
}
