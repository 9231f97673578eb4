use std::fmt;
use std::str::FromStr;

use aws_partition::{AccountId, Endpoint, Partition, Region};

mod error;
mod key;
mod parse;
mod scope;

pub use error::InvalidRegistryHost;
pub(crate) use key::{host_of, is_key_of};
pub use scope::TokenScope;

/// The host of an ECR registry, and what it says of itself.
///
/// Private registries name their account, region and kind of endpoint; the
/// public one has two names. Kept in lower case, without port and trailing dot.
///
/// [ECR endpoints](https://docs.aws.amazon.com/general/latest/gr/ecr.html),
/// [over IPv6](https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html)
///
/// ```
/// use ecr_auth::RegistryHost;
///
/// let host: RegistryHost = "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com".parse()?;
/// assert_eq!(host.scope().to_string(), "us-gov-west-1 (FIPS)");
/// # Ok::<(), ecr_auth::InvalidRegistryHost>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RegistryHost {
    host: String,
    account: Option<AccountId>,
    scope: TokenScope,
}

impl RegistryHost {
    /// The registry in what people paste and docker passes on: `http(s)://` in
    /// front, a repository with tag or digest behind, spaces around.
    ///
    /// Of an image or a URL. For a name that has to be bare, in a setting say,
    /// there is [`FromStr`].
    pub fn in_reference(text: &str) -> Result<Self, InvalidRegistryHost> {
        parse::reference(text)
    }

    /// The private registry of `account` in `region`.
    ///
    /// An error where the partition has no registries that answer over IPv6 and
    /// `endpoint` asks for one. Whether the region has FIPS endpoints is not
    /// known here.
    pub fn private(
        account: &AccountId,
        region: &Region,
        endpoint: Endpoint,
    ) -> Result<Self, InvalidRegistryHost> {
        let domain = domain(region, endpoint)?;
        let kind = kind(endpoint);
        Ok(Self {
            host: format!("{account}.{kind}.{region}.{domain}"),
            account: Some(account.clone()),
            scope: TokenScope::Private {
                region: region.clone(),
                endpoint,
            },
        })
    }

    /// The public registry, by the name that answers over IPv6 too if
    /// `dual_stack`.
    pub fn public(dual_stack: bool) -> Self {
        let host = if dual_stack {
            PUBLIC_DUAL_STACK
        } else {
            PUBLIC
        };
        Self {
            host: host.to_owned(),
            account: None,
            scope: TokenScope::Public { dual_stack },
        }
    }

    /// The bare host.
    pub fn as_str(&self) -> &str {
        &self.host
    }

    /// Whose registry it is; none for the public one.
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// Which token opens it.
    pub fn scope(&self) -> &TokenScope {
        &self.scope
    }

    /// Whether it is the public registry.
    pub fn is_public(&self) -> bool {
        matches!(self.scope, TokenScope::Public { .. })
    }

    /// Whether `key` is a spelling of this registry in a docker config: with a
    /// scheme, port 443, a slash or `/v1/` or `/v2/` behind the host.
    ///
    /// Such an entry is one that a login replaces. `host/team` is not one: it
    /// is more specific, and podman and kubelet prefer it on purpose. Neither is
    /// a glob, which only kubelet reads.
    pub fn is_key_of(&self, key: &str) -> bool {
        is_key_of(key, &self.host)
    }
}

impl FromStr for RegistryHost {
    type Err = InvalidRegistryHost;

    /// A bare host, in either case. A dot at its end and port 443 are dropped.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::bare(text)
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}

/// What stands between account and region.
pub(crate) fn kind(endpoint: Endpoint) -> &'static str {
    match (endpoint.dual_stack, endpoint.fips) {
        (false, false) => "dkr.ecr",
        (false, true) => "dkr.ecr-fips",
        (true, false) => "dkr-ecr",
        (true, true) => "dkr-ecr-fips",
    }
}

/// What stands behind the region, if the partition has such registries.
pub(crate) fn domain_of(partition: Partition, endpoint: Endpoint) -> Option<&'static str> {
    if endpoint.dual_stack {
        partition.registry_dual_stack_suffix()
    } else {
        Some(partition.registry_dns_suffix())
    }
}

fn domain(region: &Region, endpoint: Endpoint) -> Result<&'static str, InvalidRegistryHost> {
    let no_dual_stack = || InvalidRegistryHost::NoDualStack {
        region: region.clone(),
    };
    domain_of(region.partition(), endpoint).ok_or_else(no_dual_stack)
}

/// Every kind of endpoint.
pub(crate) const KINDS: [Endpoint; 4] = [
    Endpoint {
        fips: false,
        dual_stack: false,
    },
    Endpoint {
        fips: true,
        dual_stack: false,
    },
    Endpoint {
        fips: false,
        dual_stack: true,
    },
    Endpoint {
        fips: true,
        dual_stack: true,
    },
];

pub(crate) const PUBLIC: &str = "public.ecr.aws";
pub(crate) const PUBLIC_DUAL_STACK: &str = "ecr-public.aws.com";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_made_as_they_are_read() {
        let account = "123456789012".parse().unwrap();
        for (region, fips, dual_stack, host) in [
            (
                "us-west-2",
                false,
                false,
                "123456789012.dkr.ecr.us-west-2.amazonaws.com",
            ),
            (
                "us-west-2",
                true,
                true,
                "123456789012.dkr-ecr-fips.us-west-2.on.aws",
            ),
            (
                "cn-north-1",
                false,
                true,
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
            ),
            (
                "us-gov-west-1",
                true,
                false,
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                "us-isob-east-1",
                false,
                false,
                "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            let region = region.parse().unwrap();
            let endpoint = Endpoint { fips, dual_stack };
            let made = RegistryHost::private(&account, &region, endpoint).unwrap();
            assert_eq!(made.as_str(), host);
            assert_eq!(host.parse(), Ok(made));
        }
        for dual_stack in [false, true] {
            let made = RegistryHost::public(dual_stack);
            assert_eq!(made.as_str().parse(), Ok(made));
        }
    }

    #[test]
    fn there_is_no_dual_stack_where_the_partition_has_none() {
        let region: Region = "us-iso-east-1".parse().unwrap();
        let endpoint = Endpoint {
            fips: false,
            dual_stack: true,
        };
        let account = "123456789012".parse().unwrap();
        let refused = RegistryHost::private(&account, &region, endpoint).unwrap_err();
        assert_eq!(refused, InvalidRegistryHost::NoDualStack { region });
    }
}
