use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use destination::{ClientIdentity, Destination, Proxy, Roots, ServerName, Verification};
use http::Uri;
use zeroize::Zeroizing;

use super::kubeconfig::{ClusterEntry, Text, UserEntry, invalid};
use crate::aws;
use crate::context::read_file;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// The address of a cluster.
pub(super) fn base(cluster: &ClusterEntry) -> Result<Uri, Failure> {
    let Some(server) = cluster.server.get() else {
        return Err(invalid("the cluster has no server"));
    };
    // Before anything that would show it: it may hold a password.
    if server.contains('@') {
        return Err(invalid("the server's address has a user in it")
            .with_hint("who we are belongs into the user of the kubeconfig: token, or exec"));
    }
    let wrong = |why: &str| invalid(format!("the server {server:?} is no address: {why}"));
    let base: Uri = server.parse().map_err(|_| wrong("it is no URL"))?;
    match base.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(&base) => {}
        Some("http") => tracing::warn!(
            server,
            "plain HTTP: whoever is on the wire can read and replace all that is sent to the cluster"
        ),
        _ => return Err(wrong("it must begin with https://")),
    }
    Ok(base)
}

/// How a cluster is reached, and as whom as far as a certificate says that.
pub(super) fn destination(
    cluster: &ClusterEntry,
    base: &Uri,
    settings: &Resolved<'_>,
) -> Result<Destination, Failure> {
    let server_name = cluster.tls_server_name.get().map(|name| ServerName {
        host: base
            .host()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned(),
        name: name.to_owned(),
    });
    Ok(Destination {
        roots: roots(cluster)?,
        server_name,
        verification: verification(cluster)?,
        proxy: proxy(cluster, settings)?,
        timeout: TIMEOUT,
        ..Destination::default()
    })
}

/// The client certificate of a user.
pub(super) fn client_identity(user: &UserEntry) -> Result<Option<ClientIdentity>, Failure> {
    let certificate = (&user.client_certificate, &user.client_certificate_data);
    let private_key = (&user.client_key, &user.client_key_data);
    let is_given = |(file, data): (&Text, &Text)| file.is_given() || data.is_given();
    match (is_given(certificate), is_given(private_key)) {
        (false, false) => return Ok(None),
        (true, true) => {}
        (true, false) => {
            return Err(invalid(
                "the user has a client-certificate without a client-key",
            ));
        }
        (false, true) => {
            return Err(invalid(
                "the user has a client-key without a client-certificate",
            ));
        }
    }
    // Data stands before files, as for kubectl.
    if !certificate.1.is_given() && !private_key.1.is_given() {
        return Ok(Some(ClientIdentity::Files {
            certificate: certificate.0.as_str().into(),
            private_key: private_key.0.as_str().into(),
        }));
    }
    Ok(Some(ClientIdentity::Pem {
        certificate: contents(certificate, "client-certificate-data")?.to_vec(),
        private_key: contents(private_key, "client-key-data")?,
    }))
}

/// Where `kubectl proxy` is.
fn is_loopback(base: &Uri) -> bool {
    let host = base.host().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn roots(cluster: &ClusterEntry) -> Result<Roots, Failure> {
    let data = &cluster.certificate_authority_data;
    Ok(match (data.get(), cluster.certificate_authority.get()) {
        (Some(_), _) => Roots::Pem(decoded(data, "certificate-authority-data")?.to_vec()),
        (None, Some(path)) => Roots::File(path.into()),
        (None, None) => Roots::System,
    })
}

/// Where it is switched off, that is said at each run.
fn verification(cluster: &ClusterEntry) -> Result<Verification, Failure> {
    if !cluster.insecure_skip_tls_verify {
        return Ok(Verification::Full);
    }
    let authority = &cluster.certificate_authority;
    if authority.is_given() || cluster.certificate_authority_data.is_given() {
        return Err(
            invalid("insecure-skip-tls-verify stands beside a certificate-authority")
                .with_hint("remove one of the two; kubectl does not take both either"),
        );
    }
    tracing::warn!(
        "insecure-skip-tls-verify: the cluster's certificate is not verified, and whoever is on the \
         wire can read and replace what is sent; certificate-authority trusts a CA of your own instead"
    );
    Ok(Verification::DangerousNone)
}

/// The kubeconfig's own proxy has no exceptions; the common one has.
fn proxy(cluster: &ClusterEntry, settings: &Resolved<'_>) -> Result<Option<Proxy>, Failure> {
    match cluster.proxy_url.get() {
        None => aws::proxy(settings),
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok(Some(Proxy::all(url.to_owned().into())))
        }
        // It may hold a password.
        Some(_) => Err(invalid(
            "the cluster's proxy-url is not one of http:// or https://",
        )),
    }
}

fn contents((file, data): (&Text, &Text), name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    match data.get() {
        Some(_) => decoded(data, name),
        None => read_file(file.as_str().as_ref()),
    }
}

fn decoded(data: &Text, name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let broken = data.as_str().split_ascii_whitespace();
    let mut text = Zeroizing::new(String::with_capacity(data.as_str().len()));
    broken.for_each(|line| text.push_str(line));
    let decoded = BASE64_STANDARD.decode(text.as_bytes());
    let decoded = decoded.map_err(|_| invalid(format!("{name} is not base64")))?;
    Ok(Zeroizing::new(decoded))
}

/// How long one request may take: a page of a list is larger than others.
const TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
