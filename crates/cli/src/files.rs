use std::path::{Path, PathBuf};

use k8s_sinks::Receipt;
#[cfg(feature = "vault")]
use k8s_sinks::file::{CertificateFolder, Layout, Pkcs12};
use private_file::{FileMode, Group, Options};
use refresh::FaultKind;
#[cfg(feature = "vault")]
use secrecy::SecretString;

use crate::audit;
use crate::context::Context;
use crate::failure::Failure;

/// Who may read what we write; the folder is made where it is missing.
pub(crate) fn options(context: &Context<'_>) -> Result<Options, Failure> {
    let mut options = Options::new().create_folder();
    if let Some(mode) = context.settings.parse::<FileMode>("file-mode")? {
        options = options.mode(mode);
    }
    if let Some(group) = context.settings.parse::<Group>("file-group")? {
        options = options.group(group);
    }
    Ok(options)
}

/// `~/.aws/credentials`, or the file that was named.
pub(crate) fn credentials_file(context: &Context<'_>) -> Result<PathBuf, Failure> {
    if let Some(path) = context.settings.path("credentials-file")? {
        return Ok(path);
    }
    let home = context.home().ok_or_else(|| {
        let message =
            "there is no home folder to put .aws/credentials in (HOME is missing, or is /)";
        Failure::configuration("config.no-home", message)
            .with_hint("name the file: --credentials-file FILE, or AWS_SHARED_CREDENTIALS_FILE")
    })?;
    Ok(home.join(".aws").join("credentials"))
}

/// Where certificate and key go, and how.
#[cfg(feature = "vault")]
pub(crate) fn certificate_sink(context: &Context<'_>) -> Result<CertificateFolder, Failure> {
    let layout: Layout = context.settings.parse("layout")?.unwrap_or_default();
    let folder = context.settings.path("out-dir")?;
    let folder = folder.unwrap_or_else(|| ".".into());
    let sink = CertificateFolder::new(folder, layout, options(context)?.lock_wait(PATIENCE));
    Ok(match pkcs12(context)? {
        Some(pkcs12) => sink.with_pkcs12(pkcs12),
        None => sink,
    })
}

/// The key store that is written beside the PEM files, where a password for it
/// is given.
#[cfg(feature = "vault")]
fn pkcs12(context: &Context<'_>) -> Result<Option<Pkcs12>, Failure> {
    let Some(path) = context.settings.path("pkcs12-password-file")? else {
        return Ok(None);
    };
    let password = password(&path)?;
    let name = context.settings.text("pkcs12-name")?;
    let pkcs12 = Pkcs12::new(password, name.as_deref().unwrap_or("iamra"));
    Ok(Some(pkcs12.map_err(Failure::from)?))
}

/// A password in a file. Spaces at its ends belong to it; the line's end does
/// not, as for OpenSSL and keytool.
#[cfg(feature = "vault")]
fn password(path: &Path) -> Result<SecretString, Failure> {
    let content = crate::context::read_file(path)?;
    let text = std::str::from_utf8(&content).map_err(|_| {
        let message = format!("{} is not UTF-8", path.display());
        Failure::configuration("file.invalid", message)
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).into())
}

/// Says what a delivery did, and what may be in its way.
pub(crate) fn delivered(receipt: &Receipt) {
    warn_of_mount(&receipt.path);
    audit::written(&receipt.path, receipt.changed);
    for warning in &receipt.warnings {
        tracing::warn!(path = %receipt.path.display(), "{warning}");
    }
}

/// Works on the disk beside the loop: a lock that somebody holds, or a file
/// server that hangs, must not keep us from answering probes and signals.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::new("runtime.failed", FaultKind::Failed, error))
}

/// A file that is mounted alone (`subPath`) never shows its readers a new one.
fn warn_of_mount(path: &Path) {
    if is_mount_point(path) {
        tracing::warn!(
            path = %path.display(),
            "the folder is mounted with subPath, or is a mount of its own: a pod that mounts the \
             same volume with subPath never sees a file that was replaced"
        );
    }
}

/// Linux tells in `/proc/self/mountinfo` (proc(5)): the fourth field is the
/// root of the mount within its file system, and for a `subPath` not `/`.
fn is_mount_point(path: &Path) -> bool {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else {
        return false;
    };
    mounts.lines().any(|line| is_sub_path(line, path))
}

fn is_sub_path(line: &str, path: &Path) -> bool {
    let fields: Vec<&str> = line.split(' ').collect();
    let [_, _, _, root, target, ..] = fields[..] else {
        return false;
    };
    root.contains("/volume-subpaths/") && path.starts_with(target)
}

/// Another writer of the same set takes a moment; a daemon that waits for it
/// heeds no signal meanwhile.
#[cfg(feature = "vault")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_path_is_seen_in_the_mounts() {
        let sub_path = "712 690 8:1 /var/lib/kubelet/pods/u/volume-subpaths/aws/app/0 /home/nobody/.aws rw - ext4 /dev/sda1 rw";
        let folder = "712 690 8:1 /var/lib/kubelet/pods/u/volumes/empty-dir/aws /home/nobody/.aws rw - ext4 /dev/sda1 rw";
        let path = Path::new("/home/nobody/.aws/credentials");
        assert!(is_sub_path(sub_path, path));
        assert!(!is_sub_path(folder, path));
        assert!(!is_sub_path(sub_path, Path::new("/root/.aws/credentials")));
        assert!(!is_sub_path("", path));
    }
}
