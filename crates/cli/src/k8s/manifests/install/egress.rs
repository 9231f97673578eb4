use std::collections::BTreeSet;

use super::Form;
use crate::failure::Failure;
use crate::resolved::Resolved;

/// The ports of everything that the settings name, and those of AWS and the API.
pub(super) fn ports(settings: &Resolved<'_>, form: Form) -> Result<BTreeSet<u16>, Failure> {
    let mut ports = BTreeSet::from([443]);
    if !form.is_sidecar() {
        ports.insert(API_PORT);
    }
    for name in ADDRESSES {
        let Some(sourced) = settings.sourced(name)? else {
            continue;
        };
        if sourced.origin.rank() == 2 {
            continue;
        }
        let address: Option<http::Uri> = sourced.value.parse().ok();
        let port = address.and_then(|address| {
            let usual = match address.scheme_str() {
                Some("http") => 80,
                _ => 443,
            };
            address.host().map(|_| address.port_u16().unwrap_or(usual))
        });
        ports.extend(port);
    }
    Ok(ports)
}

/// Rules for traffic are checked where it arrives: behind the port 443 of the
/// Service, an API server listens here.
const API_PORT: u16 = 6443;

/// The settings that say where to connect.
const ADDRESSES: [&str; 9] = [
    "vault-addr",
    "vault-proxy",
    "endpoint",
    "sts-endpoint",
    "ecr-endpoint",
    "ecr-public-endpoint",
    "https-proxy",
    "http-proxy",
    "container-credentials-full-uri",
];
