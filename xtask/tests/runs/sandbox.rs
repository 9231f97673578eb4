use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::layout::target;

/// The stand-ins of Vault and AWS, as a process of this machine.
pub(crate) struct Sandbox {
    process: Child,
    /// What it tells its clients.
    pub(crate) environment: BTreeMap<String, String>,
    /// What a pod would have mounted.
    pub(crate) files: tempfile::TempDir,
}

impl Sandbox {
    /// None, said aloud, where it has not been built.
    pub(crate) fn start(flags: &[&str]) -> Option<Self> {
        let program = target().join("debug/iamra");
        if !program.exists() {
            eprintln!("SKIPPED: target/debug/iamra is not there: `cargo build` makes it");
            return None;
        }
        // The last thing that it says stands on stderr.
        let mut process = Command::new("/bin/sh")
            .args(["-c", "exec \"$0\" sandbox \"$@\" 2>&1"])
            .arg(program)
            .args(flags)
            .env_remove("IAMRA_CONFIG")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let mut environment = BTreeMap::new();
        for line in said.lines() {
            let line = line.unwrap();
            if line.starts_with("the sandbox is up") {
                break;
            }
            let variable = line.strip_prefix("export ");
            if let Some((name, value)) = variable.and_then(|it| it.split_once('=')) {
                environment.insert(name.to_owned(), value.trim_matches('\'').to_owned());
            }
        }
        Some(Self {
            process,
            environment,
            files: tempfile::tempdir().unwrap(),
        })
    }

    /// A file that it names, for a mount: its own folder is nobody else's.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let here = &self.environment[name];
        let copy = self.files.path().join(name);
        std::fs::copy(here, &copy).unwrap();
        allow(&copy, 0o644);
        copy
    }

    /// An empty folder that everybody may write to, as a pod has it.
    pub(crate) fn empty_folder(&self, name: &str) -> PathBuf {
        let folder = self.files.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        allow(&folder, 0o777);
        folder
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Asked, and not killed: it takes its files with it.
        let process = i32::try_from(self.process.id()).unwrap();
        let _ = kill(Pid::from_raw(process), Signal::SIGTERM);
        let _ = self.process.wait();
    }
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
