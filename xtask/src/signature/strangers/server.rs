use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::peers;

/// A server of the peers on loopback, for as long as a test needs it.
pub(in crate::signature) struct Server {
    child: Child,
    pub(in crate::signature) address: SocketAddr,
}

impl Server {
    /// None where the program is not here, which it says.
    pub(in crate::signature) fn start(
        program: &str,
        arguments: impl FnOnce(SocketAddr) -> Vec<OsString>,
    ) -> Option<Self> {
        let Some(path) = peers::program(program) else {
            println!("SKIPPED: {program} is not here");
            return None;
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new(path)
            .args(arguments(address))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut server = Self {
            child: child.unwrap(),
            address,
        };
        server.wait();
        Some(server)
    }

    fn wait(&mut self) {
        for _ in 0..600 {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the server does not listen");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
