use std::fmt;

/// A part of AWS with its own accounts, ARN prefix and domain names.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
    /// The European Sovereign Cloud.
    AwsEusc,
    /// US ISO.
    AwsIso,
    /// US ISOB.
    AwsIsoB,
    /// EU ISOE.
    AwsIsoE,
    /// US ISOF.
    AwsIsoF,
}

/// What botocore's `partitions.json` says of one partition, and its registries'
/// second domain.
struct Facts {
    name: &'static str,
    dns_suffix: &'static str,
    dual_stack_dns_suffix: &'static str,
    registry_dual_stack_suffix: Option<&'static str>,
    /// What stands before `-<word>-<number>` in its regions.
    region_prefixes: &'static [&'static str],
}

impl Partition {
    /// Every partition.
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsEusc,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
    ];

    /// The partition that an ARN names: `aws`, `aws-cn`, …
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|partition| partition.name() == name)
    }

    /// The name in ARNs.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The domain of its endpoints: `amazonaws.com`, …
    pub fn dns_suffix(self) -> &'static str {
        self.facts().dns_suffix
    }

    /// The domain of its endpoints that answer over IPv6, too: `api.aws`, …
    pub fn dual_stack_dns_suffix(self) -> &'static str {
        self.facts().dual_stack_dns_suffix
    }

    /// The domain of its private ECR registries (`…dkr.ecr.<region>.` before it).
    ///
    /// [ECR endpoints](https://docs.aws.amazon.com/general/latest/gr/ecr.html)
    pub fn registry_dns_suffix(self) -> &'static str {
        self.dns_suffix()
    }

    /// The domain of its private ECR registries that answer over IPv6, too
    /// (`…dkr-ecr.<region>.` before it): `on.aws`, …
    ///
    /// It is not that of the other endpoints, and no table of the SDKs has it.
    /// None where it is not known that there are any: the isolated partitions.
    ///
    /// [ECR over IPv6](https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html)
    pub fn registry_dual_stack_suffix(self) -> Option<&'static str> {
        self.facts().registry_dual_stack_suffix
    }

    /// The partition whose regions look like `region`.
    pub(crate) fn of_region(region: &str) -> Option<Self> {
        let (rest, number) = region.rsplit_once('-')?;
        let (prefix, word) = rest.rsplit_once('-')?;
        let shaped =
            !word.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        Self::ALL
            .into_iter()
            .find(|partition| shaped && partition.facts().region_prefixes.contains(&prefix))
    }

    fn facts(self) -> &'static Facts {
        match self {
            Self::Aws => &AWS,
            Self::AwsCn => &AWS_CN,
            Self::AwsUsGov => &AWS_US_GOV,
            Self::AwsEusc => &AWS_EUSC,
            Self::AwsIso => &AWS_ISO,
            Self::AwsIsoB => &AWS_ISO_B,
            Self::AwsIsoE => &AWS_ISO_E,
            Self::AwsIsoF => &AWS_ISO_F,
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

const AWS: Facts = Facts {
    name: "aws",
    dns_suffix: "amazonaws.com",
    dual_stack_dns_suffix: "api.aws",
    registry_dual_stack_suffix: Some("on.aws"),
    region_prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
};

const AWS_CN: Facts = Facts {
    name: "aws-cn",
    dns_suffix: "amazonaws.com.cn",
    dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
    registry_dual_stack_suffix: Some("on.amazonwebservices.com.cn"),
    region_prefixes: &["cn"],
};

const AWS_US_GOV: Facts = Facts {
    name: "aws-us-gov",
    dns_suffix: "amazonaws.com",
    dual_stack_dns_suffix: "api.aws",
    registry_dual_stack_suffix: Some("on.aws"),
    region_prefixes: &["us-gov"],
};

const AWS_EUSC: Facts = Facts {
    name: "aws-eusc",
    dns_suffix: "amazonaws.eu",
    dual_stack_dns_suffix: "api.amazonwebservices.eu",
    registry_dual_stack_suffix: Some("on.amazonwebservices.eu"),
    region_prefixes: &["eusc-de"],
};

const AWS_ISO: Facts = Facts {
    name: "aws-iso",
    dns_suffix: "c2s.ic.gov",
    dual_stack_dns_suffix: "api.aws.ic.gov",
    registry_dual_stack_suffix: None,
    region_prefixes: &["us-iso"],
};

const AWS_ISO_B: Facts = Facts {
    name: "aws-iso-b",
    dns_suffix: "sc2s.sgov.gov",
    dual_stack_dns_suffix: "api.aws.scloud",
    registry_dual_stack_suffix: None,
    region_prefixes: &["us-isob"],
};

const AWS_ISO_E: Facts = Facts {
    name: "aws-iso-e",
    dns_suffix: "cloud.adc-e.uk",
    dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
    registry_dual_stack_suffix: None,
    region_prefixes: &["eu-isoe"],
};

const AWS_ISO_F: Facts = Facts {
    name: "aws-iso-f",
    dns_suffix: "csp.hci.ic.gov",
    dual_stack_dns_suffix: "api.aws.hci.ic.gov",
    registry_dual_stack_suffix: None,
    region_prefixes: &["us-isof"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_partition() {
        for partition in Partition::ALL {
            assert_eq!(Partition::from_name(partition.name()), Some(partition));
        }
        assert_eq!(Partition::from_name("aws-mars"), None);
    }

    #[test]
    fn registries_have_domains_of_their_own() {
        for (partition, plain, dual_stack) in [
            (Partition::Aws, "amazonaws.com", Some("on.aws")),
            (
                Partition::AwsCn,
                "amazonaws.com.cn",
                Some("on.amazonwebservices.com.cn"),
            ),
            (Partition::AwsUsGov, "amazonaws.com", Some("on.aws")),
            (
                Partition::AwsEusc,
                "amazonaws.eu",
                Some("on.amazonwebservices.eu"),
            ),
            (Partition::AwsIso, "c2s.ic.gov", None),
            (Partition::AwsIsoB, "sc2s.sgov.gov", None),
            (Partition::AwsIsoE, "cloud.adc-e.uk", None),
            (Partition::AwsIsoF, "csp.hci.ic.gov", None),
        ] {
            assert_eq!(partition.registry_dns_suffix(), plain);
            assert_eq!(partition.registry_dual_stack_suffix(), dual_stack);
        }
    }
}
