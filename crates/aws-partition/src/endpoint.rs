use crate::{Partition, Region};

/// Which of a service's endpoints is meant.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Endpoint {
    /// The one whose cryptography is validated by FIPS 140.
    pub fips: bool,
    /// The one that answers over IPv6, too.
    pub dual_stack: bool,
}

impl Endpoint {
    /// The URL of `service` in `region`, without a path.
    ///
    /// Whether the service offers this variant there is not known here: FIPS
    /// endpoints exist in few regions.
    pub fn url(self, service: &str, region: &Region) -> String {
        format!("https://{}", self.host(service, region))
    }

    /// The host name of `service` in `region`.
    pub fn host(self, service: &str, region: &Region) -> String {
        let partition = region.partition();
        let suffix = if self.dual_stack {
            partition.dual_stack_dns_suffix()
        } else {
            partition.dns_suffix()
        };
        let fips = if self.fips && !always_fips(service, partition, self) {
            "-fips"
        } else {
            ""
        };
        format!("{service}{fips}.{region}.{suffix}")
    }
}

/// In GovCloud the plain STS endpoint is the FIPS one, and there is no other.
fn always_fips(service: &str, partition: Partition, endpoint: Endpoint) -> bool {
    service == "sts" && partition == Partition::AwsUsGov && !endpoint.dual_stack
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Endpoint = Endpoint {
        fips: false,
        dual_stack: false,
    };
    const FIPS: Endpoint = Endpoint {
        fips: true,
        dual_stack: false,
    };
    const DUAL_STACK: Endpoint = Endpoint {
        fips: false,
        dual_stack: true,
    };
    const BOTH: Endpoint = Endpoint {
        fips: true,
        dual_stack: true,
    };

    #[test]
    fn hosts_are_those_that_the_sdks_call() {
        for (endpoint, service, region, host) in [
            (
                PLAIN,
                "rolesanywhere",
                "us-east-1",
                "rolesanywhere.us-east-1.amazonaws.com",
            ),
            (
                PLAIN,
                "rolesanywhere",
                "cn-north-1",
                "rolesanywhere.cn-north-1.amazonaws.com.cn",
            ),
            (
                PLAIN,
                "rolesanywhere",
                "us-gov-west-1",
                "rolesanywhere.us-gov-west-1.amazonaws.com",
            ),
            (
                PLAIN,
                "rolesanywhere",
                "eusc-de-east-1",
                "rolesanywhere.eusc-de-east-1.amazonaws.eu",
            ),
            (
                PLAIN,
                "rolesanywhere",
                "us-iso-east-1",
                "rolesanywhere.us-iso-east-1.c2s.ic.gov",
            ),
            (
                FIPS,
                "rolesanywhere",
                "us-west-2",
                "rolesanywhere-fips.us-west-2.amazonaws.com",
            ),
            (
                DUAL_STACK,
                "rolesanywhere",
                "eu-west-1",
                "rolesanywhere.eu-west-1.api.aws",
            ),
            (
                BOTH,
                "rolesanywhere",
                "us-east-2",
                "rolesanywhere-fips.us-east-2.api.aws",
            ),
            (
                DUAL_STACK,
                "sts",
                "eusc-de-east-1",
                "sts.eusc-de-east-1.api.amazonwebservices.eu",
            ),
            (FIPS, "sts", "us-east-1", "sts-fips.us-east-1.amazonaws.com"),
            (
                FIPS,
                "sts",
                "us-gov-west-1",
                "sts.us-gov-west-1.amazonaws.com",
            ),
        ] {
            assert_eq!(endpoint.host(service, &region.parse().unwrap()), host);
        }
    }
}
