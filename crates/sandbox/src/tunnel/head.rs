/// What a client asks a proxy for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Head<'a> {
    /// The end has not come yet.
    Incomplete,
    /// `CONNECT HOST:PORT`; `length` bytes, and behind them what is for the host.
    Connect { target: &'a str, length: usize },
    /// Another request.
    Other,
}

impl<'a> Head<'a> {
    /// Reads the start of what a client sent.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            return Self::Incomplete;
        };
        let text = bytes.get(..end).unwrap_or_default();
        let line = text.split(|byte| *byte == b'\r').next();
        let words = line.and_then(|line| std::str::from_utf8(line).ok());
        let words: Vec<_> = words.unwrap_or_default().split(' ').collect();
        match words[..] {
            ["CONNECT", target, "HTTP/1.1" | "HTTP/1.0"] if has_port(target) => Self::Connect {
                target,
                length: end + 4,
            },
            _ => Self::Other,
        }
    }
}

/// Whether a target is a host with a port, as RFC 9110 §9.3.6 demands.
fn has_port(target: &str) -> bool {
    let parts = target.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_may_send() {
        let connect = |target, length| Head::Connect { target, length };
        for (bytes, head) in [
            ("", Head::Incomplete),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n", Head::Incomplete),
            ("CONNECT a:1 HTTP/1.1\r\n\r\n", connect("a:1", 24)),
            (
                "CONNECT [::1]:443 HTTP/1.0\r\nA: b\r\n\r\nTLS",
                connect("[::1]:443", 36),
            ),
            ("CONNECT a HTTP/1.1\r\n\r\n", Head::Other),
            ("CONNECT a:b HTTP/1.1\r\n\r\n", Head::Other),
            ("CONNECT :1 HTTP/1.1\r\n\r\n", Head::Other),
            ("CONNECT a:1 HTTP/2\r\n\r\n", Head::Other),
            ("GET http://a/ HTTP/1.1\r\n\r\n", Head::Other),
            ("\r\n\r\n", Head::Other),
        ] {
            assert_eq!(Head::of(bytes.as_bytes()), head, "{bytes:?}");
        }
    }
}
