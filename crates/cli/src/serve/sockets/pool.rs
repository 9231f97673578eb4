use std::net::SocketAddr;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;

#[cfg(unix)]
use super::UnixSocket;
use super::{Sockets, TcpSocket};
use crate::failure::Failure;

/// Sockets that are bound already, by systemd or for an endpoint that is left.
/// Whoever takes one has it alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    pub(super) tcp: Vec<Arc<TcpSocket>>,
    #[cfg(unix)]
    pub(super) unix: Vec<Arc<UnixSocket>>,
}

impl Pool {
    /// What systemd has bound for us (`sd_listen_fds(3)`). Once in the life of a
    /// process: the variables that tell of them are gone then.
    #[cfg(unix)]
    pub(crate) fn handed_over() -> Result<Self, Failure> {
        let mut pool = Self::default();
        let mut handed = listenfd::ListenFd::from_env();
        for index in 0..handed.len() {
            if let Ok(Some(socket)) = handed.take_tcp_listener(index) {
                pool.tcp.push(Arc::new(TcpSocket::handed(socket)?));
            } else if let Some(socket) = handed.take_unix_listener(index)? {
                pool.unix.push(Arc::new(UnixSocket::handed(socket)?));
            }
        }
        Ok(pool)
    }

    /// There is no systemd.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(crate) fn handed_over() -> Result<Self, Failure> {
        Ok(Self::default())
    }

    /// Adds the sockets of an endpoint that is left.
    pub(crate) fn add(&mut self, sockets: &Sockets) {
        let tcp = sockets.tcp.iter().map(|(socket, _)| Arc::clone(socket));
        self.tcp.extend(tcp);
        #[cfg(unix)]
        self.unix.extend(sockets.unix.iter().map(Arc::clone));
    }

    /// Whether there is one of systemd's.
    pub(super) fn has_handed(&self) -> bool {
        let has = self.tcp.iter().any(|socket| socket.is_handed);
        #[cfg(unix)]
        let has = has || self.unix.iter().any(|socket| socket.is_handed());
        has
    }

    pub(super) fn has_tcp(&self, address: SocketAddr) -> bool {
        self.tcp.iter().any(|socket| socket.is_asked(address))
    }

    pub(super) fn take_tcp(&mut self, address: SocketAddr) -> Option<Arc<TcpSocket>> {
        let mut sockets = self.tcp.iter();
        let index = sockets.position(|socket| socket.is_asked(address))?;
        Some(self.tcp.swap_remove(index))
    }

    #[cfg(unix)]
    pub(super) fn take_unix(&mut self, path: &Path, is_for_us: bool) -> Option<Arc<UnixSocket>> {
        let mut sockets = self.unix.iter();
        let index = sockets.position(|socket| socket.is_asked(path, is_for_us))?;
        Some(self.unix.swap_remove(index))
    }

    /// All of systemd's that are left.
    pub(crate) fn take_handed(&mut self) -> Self {
        Self {
            tcp: self.tcp.extract_if(.., |socket| socket.is_handed).collect(),
            #[cfg(unix)]
            unix: self
                .unix
                .extract_if(.., |socket| socket.is_handed())
                .collect(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        #[cfg(unix)]
        let unix = self.unix.len();
        #[cfg(not(unix))]
        let unix = 0;
        self.tcp.len() + unix
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::serve::listen::Place;
    use crate::serve::{Access, Layout};

    fn handed() -> (Pool, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpSocket::handed(listener).unwrap();
        let address = socket.address().unwrap();
        let pool = Pool {
            tcp: vec![Arc::new(socket)],
            ..Pool::default()
        };
        (pool, address)
    }

    fn layout(places: Vec<Place>) -> Layout {
        Layout {
            places,
            ..Layout::of_child(Access::of_child())
        }
    }

    /// As `run` hands them on: from systemd, over a reload, to whoever names
    /// the address then.
    #[test]
    fn what_systemd_has_bound_is_served_after_any_number_of_reloads() {
        let (mut pool, address) = handed();
        let mut sockets = Sockets::bind(layout(Vec::new()), &mut pool, true).unwrap();
        assert_eq!(sockets.addresses(), [address], "in place of the default");
        for places in [Vec::new(), vec![Place::Tcp(address)], Vec::new()] {
            let mut pool = Pool::default();
            pool.add(&sockets);
            let takes_rest = places.is_empty();
            sockets = Sockets::bind(layout(places), &mut pool, takes_rest).unwrap();
            assert_eq!(sockets.addresses(), [address]);
            assert_eq!(pool.len(), 0);
        }
    }

    #[test]
    fn two_endpoints_do_not_share_a_socket() {
        let (mut pool, address) = handed();
        let free = Place::Tcp(([127, 0, 0, 1], 0).into());
        let of_first = layout(vec![Place::Tcp(address), free.clone()]);
        let first = Sockets::bind(of_first, &mut pool, false).unwrap();
        let second = Sockets::bind(layout(vec![Place::Tcp(address)]), &mut pool, false);
        assert!(second.is_err(), "as at a fresh start");
        // A reload: the port that was chosen stays, for one of them.
        pool.add(&first);
        let again = Sockets::bind(layout(vec![free.clone()]), &mut pool, false).unwrap();
        assert_eq!(again.addresses(), first.addresses()[1..]);
        let other = Sockets::bind(layout(vec![free]), &mut pool, false).unwrap();
        assert_ne!(other.addresses(), again.addresses());
    }

    #[test]
    fn one_free_port_is_found_for_both_loopbacks() {
        let mut pool = Pool::default();
        let sockets = Sockets::bind(layout(vec![Place::Loopback(0)]), &mut pool, true).unwrap();
        let ports: Vec<u16> = sockets.addresses().iter().map(SocketAddr::port).collect();
        assert!(
            ports.windows(2).all(|ports| ports[0] == ports[1]),
            "{ports:?}"
        );
        pool.add(&sockets);
        let again = Sockets::bind(layout(vec![Place::Loopback(0)]), &mut pool, true).unwrap();
        assert_eq!(again.addresses(), sockets.addresses());
    }

    #[test]
    fn every_address_of_both_families_may_have_the_same_port() {
        let (_, free) = handed();
        let insecure = Layout {
            places: ["0.0.0.0", "[::]"]
                .map(|ip| Place::Tcp(format!("{ip}:{}", free.port()).parse().unwrap()))
                .to_vec(),
            ..Layout::of_child(Access::insecure())
        };
        match Sockets::bind(insecure, &mut Pool::default(), true) {
            Ok(sockets) => assert_eq!(sockets.addresses().len(), 2),
            Err(failure) => assert!(super::super::is_absent(&failure), "{failure}"),
        }
    }
}
