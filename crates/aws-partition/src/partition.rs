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

/// What botocore's `partitions.json` says of one partition.
struct Facts {
    name: &'static str,
    dns_suffix: &'static str,
    dual_stack_dns_suffix: &'static str,
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
    region_prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
};

const AWS_CN: Facts = Facts {
    name: "aws-cn",
    dns_suffix: "amazonaws.com.cn",
    dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
    region_prefixes: &["cn"],
};

const AWS_US_GOV: Facts = Facts {
    name: "aws-us-gov",
    dns_suffix: "amazonaws.com",
    dual_stack_dns_suffix: "api.aws",
    region_prefixes: &["us-gov"],
};

const AWS_EUSC: Facts = Facts {
    name: "aws-eusc",
    dns_suffix: "amazonaws.eu",
    dual_stack_dns_suffix: "api.amazonwebservices.eu",
    region_prefixes: &["eusc-de"],
};

const AWS_ISO: Facts = Facts {
    name: "aws-iso",
    dns_suffix: "c2s.ic.gov",
    dual_stack_dns_suffix: "api.aws.ic.gov",
    region_prefixes: &["us-iso"],
};

const AWS_ISO_B: Facts = Facts {
    name: "aws-iso-b",
    dns_suffix: "sc2s.sgov.gov",
    dual_stack_dns_suffix: "api.aws.scloud",
    region_prefixes: &["us-isob"],
};

const AWS_ISO_E: Facts = Facts {
    name: "aws-iso-e",
    dns_suffix: "cloud.adc-e.uk",
    dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
    region_prefixes: &["eu-isoe"],
};

const AWS_ISO_F: Facts = Facts {
    name: "aws-iso-f",
    dns_suffix: "csp.hci.ic.gov",
    dual_stack_dns_suffix: "api.aws.hci.ic.gov",
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
}
