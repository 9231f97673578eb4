use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use clap::Command;
use destination::{Destination, HttpClient};
use refresh::FaultKind;

use crate::commands::verb;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::setting::with_settings;
use crate::{said, settings};

pub(crate) fn command() -> Command {
    verb(
        "health",
        "Ask a running iamra whether it is alive, or ready: for exec probes",
        |command| with_settings(command, &[&settings::PROBE, &settings::MONITOR]),
    )
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, Failure> {
    let address = loopback(context.settings.require("metrics-addr")?);
    let path = if context.settings.switch("ready")? {
        "readyz"
    } else {
        "healthz"
    };
    let url = format!("http://{address}/{path}");
    let no_answer = |why: String| {
        Failure::new("health.no-answer", FaultKind::Unavailable, why)
            .with_hint("check whether iamra runs there, with this --metrics-addr")
    };
    let destination = Destination {
        connect_timeout: PATIENCE,
        timeout: PATIENCE,
        ..Destination::default()
    };
    let client = HttpClient::new(destination).map_err(|error| no_answer(error.to_string()))?;
    let request = http::Request::get(&url).body(Bytes::new());
    let request = request.map_err(|error| no_answer(error.to_string()))?;
    let response = client.send(request).await;
    let response = response.map_err(|error| no_answer(format!("{url}: {error}")))?;
    if response.status.is_success() {
        return Ok(Exit::Done);
    }
    let said = said::one_line(&String::from_utf8_lossy(&response.body), 200);
    let status = response.status;
    let message = if said.is_empty() {
        format!("{url}: {status}")
    } else {
        format!("{url}: {status}: {said}")
    };
    Err(Failure::new(
        "health.not-ready",
        FaultKind::Unavailable,
        message,
    ))
}

/// A listener on every address is asked on this machine's own.
fn loopback(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Less than a probe's own limit should be, as the kubelet's is one second by
/// default, and ours are milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_asked_on_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:9", "127.0.0.1:9"),
            ("[::]:9", "[::1]:9"),
            ("127.0.0.2:9", "127.0.0.2:9"),
            ("192.0.2.1:9", "192.0.2.1:9"),
        ] {
            assert_eq!(loopback(listens.parse().unwrap()).to_string(), asked);
        }
    }
}
