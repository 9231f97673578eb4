//! A TCP proxy that counts what a client sends, and acts at a certain byte.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    target: SocketAddr,
    sent: AtomicUsize,
    cut: Mutex<Option<Cut>>,
}

struct Cut {
    at: usize,
    act: Box<dyn FnOnce() + Send>,
}

impl Proxy {
    pub(crate) fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target,
            sent: AtomicUsize::new(0),
            cut: Mutex::new(None),
        });
        let of_thread = Arc::clone(&shared);
        // Ends with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&of_thread);
                thread::spawn(move || shared.forward(&client));
            }
        });
        Self { address, shared }
    }

    /// Once a client has sent that many bytes from now on, its connection ends, after
    /// this has been done; later ones live.
    pub(crate) fn cut_at(&self, bytes: usize, act: impl FnOnce() + Send + 'static) {
        self.shared.sent.store(0, Ordering::SeqCst);
        let act = Box::new(act);
        *self.shared.cut.lock().unwrap() = Some(Cut { at: bytes, act });
    }

    /// Forgets a cut that did not come, and counts from 0.
    pub(crate) fn reset(&self) {
        self.cut_at(usize::MAX, || {});
    }

    pub(crate) fn sent(&self) -> usize {
        self.shared.sent.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn forward(&self, mut client: &TcpStream) {
        let Ok(server) = TcpStream::connect(self.target) else {
            return;
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                let _ = std::io::copy(&mut &server, &mut &*client);
                let _ = client.shutdown(Shutdown::Write);
            });
            let mut buffer = [0; 1024];
            while let Ok(length @ 1..) = client.read(&mut buffer) {
                let sent = self.sent.fetch_add(length, Ordering::SeqCst) + length;
                if self.is_cut(sent) || (&server).write_all(&buffer[..length]).is_err() {
                    let _ = client.shutdown(Shutdown::Both);
                    let _ = server.shutdown(Shutdown::Both);
                    return;
                }
            }
            let _ = server.shutdown(Shutdown::Write);
        });
    }

    fn is_cut(&self, sent: usize) -> bool {
        let mut cut = self.cut.lock().unwrap();
        let Some(cut) = cut.take_if(|cut| sent >= cut.at) else {
            return false;
        };
        (cut.act)();
        true
    }
}
