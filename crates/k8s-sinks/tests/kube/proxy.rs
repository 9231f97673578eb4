//! Between a client and the apiserver, as the network is: it may hang.

use http::Uri;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Hands bytes on in both directions, until it is cut.
pub(crate) struct Proxy {
    base: Uri,
    is_cut: watch::Sender<bool>,
    severed: watch::Sender<usize>,
}

impl Proxy {
    /// In front of the server at `base`.
    pub(crate) async fn start(base: &Uri) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = base.authority().unwrap().to_string();
        let (is_cut, cut) = watch::channel(false);
        let (severed, breaks) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                for (from, to) in [(from_client, to_server), (from_server, to_client)] {
                    let copying = copy(from, to, cut.clone());
                    let mut breaks = breaks.clone();
                    breaks.mark_unchanged();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = copying => {}
                            _ = breaks.changed() => {}
                        }
                    });
                }
            }
        });
        Self {
            base: format!("https://127.0.0.1:{port}").parse().unwrap(),
            is_cut,
            severed,
        }
    }

    /// Where it listens.
    pub(crate) fn base(&self) -> Uri {
        self.base.clone()
    }

    /// Ends all connections that there are.
    pub(crate) fn sever(&self) {
        self.severed.send_modify(|times| *times += 1);
    }

    /// Nothing comes through any more, and nobody is told.
    pub(crate) fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// All that was held back comes through.
    pub(crate) fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if cut.wait_for(|is_cut| !*is_cut).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
