use std::fmt;

use aws_partition::{Endpoint, Region};

/// What one authorization token opens, and so which API gives it.
///
/// A token is good for every private registry of a region that its role may
/// read, whatever the account, and for none elsewhere. Registries of equal scope
/// share one token.
///
/// [Registry authentication](https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html)
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    clippy::exhaustive_enums,
    reason = "ECR is two services, private and public"
)]
pub enum TokenScope {
    /// The private registries of a region, by `ecr:GetAuthorizationToken` there.
    Private {
        /// Where they are.
        region: Region,
        /// Which of the region's endpoints: a name that promises FIPS or IPv6
        /// has its token from an API that keeps the promise.
        endpoint: Endpoint,
    },
    /// The public registry, by `ecr-public:GetAuthorizationToken` in us-east-1.
    Public {
        /// By the API that answers over IPv6, too.
        dual_stack: bool,
    },
}

/// For people: `eu-central-1`, `us-east-1 (FIPS)`, `public`.
impl fmt::Display for TokenScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, endpoint) = match self {
            Self::Private { region, endpoint } => (region.as_str(), *endpoint),
            Self::Public { dual_stack } => {
                let endpoint = Endpoint {
                    fips: false,
                    dual_stack: *dual_stack,
                };
                ("public", endpoint)
            }
        };
        f.write_str(name)?;
        f.write_str(match (endpoint.fips, endpoint.dual_stack) {
            (false, false) => "",
            (true, false) => " (FIPS)",
            (false, true) => " (dual-stack)",
            (true, true) => " (FIPS, dual-stack)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_shown_by_name() {
        let private = |fips, dual_stack| TokenScope::Private {
            region: "eu-central-1".parse().unwrap(),
            endpoint: Endpoint { fips, dual_stack },
        };
        for (scope, shown) in [
            (private(false, false), "eu-central-1"),
            (private(true, false), "eu-central-1 (FIPS)"),
            (private(false, true), "eu-central-1 (dual-stack)"),
            (private(true, true), "eu-central-1 (FIPS, dual-stack)"),
            (TokenScope::Public { dual_stack: false }, "public"),
            (
                TokenScope::Public { dual_stack: true },
                "public (dual-stack)",
            ),
        ] {
            assert_eq!(scope.to_string(), shown);
        }
    }
}
