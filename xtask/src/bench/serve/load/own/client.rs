use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// One connection, on which one request follows the other.
pub(super) struct Client {
    stream: TcpStream,
    /// When the request went that is being answered, if one is.
    asked_at: Option<Instant>,
    answer: Vec<u8>,
}

impl Client {
    pub(super) fn connect(
        address: SocketAddr,
        registry: &Registry,
        token: usize,
    ) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut stream, Token(token), interest)?;
        Ok(Self {
            stream,
            asked_at: None,
            answer: Vec::with_capacity(4096),
        })
    }

    /// Asks, takes in what has come, and asks again; `times` are those that the
    /// answers took.
    pub(super) fn go_on(&mut self, request: &[u8], times: &mut Vec<Duration>) -> io::Result<()> {
        let Some(asked_at) = self.asked_at else {
            return self.ask(request);
        };
        self.read()?;
        if is_whole(&self.answer)? {
            times.push(asked_at.elapsed());
            self.answer.clear();
            self.ask(request)?;
        }
        Ok(())
    }

    /// A request is short, and the other side waits for it: there is room.
    fn ask(&mut self, request: &[u8]) -> io::Result<()> {
        match self.stream.write_all(request) {
            Ok(()) => self.asked_at = Some(Instant::now()),
            // It is not connected yet.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotConnected | ErrorKind::WouldBlock
                ) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<()> {
        let mut part = [0; 4096];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.answer.extend_from_slice(&part[..count]);
                    // There is more as a rule where the room was filled.
                    if count < part.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether it is all there; what is no 200 with its length is an error.
fn is_whole(answer: &[u8]) -> io::Result<bool> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Response::new(&mut headers);
    let parsed = head.parse(answer).map_err(io::Error::other)?;
    let httparse::Status::Complete(begin) = parsed else {
        return Ok(false);
    };
    if head.code != Some(200) {
        return Err(io::Error::other(format!("answered {:?}", head.code)));
    }
    let mut lengths = head.headers.iter();
    let length = lengths.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
    let length: usize = length.ok_or_else(|| io::Error::other("an answer without its length"))?;
    Ok(answer.len() >= begin + length)
}
