//! A registry whose disk is full.

use std::path::Path;
use std::process::Command;

use crate::docker_registry::Server;
use crate::tool::{Layout, run, skipped};

/// A small file system in memory.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mount(path: &'a Path) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(path);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            skipped("a small disk needs root");
        }
        mounted.then_some(Self(path))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).output();
    }
}

#[test]
#[ignore = "needs a real peer: cargo xtask test --peers"]
fn a_full_registry_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let storage = folder.path().join("storage");
    let Some(_disk) = Disk::mount(&storage) else {
        return;
    };
    let Some(server) = Server::at(folder, "") else {
        return;
    };
    let layout = Layout::of(2_000_000, &[]);
    let repository = server.repository("team/iamra");
    let line = run(&["image", "--from", &layout.path(), "--push", &repository]).refusal();
    assert!(line.contains("the registry is full"), "{line}");
}
