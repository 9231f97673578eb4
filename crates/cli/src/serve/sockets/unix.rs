use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, bind, connect, listen};

use super::stream::stream;

/// A Unix socket that listens.
#[derive(Debug)]
pub(super) struct UnixSocket {
    listener: UnixListener,
    path: Option<PathBuf>,
    /// Device and inode, where we have made it: it goes with us.
    made: Option<(u64, u64)>,
    is_for_us: bool,
}

impl UnixSocket {
    /// Listens at a path, where nobody else does.
    pub(super) fn bind(path: &Path, is_for_us: bool) -> std::io::Result<Self> {
        remove_stale(path)?;
        let socket = new()?;
        bind(&socket, &SocketAddrUnix::new(path)?)?;
        // Nobody can connect before it listens: whoever may not be served may
        // not, from the first moment.
        let who = if is_for_us { 0o600 } else { 0o666 };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(who))?;
        let made = std::fs::symlink_metadata(path)?;
        listen(&socket, BACKLOG)?;
        Ok(Self {
            listener: socket.into(),
            path: Some(path.to_owned()),
            made: Some((made.dev(), made.ino())),
            is_for_us,
        })
    }

    /// One that systemd has bound, with the mode of its unit.
    pub(super) fn handed(listener: UnixListener) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            path: address.as_pathname().map(Path::to_owned),
            made: None,
            is_for_us: false,
        })
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn is_handed(&self) -> bool {
        self.made.is_none()
    }

    /// Whether it is at that path, for the same users.
    pub(super) fn is_asked(&self, path: &Path, is_for_us: bool) -> bool {
        self.path() == Some(path) && (self.is_handed() || self.is_for_us == is_for_us)
    }

    /// The same socket once more, for a server.
    pub(super) fn listener(&self) -> std::io::Result<tokio::net::UnixListener> {
        tokio::net::UnixListener::from_std(self.listener.try_clone()?)
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let (Some(path), Some(made)) = (&self.path, self.made) else {
            return;
        };
        // Another process may have taken the place: it has bound its own.
        let found = std::fs::symlink_metadata(path);
        if found.is_ok_and(|found| (found.dev(), found.ino()) == made) {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn new() -> rustix::io::Result<std::os::fd::OwnedFd> {
    let socket = stream(AddressFamily::UNIX)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    Ok(socket)
}

/// A socket that nobody listens on any more is in the way of a new one.
fn remove_stale(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    // Without a wait: who does not answer at once is there, too.
    match connect(new()?, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED) => std::fs::remove_file(path),
        _ => Ok(()),
    }
}

/// Whose processes are served where nobody has said.
pub(super) fn own_uids() -> Vec<u32> {
    vec![rustix::process::geteuid().as_raw(), 0]
}

/// As the standard library's.
const BACKLOG: i32 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_path_goes_with_the_socket_that_made_it_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let first = UnixSocket::bind(&path, true).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(UnixSocket::bind(&path, true).is_err(), "somebody is there");
        // Its place is taken.
        std::fs::remove_file(&path).unwrap();
        let second = UnixSocket::bind(&path, false).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o666);
        drop(first);
        assert!(path.exists(), "it is another's");
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn one_that_nobody_listens_on_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        assert!(UnixSocket::bind(&path, true).is_ok());
    }
}
