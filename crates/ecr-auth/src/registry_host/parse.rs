use aws_partition::{AccountId, Endpoint, Partition, Region};

use super::key::strip_scheme;
use super::{
    InvalidRegistryHost, KINDS, PUBLIC, PUBLIC_DUAL_STACK, RegistryHost, domain, domain_of, kind,
};
use crate::quote::quoted;

/// A host and nothing else.
pub(super) fn bare(text: &str) -> Result<RegistryHost, InvalidRegistryHost> {
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + "://".len()),
        None => ("", text),
    };
    let (authority, path) = split_path(rest);
    refuse_user_info(authority)?;
    if !scheme.is_empty() {
        let (text, scheme) = (quoted(text), quoted(scheme));
        return Err(InvalidRegistryHost::Scheme { text, scheme });
    }
    if !path.is_empty() {
        return Err(InvalidRegistryHost::Path { text: quoted(text) });
    }
    host_and_port(authority)
}

/// A host with whatever a URL or the name of an image has around it.
pub(super) fn reference(text: &str) -> Result<RegistryHost, InvalidRegistryHost> {
    let text = text.trim();
    let rest = strip_scheme(text).unwrap_or(text);
    let (authority, _) = split_path(rest);
    refuse_user_info(authority)?;
    if rest.contains("://") {
        // Another scheme, or two: `bare` says which.
        return bare(rest);
    }
    host_and_port(authority)
}

fn split_path(text: &str) -> (&str, &str) {
    text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()))
}

/// Checked before anything is quoted.
fn refuse_user_info(authority: &str) -> Result<(), InvalidRegistryHost> {
    match authority.rsplit_once('@') {
        Some((_, host)) => {
            let host = quoted(host);
            Err(InvalidRegistryHost::UserInfo { host })
        }
        None => Ok(()),
    }
}

fn host_and_port(authority: &str) -> Result<RegistryHost, InvalidRegistryHost> {
    let host = match authority.rsplit_once(':') {
        Some((host, "443")) => host,
        Some((_, port)) => {
            let (text, port) = (quoted(authority), quoted(port));
            return Err(InvalidRegistryHost::Port { text, port });
        }
        None => authority,
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    match host.as_str() {
        "" => Err(InvalidRegistryHost::Empty),
        PUBLIC => Ok(RegistryHost::public(false)),
        PUBLIC_DUAL_STACK => Ok(RegistryHost::public(true)),
        _ => private(&host),
    }
}

fn private(host: &str) -> Result<RegistryHost, InvalidRegistryHost> {
    let text = || quoted(host);
    let not_ecr = || InvalidRegistryHost::NotEcr { text: text() };
    let (account, rest) = host.split_once('.').ok_or_else(not_ecr)?;
    let (endpoint, rest) = split_kind(rest).ok_or_else(not_ecr)?;
    let (region, suffix) = rest.split_once('.').ok_or_else(not_ecr)?;
    if !is_registry_domain(suffix) {
        return Err(not_ecr());
    }
    let account: AccountId = account.parse().map_err(|_| InvalidRegistryHost::Account {
        text: text(),
        account: quoted(account),
    })?;
    let region: Region = region
        .parse()
        .map_err(|source| InvalidRegistryHost::Region {
            text: text(),
            source,
        })?;
    let expected = domain(&region, endpoint)?;
    if suffix != expected {
        return Err(InvalidRegistryHost::Domain {
            text: text(),
            region,
            kind: kind(endpoint),
            domain: suffix.to_owned(),
            expected,
        });
    }
    RegistryHost::private(&account, &region, endpoint)
}

/// Which endpoint is meant, and the rest behind it.
fn split_kind(text: &str) -> Option<(Endpoint, &str)> {
    KINDS.into_iter().find_map(|endpoint| {
        let rest = text.strip_prefix(kind(endpoint))?.strip_prefix('.')?;
        Some((endpoint, rest))
    })
}

/// Whether any partition has registries there: what is under another domain is
/// not AWS's, whatever stands in front.
fn is_registry_domain(suffix: &str) -> bool {
    Partition::ALL.into_iter().any(|partition| {
        KINDS
            .into_iter()
            .any(|endpoint| domain_of(partition, endpoint) == Some(suffix))
    })
}
