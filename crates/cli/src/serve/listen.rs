use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use crate::context::Context;
use crate::failure::Failure;

/// Where to listen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// All places, and whether a machine may lack one of them.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Places {
    pub(super) all: Vec<Place>,
    /// Both loopbacks were meant, and a machine may have one.
    pub(super) is_default: bool,
}

impl Places {
    /// From the settings. What a sidecar's manifest says about every address is
    /// meant for its pod: both loopbacks.
    pub(super) fn named(context: &Context<'_>, is_sidecar: bool) -> Result<Self, Failure> {
        let listen = context.settings.list("listen")?;
        if listen.is_empty() {
            return Ok(Self::loopback(8080));
        }
        let places = listen.iter().map(|text| parse(text));
        let all: Vec<Place> = places.collect::<Result<_, _>>()?;
        if let ([Place::Tcp(address)], true) = (&all[..], is_sidecar) {
            let port = address.port();
            tracing::warn!(
                listen = listen[0],
                "the pod's own addresses are served, without a token: every process in the pod \
                 gets the role; set --authorization-token-file to ask for one"
            );
            return Ok(Self::loopback(port));
        }
        Ok(Self {
            all,
            is_default: false,
        })
    }

    fn loopback(port: u16) -> Self {
        Self {
            all: vec![
                Place::Tcp((Ipv4Addr::LOCALHOST, port).into()),
                Place::Tcp((Ipv6Addr::LOCALHOST, port).into()),
            ],
            is_default: true,
        }
    }
}

fn parse(text: &str) -> Result<Place, Failure> {
    let text = text.trim();
    if let Some(path) = text.strip_prefix("unix:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(invalid(text));
        }
        return Ok(Place::Unix(path.into()));
    }
    // As Go writes every address: `:8080`.
    let full = match text.strip_prefix(':') {
        Some(port) => format!("[::]:{port}"),
        None => text.replacen("localhost:", "127.0.0.1:", 1),
    };
    full.parse().map(Place::Tcp).map_err(|_| invalid(text))
}

fn invalid(text: &str) -> Failure {
    let message = format!(
        "--listen {text:?}: it must be ADDRESS:PORT or unix:PATH: 127.0.0.1:8080, [::1]:8080, \
         unix:/run/iamra.sock"
    );
    Failure::configuration("config.invalid", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        for (text, expected) in [
            ("127.0.0.1:8080", Some("Tcp(127.0.0.1:8080)")),
            ("[::1]:0", Some("Tcp([::1]:0)")),
            (":3000", Some("Tcp([::]:3000)")),
            ("localhost:9", Some("Tcp(127.0.0.1:9)")),
            ("unix:/run/a.sock", Some(r#"Unix("/run/a.sock")"#)),
            ("unix:///run/a.sock", Some(r#"Unix("/run/a.sock")"#)),
            ("unix:", None),
            ("8080", None),
            ("localhost", None),
            ("example.com:80", None),
        ] {
            let found = parse(text).ok().map(|place| format!("{place:?}"));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
