use aws_partition::{Endpoint, Region};

use crate::TokenScope;

/// The base URL of the API that gives tokens of this scope: what the AWS SDK
/// resolves to, for errors, and for the public registry what is called.
///
/// [Amazon ECR endpoints](https://docs.aws.amazon.com/general/latest/gr/ecr.html)
pub(super) fn api_address(scope: &TokenScope) -> String {
    match scope {
        TokenScope::Public { dual_stack: false } => {
            "https://api.ecr-public.us-east-1.amazonaws.com".to_owned()
        }
        TokenScope::Public { dual_stack: true } => {
            "https://ecr-public.us-east-1.api.aws".to_owned()
        }
        TokenScope::Private { region, endpoint } => private(region, *endpoint),
    }
}

/// Only the names without IPv6 begin with `api.`.
fn private(region: &Region, endpoint: Endpoint) -> String {
    let service = if endpoint.dual_stack {
        "ecr"
    } else {
        "api.ecr"
    };
    endpoint.url(service, region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_sdks() {
        let scope = |region: &str, fips, dual_stack| TokenScope::Private {
            region: region.parse().unwrap(),
            endpoint: Endpoint { fips, dual_stack },
        };
        for (scope, address) in [
            (
                scope("us-west-2", false, false),
                "https://api.ecr.us-west-2.amazonaws.com",
            ),
            (
                scope("us-west-2", false, true),
                "https://ecr.us-west-2.api.aws",
            ),
            (
                scope("us-west-2", true, false),
                "https://api.ecr-fips.us-west-2.amazonaws.com",
            ),
            (
                scope("us-west-2", true, true),
                "https://ecr-fips.us-west-2.api.aws",
            ),
            (
                scope("cn-north-1", false, false),
                "https://api.ecr.cn-north-1.amazonaws.com.cn",
            ),
            (
                TokenScope::Public { dual_stack: false },
                "https://api.ecr-public.us-east-1.amazonaws.com",
            ),
            (
                TokenScope::Public { dual_stack: true },
                "https://ecr-public.us-east-1.api.aws",
            ),
        ] {
            assert_eq!(api_address(&scope), address);
        }
    }
}
