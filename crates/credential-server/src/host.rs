use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A host as `Host` names it, without the port: a DNS name or an IP address.
///
/// Names are compared without regard to case and to the dot at their end. An
/// IPv6 address is read with and without brackets, and an IPv4 address in IPv6 as
/// the IPv4 one. What browsers also take for an address (`127.1`, `0x7f000001`)
/// is a name here, which nobody has allowed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct HostName(Parsed<String>);

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Parsed<T> {
    Name(T),
    Address(IpAddr),
}

/// What a `Host` names that is always allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct HostHeader<'a>(Parsed<&'a str>);

impl<'a> HostHeader<'a> {
    /// Reads `name[:port]`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (host, port) = split_port(text)?;
        if let Some(port) = port {
            let digits = port.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || port.parse::<u16>().is_err() {
                return None;
            }
        }
        parse(host).map(Self)
    }

    /// Whether a page in a browser cannot have brought the caller here by a name
    /// of its own: loopback, the metadata services' addresses, the address that
    /// the caller connected to, and what was allowed.
    pub(crate) fn is_ours(&self, local: Option<IpAddr>, allowed: &[HostName]) -> bool {
        match self.0 {
            Parsed::Address(address) => {
                address.is_loopback()
                    || METADATA_SERVICES.contains(&address)
                    || local.is_some_and(|local| local.to_canonical() == address)
                    || allowed
                        .iter()
                        .any(|name| name.0 == Parsed::Address(address))
            }
            Parsed::Name(name) => {
                name.eq_ignore_ascii_case("localhost")
                    || allowed.iter().any(|allowed| match &allowed.0 {
                        Parsed::Name(allowed) => allowed.eq_ignore_ascii_case(name),
                        Parsed::Address(_) => false,
                    })
            }
        }
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        let bare = text.parse::<Ipv6Addr>().map(IpAddr::V6).ok();
        let parsed = match bare {
            Some(address) => Parsed::Address(address.to_canonical()),
            None => match parse(text).ok_or(InvalidHostName)? {
                Parsed::Name(name) => Parsed::Name(name.to_ascii_lowercase()),
                Parsed::Address(address) => Parsed::Address(address),
            },
        };
        Ok(Self(parsed))
    }
}

/// What was given is neither a DNS name nor an IP address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a host: a DNS name or an IP address, without scheme, port and path")]
pub struct InvalidHostName;

/// The port is after the last colon, unless that is one of an IPv6 address.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(end) = text.starts_with('[').then(|| text.find(']')).flatten() {
        let (host, rest) = text.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    Some(match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    })
}

fn parse(host: &str) -> Option<Parsed<&str>> {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?;
        return Some(Parsed::Address(IpAddr::V6(address).to_canonical()));
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(Parsed::Address(IpAddr::V4(address)));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain);
    is_name.then_some(Parsed::Name(name))
}

/// RFC 1035's bound.
const LONGEST_NAME: usize = 253;

/// Of EC2, ECS and EKS Pod Identity: SDKs name them, and no DNS name is involved.
const METADATA_SERVICES: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_the_metadata_services_and_our_own_names_are_ours() {
        let allowed: Vec<HostName> = ["Creds.Example.", "10.0.0.9", "fd00::9"]
            .iter()
            .map(|name| name.parse().unwrap())
            .collect();
        let local = Some("10.1.2.3".parse().unwrap());
        for (host, ours) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("localhost.", true),
            ("127.0.0.1:1", true),
            ("127.9.9.9", true),
            ("[::1]:8080", true),
            ("[::ffff:127.0.0.1]", true),
            ("169.254.169.254", true),
            ("169.254.170.2", true),
            ("169.254.170.23:80", true),
            ("[fd00:ec2::254]", true),
            ("[fd00:ec2::23]:80", true),
            ("10.1.2.3:8080", true),
            ("creds.example:443", true),
            ("10.0.0.9", true),
            ("[fd00::9]:1", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("a.localhost", false),
            ("127.0.0.1.evil.example", false),
            ("127.1", false),
            ("2130706433", false),
            ("0x7f000001", false),
            ("0.0.0.0", false),
            ("10.1.2.4", false),
            ("[::]", false),
        ] {
            let parsed = HostHeader::parse(host).expect(host);
            assert_eq!(parsed.is_ours(local, &allowed), ours, "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_not_read() {
        for host in [
            "",
            ":80",
            ".",
            "localhost:",
            "localhost:x",
            "localhost:+80",
            "localhost:65536",
            "localhost:80:80",
            "user@localhost",
            "localhost/",
            "local host",
            "localhost,evil.example",
            "[::1",
            "[::1]x",
            "[::1%25lo]",
            "[127.0.0.1]",
            "::1",
            "%6cocalhost",
        ] {
            // A port may be empty in a URL, but no client sends it.
            assert_eq!(HostHeader::parse(host), None, "{host}");
        }
    }

    #[test]
    fn a_setting_is_a_host_without_more() {
        for text in [
            "",
            "http://a",
            "a:80",
            "a/b",
            "a b",
            "[::1]:80",
            "ü.example",
        ] {
            assert_eq!(text.parse::<HostName>(), Err(InvalidHostName), "{text}");
        }
    }
}
