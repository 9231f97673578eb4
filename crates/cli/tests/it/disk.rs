//! Disks that are full, folders that are not ours.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::laboratory::Laboratory;
use crate::run::{Run, as_user};

/// Mounts a small tmpfs in a mount namespace of its own and runs the binary
/// there; `None` where that is not allowed.
pub(crate) fn on_full_disk(laboratory: &Laboratory, script: &str) -> Option<Run> {
    let probe = Command::new("unshare").args(["--mount", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let folder = laboratory.path("small");
    std::fs::create_dir(&folder).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=16k tmpfs {} && {script}",
        folder.display()
    );
    let mut command = laboratory.command(&[]);
    let variables: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", &script])
        .env_clear()
        .envs(variables)
        .current_dir(laboratory.home());
    Some(Run::of(&mut command))
}

#[test]
fn a_full_disk_keeps_the_old_file() {
    let laboratory = Laboratory::new();
    let iamra = env!("CARGO_BIN_EXE_iamra");
    let script = format!(
        "cd small && {iamra} creds file --credentials-file c --log-level error && cp c before && \
         (dd if=/dev/zero of=fill bs=1k 2>/dev/null; true) && \
         {iamra} creds file --credentials-file c --log-level error; code=$?; cmp c before && exit $code"
    );
    let Some(run) = on_full_disk(&laboratory, &script) else {
        eprintln!("SKIPPED: no mount namespaces here: a full disk is not tried");
        return;
    };
    assert_eq!(run.code, Some(1), "{run}");
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!("disk-full", run));
}

#[test]
fn a_folder_of_somebody_else_is_explained() {
    let laboratory = Laboratory::new();
    let folder = laboratory.path("theirs");
    std::fs::create_dir(&folder).unwrap();
    for path in [laboratory.home(), &folder] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let Some(mut command) = as_user(65534) else {
        eprintln!("SKIPPED: not root, or no setpriv: another user's folder is not tried");
        return;
    };
    let inner = laboratory.command(&[]);
    command
        .args([
            "creds",
            "file",
            "--log-level",
            "error",
            "--credentials-file",
        ])
        .arg(folder.join("credentials"));
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let run = Run::of(&mut command);
    assert_eq!(run.code, Some(2), "{run}");
    laboratory
        .filters()
        .bind(|| insta::assert_snapshot!("disk-foreign-folder", run));
}
