use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::head::Head;

/// No request for a connection is larger.
const LONGEST_HEAD: usize = 8 * 1024;
/// How long a client may take to send one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads what a client wants, connects, and passes bytes on until both sides are
/// done.
pub(super) async fn converse(
    mut client: TcpStream,
    to: SocketAddr,
    note: impl Fn(&str),
) -> io::Result<()> {
    let asked = timeout(PATIENCE, receive(&mut client)).await;
    let Ok(received) = asked else {
        return client.write_all(TIMED_OUT).await;
    };
    let received = received?;
    let (target, length) = match Head::of(&received) {
        Head::Connect { target, length } => (target, length),
        Head::Incomplete => return client.write_all(TOO_LARGE).await,
        Head::Other => return client.write_all(NOT_ALLOWED).await,
    };
    note(target);
    let Ok(mut server) = TcpStream::connect(to).await else {
        return client.write_all(BAD_GATEWAY).await;
    };
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    client.write_all(ESTABLISHED).await?;
    // A client in a hurry has begun with TLS already.
    let early = received.get(length..).unwrap_or_default();
    server.write_all(early).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// The head of a request, and whatever came with it; without its end where it is
/// too long or the client closed.
async fn receive(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut received = Vec::with_capacity(LONGEST_HEAD);
    while Head::of(&received) == Head::Incomplete && received.len() < LONGEST_HEAD {
        if client.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(received)
}

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const NOT_ALLOWED: &[u8] =
    b"HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\n\r\n";
const TIMED_OUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
const TOO_LARGE: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n";
const BAD_GATEWAY: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
