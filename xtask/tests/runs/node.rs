use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::layout::{Unpacked, target};

/// What runs containers.
pub(crate) struct Node<'a> {
    image: &'a Unpacked,
    user: String,
    environment: BTreeMap<String, String>,
    /// What is mounted: here, and there.
    mounts: Vec<(PathBuf, String)>,
    /// Emulates a processor.
    emulator: Option<PathBuf>,
}

impl<'a> Node<'a> {
    /// With what the image says; none, said aloud, where nothing can be mounted.
    pub(crate) fn of(image: &'a Unpacked) -> Option<Self> {
        let mut may = Command::new("unshare");
        let may = may.args(["--mount", "true"]).output();
        if !may.is_ok_and(|it| it.status.success()) {
            eprintln!("SKIPPED: not root: the image cannot be mounted");
            return None;
        }
        let variables = image.words("Env");
        let variables = variables.iter().filter_map(|it| it.split_once('='));
        Some(Self {
            image,
            user: image.config["User"].as_str().unwrap().to_owned(),
            environment: variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            mounts: Vec::new(),
            emulator: None,
        })
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Runs as this user, and this group.
    pub(crate) fn run_as(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// Mounts a folder, or a file.
    pub(crate) fn mounted(mut self, here: &Path, there: &str) -> Self {
        self.mounts.push((here.to_owned(), there.to_owned()));
        self
    }

    /// Of another processor, by qemu; none, said aloud, where that is absent.
    pub(crate) fn emulated(mut self) -> Option<Self> {
        let Some(emulator) = program("qemu-aarch64-static") else {
            eprintln!("SKIPPED: qemu-user-static is absent: arm64 is not run");
            return None;
        };
        self.emulator = Some(emulator.clone());
        Some(self.mounted(&emulator, EMULATOR))
    }

    /// Runs it.
    pub(crate) fn run(&self, command: &[&str]) -> Output {
        let root = self.image.root();
        let mut mounts = String::new();
        for (here, there) in &self.mounts {
            make_place(here, &root.join(there.trim_start_matches('/')));
            mounts += &format!("on --bind '{}' \"$0{there}\"\n", here.display());
        }
        let script = format!("{BEFORE}{mounts}{RUN}");
        // The variables are the image's and no others: what runs it is named by its path.
        let mut unshare = Command::new(program("unshare").unwrap());
        unshare
            .args(["--mount", "/bin/sh", "-c", &script])
            .arg(root);
        unshare
            .arg(&self.user)
            .args(self.emulator.iter().map(|_| EMULATOR));
        unshare.args(command).env_clear().envs(&self.environment);
        unshare.output().unwrap()
    }
}

/// A program of this machine, or of the peers.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = target().join("peers/bin");
    let folders = std::iter::once(own).chain(std::env::split_paths(&path));
    folders
        .map(|folder| folder.join(name))
        .find(|it| it.is_file())
}

/// A node makes the place that something is mounted at.
fn make_place(here: &Path, there: &Path) {
    if here.is_dir() {
        std::fs::create_dir_all(there).unwrap();
    } else {
        std::fs::create_dir_all(there.parent().unwrap()).unwrap();
        std::fs::write(there, "").unwrap();
    }
}

/// The root as it is, and nothing can be written to it.
const BEFORE: &str = "\
set -e
on() { PATH=/usr/sbin:/usr/bin:/sbin:/bin mount \"$@\"; }
on --bind \"$0\" \"$0\"
on -o remount,ro,bind \"$0\"
";
/// The command takes the place of the shell.
const RUN: &str = "\
chroot=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v chroot)
user=$1
shift
exec \"$chroot\" --userspec=\"$user\" \"$0\" \"$@\"
";
const EMULATOR: &str = "/emulator";
