use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::bench::serve::CONNECTIONS;
use crate::bench::serve::door::Door;
use crate::failure::Result;

use super::Load;

/// Asks on every connection, one request after the other, each on a thread.
pub(super) fn load(door: &Door, seconds: u32) -> Result<Load> {
    let end = Instant::now() + Duration::from_secs(u64::from(seconds));
    let request = door.request();
    let asked = thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| ask(&door.address, &request, end)))
            .collect();
        let joined = asking.into_iter().map(thread::ScopedJoinHandle::join);
        joined.collect::<Vec<_>>()
    });
    let mut times = Vec::new();
    for asked in asked {
        let asked = asked.map_err(|_| Failure::new("a client panicked"))?;
        times.extend(asked.map_err(|error| Failure::new(format!("a client: {error}")))?);
    }
    times.sort_unstable();
    let at = |percent: usize| {
        let place = times.len() * percent / 100;
        times.get(place).map(|time| time.as_secs_f64() * 1000.0)
    };
    match (at(50), at(99)) {
        (Some(p50), Some(p99)) => Ok(Load {
            rate: f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX)) / f64::from(seconds),
            p50,
            p99,
        }),
        _ => Err(Failure::new("nobody was answered")),
    }
}

fn ask(address: &str, request: &str, end: Instant) -> io::Result<Vec<Duration>> {
    let mut stream = BufReader::new(TcpStream::connect(address)?);
    stream.get_ref().set_nodelay(true)?;
    let mut times = Vec::new();
    let mut started = Instant::now();
    while started < end {
        stream.get_mut().write_all(request.as_bytes())?;
        read(&mut stream)?;
        let now = Instant::now();
        times.push(now - started);
        started = now;
    }
    Ok(times)
}

/// One answer, which must be a 200 with its length.
fn read(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200 ") {
        return Err(io::Error::other(format!("answered {line:?}")));
    }
    let mut length = 0;
    while line.trim() != "" {
        line.clear();
        stream.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answered(answer: &'static str) -> Result<Load> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let mut buffer = [0; 1024];
                    while let Ok(1..) = stream.read(&mut buffer) {
                        if stream.write_all(answer.as_bytes()).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        load(&Door::container(&address, "token".to_owned()), 1)
    }

    #[test]
    fn successes_are_counted_and_all_else_is_a_failure() {
        let load = answered("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        assert!(load.rate > 0.0 && load.p50 <= load.p99, "{load:?}");
        assert!(answered("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").is_err());
    }
}
