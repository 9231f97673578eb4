use std::net::SocketAddr;

use super::super::pod::SHARED_FOLDER;
use super::{Form, names};
use crate::failure::Failure;
use crate::resolved::Resolved;

/// What an application beside it finds its credentials by.
pub(super) fn variables(
    settings: &Resolved<'_>,
    form: Form,
) -> Result<Vec<(&'static str, String)>, Failure> {
    match form {
        Form::Deployment | Form::CronJob | Form::SidecarCert => Ok(Vec::new()),
        Form::SidecarCreds => of_endpoint(settings),
        Form::SidecarFile => {
            let file = format!("{SHARED_FOLDER}/credentials");
            let mut variables = vec![("AWS_SHARED_CREDENTIALS_FILE", file)];
            variables.extend(settings.text("profile")?.map(|name| ("AWS_PROFILE", name)));
            Ok(variables)
        }
    }
}

fn of_endpoint(settings: &Resolved<'_>) -> Result<Vec<(&'static str, String)>, Failure> {
    let base = base(settings)?;
    let protocols = settings.list("protocol")?;
    if !protocols.is_empty() && !protocols.iter().any(|protocol| protocol == "container") {
        return Ok(vec![(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            format!("{base}/"),
        )]);
    }
    let path = settings.text("container-path")?;
    let path = path.unwrap_or_else(|| "/creds".to_owned());
    let path = path.trim_start_matches('/');
    Ok(vec![
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            format!("{base}/{path}"),
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            format!("{SHARED_FOLDER}/token"),
        ),
    ])
}

/// The first address of a port, as the application beside it calls it.
fn base(settings: &Resolved<'_>) -> Result<String, Failure> {
    let listen = settings.list("listen")?;
    let mut places = listen.iter().filter(|place| !place.starts_with("unix:"));
    let place = match places.next() {
        Some(place) => place.as_str(),
        None if listen.is_empty() => "localhost:8080",
        None => {
            let reason = "no SDK reads a Unix socket: name a port, too";
            return Err(names::at(settings, "listen", reason));
        }
    };
    let has_tls = settings.sourced("tls-certificate")?.is_some();
    called(place, has_tls).ok_or_else(|| {
        let reason = "it must be ADDRESS:PORT with a port that the application knows";
        names::at(settings, "listen", reason)
    })
}

/// SDKs take plain HTTP of loopback addresses alone, and those speak no TLS.
fn called(place: &str, has_tls: bool) -> Option<String> {
    let place = match place.strip_prefix(':') {
        Some(port) => format!("[::]:{port}"),
        None => place.to_owned(),
    };
    if let Some(port) = place.strip_prefix("localhost:") {
        let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
        return Some(format!("http://localhost:{port}"));
    }
    let address: SocketAddr = place.parse().ok()?;
    let port = Some(address.port()).filter(|port| *port != 0)?;
    let scheme = if has_tls && !address.ip().is_loopback() {
        "https"
    } else {
        "http"
    };
    Some(match address.ip() {
        ip if ip.is_unspecified() => format!("{scheme}://localhost:{port}"),
        _ => format!("{scheme}://{address}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_called_as_it_listens() {
        for (place, has_tls, expected) in [
            ("localhost:8080", false, Some("http://localhost:8080")),
            ("localhost:8080", true, Some("http://localhost:8080")),
            ("127.0.0.1:9911", false, Some("http://127.0.0.1:9911")),
            ("[::1]:9911", true, Some("http://[::1]:9911")),
            (":3000", false, Some("http://localhost:3000")),
            ("0.0.0.0:3000", true, Some("https://localhost:3000")),
            ("10.0.0.1:3000", true, Some("https://10.0.0.1:3000")),
            ("localhost:0", false, None),
            ("127.0.0.1:0", false, None),
            ("example.test:80", false, None),
            ("8080", false, None),
        ] {
            assert_eq!(called(place, has_tls).as_deref(), expected, "{place}");
        }
    }
}
