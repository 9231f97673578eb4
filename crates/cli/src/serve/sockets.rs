use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use credential_server::{Doors, Listener};
use refresh::FaultKind;
use rustls::ServerConfig;

use super::listen::{self, Place};
use super::{Access, tls};
use crate::context::Context;
use crate::failure::Failure;

/// Sockets that are bound, and what is served on each.
pub(crate) struct Sockets {
    tcp: Vec<(TcpListener, Doors)>,
    #[cfg(unix)]
    unix: Vec<Arc<UnixSocket>>,
    tls: Option<Arc<ServerConfig>>,
    doors_of_unix: Doors,
    allowed_uids: Option<Vec<u32>>,
}

#[cfg(unix)]
struct UnixSocket {
    listener: std::os::unix::net::UnixListener,
    /// Where it is, if we have made it: it goes with us.
    path: Option<PathBuf>,
    is_for_us: bool,
}

impl Sockets {
    /// Binds what the settings name, or what systemd has bound already.
    ///
    /// What one of `earlier` listens on already is not bound again.
    pub(crate) fn bind(
        context: &Context<'_>,
        access: Access,
        earlier: &[Arc<Self>],
    ) -> Result<Self, Failure> {
        let mut sockets = Self::new(access, allowed_uids(context)?, tls::named(context)?);
        let is_handed_over = sockets.take_over(access)?;
        let mut places = listen::named(context, access.is_sidecar)?;
        if places.is_empty() && !is_handed_over {
            places.push(listen::DEFAULT);
        }
        for place in &places {
            match place {
                Place::Tcp(address) => sockets.bind_tcp(*address, access, earlier)?,
                Place::Loopback(port) => sockets.bind_loopback(*port, access, earlier)?,
                Place::Unix(path) => sockets.bind_unix(path, earlier)?,
            }
        }
        Ok(sockets)
    }

    /// Any free port of this machine, for a single child.
    pub(crate) fn of_child() -> Result<Self, Failure> {
        let access = Access::of_child();
        let mut sockets = Self::new(access, None, None);
        sockets.bind_tcp(([127, 0, 0, 1], 0).into(), access, &[])?;
        Ok(sockets)
    }

    fn new(access: Access, allowed_uids: Option<Vec<u32>>, tls: Option<Arc<ServerConfig>>) -> Self {
        Self {
            tcp: Vec::new(),
            #[cfg(unix)]
            unix: Vec::new(),
            tls,
            doors_of_unix: access.on_unix_socket(),
            allowed_uids,
        }
    }

    /// The addresses, as they are bound.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        let addresses = self.tcp.iter().map(|(socket, _)| socket.local_addr());
        addresses.flatten().collect()
    }

    /// The paths of the Unix sockets.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        #[cfg(unix)]
        let paths = self.unix.iter().filter_map(|socket| socket.path.as_deref());
        #[cfg(not(unix))]
        let paths = std::iter::empty();
        paths.collect()
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The same sockets once more, for a server.
    pub(super) fn listeners(&self) -> Result<Vec<Listener>, Failure> {
        let mut listeners = Vec::new();
        for (socket, doors) in &self.tcp {
            let listener = Listener::tcp(
                tokio::net::TcpListener::from_std(socket.try_clone()?)?,
                *doors,
            );
            let is_local = socket
                .local_addr()
                .is_ok_and(|it| it.ip().to_canonical().is_loopback());
            listeners.push(match &self.tls {
                Some(tls) if !is_local => listener.with_tls(Arc::clone(tls)),
                _ => listener,
            });
        }
        #[cfg(unix)]
        for socket in &self.unix {
            let listener = tokio::net::UnixListener::from_std(socket.listener.try_clone()?)?;
            let uids = self.allowed_uids.clone().unwrap_or_else(own_uids);
            listeners.push(Listener::unix(listener, self.doors_of_unix).with_allowed_uids(uids));
        }
        Ok(listeners)
    }

    /// Whether an earlier server has this address.
    fn inherit_tcp(
        &mut self,
        address: SocketAddr,
        access: Access,
        earlier: &[Arc<Self>],
    ) -> Result<bool, Failure> {
        let mut sockets = earlier.iter().flat_map(|earlier| &earlier.tcp);
        let same = sockets.find(|(socket, _)| socket.local_addr().is_ok_and(|it| it == address));
        let Some((socket, _)) = same else {
            return Ok(false);
        };
        self.tcp.push((socket.try_clone()?, access.at(address)?));
        Ok(true)
    }

    /// The same of a Unix socket, which has to be for the same users.
    #[cfg(unix)]
    fn inherit_unix(&mut self, path: &Path, earlier: &[Arc<Self>]) -> bool {
        let is_for_us = self.allowed_uids.is_none();
        let mut sockets = earlier.iter().flat_map(|earlier| &earlier.unix);
        let same = sockets
            .find(|it| it.path.as_deref() == Some(path) && it.is_for_us == is_for_us)
            .map(Arc::clone);
        self.unix.extend(same.clone());
        same.is_some()
    }

    /// Both loopbacks, or the one that there is.
    fn bind_loopback(
        &mut self,
        port: u16,
        access: Access,
        earlier: &[Arc<Self>],
    ) -> Result<(), Failure> {
        let bound = listen::loopbacks(port).map(|address| self.bind_tcp(address, access, earlier));
        match bound {
            [Err(failure), Err(_)] => Err(failure),
            [Err(failure), _] | [_, Err(failure)] if !is_absent(&failure) => Err(failure),
            _ => Ok(()),
        }
    }

    fn bind_tcp(
        &mut self,
        address: SocketAddr,
        access: Access,
        earlier: &[Arc<Self>],
    ) -> Result<(), Failure> {
        if self.inherit_tcp(address, access, earlier)? {
            return Ok(());
        }
        let doors = access.at(address)?;
        let failed = |error: std::io::Error| unbound(&address.to_string(), &error);
        let socket = TcpListener::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        self.tcp.push((socket, doors));
        Ok(())
    }

    #[cfg(unix)]
    fn bind_unix(&mut self, path: &Path, earlier: &[Arc<Self>]) -> Result<(), Failure> {
        if self.inherit_unix(path, earlier) {
            return Ok(());
        }
        let failed = |error: std::io::Error| unbound(&format!("unix:{}", path.display()), &error);
        remove_stale(path).map_err(failed)?;
        // Whoever may not be served may not connect either, from the first
        // moment: the mask is for the whole process, which does nothing else yet.
        let is_for_us = self.allowed_uids.is_none();
        let mask = if is_for_us { 0o177 } else { 0o111 };
        let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask));
        let bound = std::os::unix::net::UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = bound.map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        self.unix.push(Arc::new(UnixSocket {
            listener,
            path: Some(path.to_owned()),
            is_for_us,
        }));
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "there are such sockets elsewhere")]
    fn bind_unix(&mut self, path: &Path, _: &[Arc<Self>]) -> Result<(), Failure> {
        let error = std::io::ErrorKind::Unsupported.into();
        Err(unbound(&format!("unix:{}", path.display()), &error))
    }

    /// What systemd has bound for us (`sd_listen_fds(3)`); whether it has.
    #[cfg(unix)]
    fn take_over(&mut self, access: Access) -> Result<bool, Failure> {
        let mut handed = listenfd::ListenFd::from_env();
        for index in 0..handed.len() {
            if let Ok(Some(socket)) = handed.take_tcp_listener(index) {
                let address = socket.local_addr()?;
                let doors = access.at(address)?;
                socket.set_nonblocking(true)?;
                self.tcp.push((socket, doors));
            } else if let Some(listener) = handed.take_unix_listener(index)? {
                listener.set_nonblocking(true)?;
                self.unix.push(Arc::new(UnixSocket {
                    listener,
                    path: None,
                    is_for_us: false,
                }));
            }
        }
        Ok(handed.len() > 0)
    }

    #[cfg(not(unix))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "it does something elsewhere"
    )]
    fn take_over(&mut self, _: Access) -> Result<bool, Failure> {
        Ok(false)
    }
}

#[cfg(unix)]
impl Drop for UnixSocket {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Another process may have taken the place: it has bound its own.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A socket that nobody listens on any more is in the way of a new one.
#[cfg(unix)]
fn remove_stale(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        _ => Ok(()),
    }
}

/// Whose processes are served where nobody has said.
#[cfg(unix)]
fn own_uids() -> Vec<u32> {
    vec![rustix::process::geteuid().as_raw(), 0]
}

fn allowed_uids(context: &Context<'_>) -> Result<Option<Vec<u32>>, Failure> {
    let named = context.settings.list("allowed-uid")?;
    if named.is_empty() {
        return Ok(None);
    }
    let uids = named.iter().map(|text| {
        text.parse().map_err(|_| {
            let message = format!("--allowed-uid {text:?}: it must be a number");
            Failure::configuration("config.invalid", message)
        })
    });
    uids.collect::<Result<_, _>>().map(Some)
}

fn unbound(place: &str, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::{AddrNotAvailable, Unsupported};
    let message = format!("cannot listen on {place}: {error}");
    let is_absent = matches!(error.kind(), AddrNotAvailable | Unsupported)
        || error.raw_os_error() == NO_SUCH_FAMILY;
    let code = if is_absent { ABSENT } else { "listen.failed" };
    Failure::new(code, FaultKind::Configuration, message)
        .with_hint("choose another address or port: --listen 127.0.0.1:PORT")
}

fn is_absent(failure: &Failure) -> bool {
    failure.code() == ABSENT
}

const ABSENT: &str = "listen.no-such-address";
/// EAFNOSUPPORT: a kernel without IPv6.
#[cfg(unix)]
const NO_SUCH_FAMILY: Option<i32> = Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
#[cfg(not(unix))]
const NO_SUCH_FAMILY: Option<i32> = None;
