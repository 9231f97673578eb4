use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use crate::context::Context;
use crate::failure::Failure;

/// Where to listen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Tcp(SocketAddr),
    /// Both loopback addresses; a machine may lack one of them.
    Loopback(u16),
    Unix(PathBuf),
}

/// The places that the settings name; none where nobody has said anything. What
/// a sidecar's manifest says about every address is meant for its pod: both
/// loopbacks.
pub(super) fn named(context: &Context<'_>, is_sidecar: bool) -> Result<Vec<Place>, Failure> {
    let listen = context.settings.list("listen")?;
    let places = listen.iter().map(|text| parse(text));
    let places: Vec<Place> = places.collect::<Result<_, _>>()?;
    if !is_sidecar {
        return Ok(places);
    }
    tracing::warn!(
        "the pod's own addresses are served without a token: every process in the pod gets the \
         role; set --authorization-token-file to ask for one"
    );
    Ok(match &places[..] {
        [Place::Tcp(address)] => vec![Place::Loopback(address.port())],
        _ => places,
    })
}

/// Where nobody has said anything.
pub(super) const DEFAULT: Place = Place::Loopback(8080);

/// The loopback addresses.
pub(super) fn loopbacks(port: u16) -> [SocketAddr; 2] {
    let v4 = (Ipv4Addr::LOCALHOST, port).into();
    [v4, (Ipv6Addr::LOCALHOST, port).into()]
}

/// Whether an address of IPv6 would take its port of IPv4, which another place
/// has: a system may serve both by one socket.
pub(super) fn shares_port(address: SocketAddr, places: &[Place]) -> bool {
    address.is_ipv6()
        && places.iter().any(|place| match place {
            Place::Tcp(other) => other.is_ipv4() && other.port() == address.port(),
            Place::Loopback(port) => *port == address.port(),
            Place::Unix(_) => false,
        })
}

/// What nobody else can listen on.
pub(super) fn claims(place: &Place) -> Vec<String> {
    let addresses = match place {
        Place::Unix(path) => return vec![format!("unix:{}", path.display())],
        Place::Tcp(address) => vec![*address],
        Place::Loopback(port) => loopbacks(*port).to_vec(),
    };
    let taken = addresses.iter().filter(|address| address.port() != 0);
    taken.map(ToString::to_string).collect()
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
    if let Some(port) = text.strip_prefix("localhost:") {
        return port.parse().map(Place::Loopback).map_err(|_| invalid(text));
    }
    // As Go writes every address: `:8080`.
    let full = match text.strip_prefix(':') {
        Some(port) => format!("[::]:{port}"),
        None => text.to_owned(),
    };
    full.parse().map(Place::Tcp).map_err(|_| invalid(text))
}

fn invalid(text: &str) -> Failure {
    let message = format!(
        "--listen {text:?}: it must be ADDRESS:PORT or unix:PATH: localhost:8080, [::1]:8080, \
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
            ("localhost:9", Some("Loopback(9)")),
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
