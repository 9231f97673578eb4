use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use crate::Result;

/// A TCP proxy that can be shut: whoever is behind it is then killed, as far as
/// those before it can see.
pub(crate) struct Gate {
    pub(crate) url: String,
    shut: Arc<AtomicBool>,
}

impl Gate {
    pub(crate) fn before(url: &str) -> Result<Self> {
        let target = url.strip_prefix("http://").ok_or("no plain address")?;
        let target = target.trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shut = Arc::new(AtomicBool::new(false));
        let is_shut = Arc::clone(&shut);
        // Ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (target, is_shut) = (target.clone(), Arc::clone(&is_shut));
                thread::spawn(move || pass_on(&client, &target, &is_shut));
            }
        });
        Ok(Self { url, shut })
    }

    /// Closes every connection, and every new one at once.
    pub(crate) fn shut(&self, shut: bool) {
        self.shut.store(shut, Relaxed);
    }
}

fn pass_on(client: &TcpStream, target: &str, is_shut: &AtomicBool) {
    if is_shut.load(Relaxed) {
        return;
    }
    let Ok(server) = TcpStream::connect(target) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| pass(&server, client, is_shut));
        pass(client, &server, is_shut);
    });
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, is_shut: &AtomicBool) {
    let mut buffer = [0; 16_384];
    // So that a gate that is shut is noticed on an idle connection.
    let _ = from.set_read_timeout(Some(Duration::from_millis(100)));
    while !is_shut.load(Relaxed) {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) if to.write_all(&buffer[..length]).is_err() => break,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    // Whoever is gone is gone: there is nobody to tell.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
