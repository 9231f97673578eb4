use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

#[cfg(unix)]
use super::UnixSocket;
use super::{Pool, Sockets, TcpSocket, is_absent, unbound};
use crate::failure::Failure;
use crate::serve::listen::{self, Place};
use crate::serve::{Access, Layout};

impl Sockets {
    /// Listens as the layout has it. What is in the pool is taken from there and
    /// not bound again. `takes_rest`: what systemd has bound and no place
    /// names comes here.
    pub(crate) fn bind(
        mut layout: Layout,
        pool: &mut Pool,
        takes_rest: bool,
    ) -> Result<Self, Failure> {
        let mut places = std::mem::take(&mut layout.places);
        let access = layout.access;
        let mut sockets = Self::none(layout);
        if places.is_empty() && !(takes_rest && pool.has_handed()) {
            places.push(listen::DEFAULT);
        }
        for place in &places {
            match place {
                Place::Tcp(address) => {
                    let is_v6_only = listen::shares_port(*address, &places);
                    sockets.bind_tcp((*address, is_v6_only), access, pool)?;
                }
                Place::Loopback(port) => sockets.bind_loopback(*port, access, pool)?,
                Place::Unix(path) => sockets.bind_unix(path, pool)?,
            }
        }
        if takes_rest {
            sockets.take_rest(access, pool)?;
        }
        Ok(sockets)
    }

    fn bind_tcp(
        &mut self,
        (address, is_v6_only): (SocketAddr, bool),
        access: Access,
        pool: &mut Pool,
    ) -> Result<(), Failure> {
        let doors = access.at(address)?;
        let socket = match pool.take_tcp(address) {
            Some(socket) => socket,
            None => Arc::new(TcpSocket::bind(address, is_v6_only)?),
        };
        self.tcp.push((socket, doors));
        Ok(())
    }

    /// Both loopbacks, or the one that there is.
    fn bind_loopback(&mut self, port: u16, access: Access, pool: &mut Pool) -> Result<(), Failure> {
        let [v4, v6] = listen::loopbacks(port);
        if port == 0 && !pool.has_tcp(v4) && !pool.has_tcp(v6) {
            return self.bind_free_loopback(access);
        }
        let bound = [v4, v6].map(|address| self.bind_tcp((address, false), access, pool));
        match bound {
            [Err(failure), Err(_)] => Err(failure),
            [Err(failure), _] | [_, Err(failure)] if !is_absent(&failure) => Err(failure),
            _ => Ok(()),
        }
    }

    /// A port that is free on both: clients are told one.
    fn bind_free_loopback(&mut self, access: Access) -> Result<(), Failure> {
        let [v4, v6] = listen::loopbacks(0);
        let mut tries = 0..TRIES_FOR_A_PORT;
        let sockets = loop {
            tries.next();
            let first = match TcpSocket::bind(v4, false) {
                Err(failure) if is_absent(&failure) => break vec![TcpSocket::bind(v6, false)?],
                first => first?,
            };
            let port = first.address().map_or(0, |address| address.port());
            match TcpSocket::bind_as(v6, SocketAddr::new(v6.ip(), port)) {
                Ok(second) => break vec![first, second],
                Err(failure) if is_absent(&failure) => break vec![first],
                // Somebody else's, of the other family.
                Err(_) if !tries.is_empty() => {}
                Err(failure) => return Err(failure),
            }
        };
        for socket in sockets {
            self.tcp.push((Arc::new(socket), access.at(v4)?));
        }
        Ok(())
    }

    #[cfg(unix)]
    fn bind_unix(&mut self, path: &Path, pool: &mut Pool) -> Result<(), Failure> {
        let is_for_us = self.allowed_uids.is_none();
        let socket = match pool.take_unix(path, is_for_us) {
            Some(socket) => socket,
            None => Arc::new(
                UnixSocket::bind(path, is_for_us)
                    .map_err(|error| unbound(&format!("unix:{}", path.display()), &error))?,
            ),
        };
        self.unix.push(socket);
        Ok(())
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "there are such sockets elsewhere")]
    fn bind_unix(&mut self, path: &Path, _: &mut Pool) -> Result<(), Failure> {
        let error = std::io::ErrorKind::Unsupported.into();
        Err(unbound(&format!("unix:{}", path.display()), &error))
    }

    fn take_rest(&mut self, access: Access, pool: &mut Pool) -> Result<(), Failure> {
        let rest = pool.take_handed();
        for socket in rest.tcp {
            let doors = socket.address().map(|address| access.at(address));
            if let Some(doors) = doors.transpose()? {
                self.tcp.push((socket, doors));
            }
        }
        #[cfg(unix)]
        self.unix.extend(rest.unix);
        Ok(())
    }
}

const TRIES_FOR_A_PORT: usize = 8;
