use crate::ecr::{dns_suffix, dual_stack_suffix, is_region};

/// The registry that a `Host` header names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Host<'a> {
    /// The private registry of an account in a region.
    Private { account: &'a str, region: &'a str },
    /// The public registry.
    Public,
    /// The sandbox's own address: the private registry that a token is for.
    Loopback,
    /// No registry.
    Other,
}

impl<'a> Host<'a> {
    pub(super) fn of(header: &'a str) -> Self {
        let name = without_port(header);
        match name {
            "public.ecr.aws" | "ecr-public.aws.com" => Self::Public,
            "localhost" | "127.0.0.1" | "[::1]" => Self::Loopback,
            _ => private(name).unwrap_or(Self::Other),
        }
    }
}

fn without_port(header: &str) -> &str {
    match header.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => header,
    }
}

fn private(name: &str) -> Option<Host<'_>> {
    let (account, rest) = name.split_once('.')?;
    if account.len() != 12 || !account.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let (start, rest) = rest.split_once('.')?;
    let (suffix, rest): (fn(&str) -> _, _) = match start {
        "dkr" => (
            dns_suffix,
            ["ecr.", "ecr-fips."]
                .iter()
                .find_map(|it| rest.strip_prefix(it))?,
        ),
        "dkr-ecr" | "dkr-ecr-fips" => (dual_stack_suffix, rest),
        _ => return None,
    };
    let (region, end) = rest.split_once('.')?;
    (is_region(region) && end == suffix(region)).then_some(Host::Private { account, region })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_registrys_name() {
        for (header, region) in [
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "us-east-1"),
            (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com:443",
                "us-east-1",
            ),
            (
                "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
                "us-east-1",
            ),
            ("123456789012.dkr-ecr.us-east-1.on.aws", "us-east-1"),
            ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "us-east-1"),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
            ),
            (
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "cn-north-1",
            ),
        ] {
            let account = "123456789012";
            assert_eq!(Host::of(header), Host::Private { account, region });
        }
        for header in ["public.ecr.aws", "ecr-public.aws.com"] {
            assert_eq!(Host::of(header), Host::Public);
        }
        for header in ["127.0.0.1:80", "localhost", "[::1]:8080", "[::1]"] {
            assert_eq!(Host::of(header), Host::Loopback);
        }
    }

    #[test]
    fn other_names_are_no_registry() {
        for header in [
            "",
            "12345678901.dkr.ecr.us-east-1.amazonaws.com",
            "12345678901x.dkr.ecr.us-east-1.amazonaws.com",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com.cn",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.test",
            "123456789012.dkr.ecr.nowhere.amazonaws.com",
            "123456789012.dkr.ecr.us-east-1.on.aws",
            "123456789012.dkr-ecr.us-east-1.amazonaws.com",
            "registry.example.test",
        ] {
            assert_eq!(Host::of(header), Host::Other, "{header}");
        }
    }
}
