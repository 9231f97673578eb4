use std::fmt;
use std::str::FromStr;

use crate::Partition;

/// A region's name, such as `eu-central-1`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Region(String);

/// A text that cannot be a region's name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is not the name of a region (lower-case letters, digits and hyphens)")]
pub struct InvalidRegion(pub String);

impl Region {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that this region's name belongs to.
    ///
    /// A region that no partition's pattern knows counts as one of the
    /// commercial partition, as it does in the SDKs: new regions appear there.
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.0).unwrap_or(Partition::Aws)
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    /// Anything else than lower-case letters, digits and hyphens would change
    /// the host that requests are sent to.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let at_edge = name.starts_with('-') || name.ends_with('-');
        if name.is_empty() || name.len() > 63 || at_edge || !name.bytes().all(allowed) {
            return Err(InvalidRegion(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_belongs_to_its_partition() {
        for (region, partition) in [
            ("us-east-1", Partition::Aws),
            ("ap-southeast-7", Partition::Aws),
            ("mx-central-1", Partition::Aws),
            ("il-central-1", Partition::Aws),
            ("cn-northwest-1", Partition::AwsCn),
            ("us-gov-west-1", Partition::AwsUsGov),
            ("eusc-de-east-1", Partition::AwsEusc),
            ("us-iso-west-1", Partition::AwsIso),
            ("us-isob-east-1", Partition::AwsIsoB),
            ("eu-isoe-west-1", Partition::AwsIsoE),
            ("us-isof-south-1", Partition::AwsIsoF),
            ("zz-new-1", Partition::Aws),
            ("local", Partition::Aws),
        ] {
            let parsed: Region = region.parse().unwrap();
            assert_eq!(parsed.partition(), partition, "{region}");
        }
    }

    #[test]
    fn what_would_change_the_host_is_refused() {
        for text in [
            "",
            "US-EAST-1",
            "us-east-1.evil.example",
            "us/east",
            "-us",
            "us-",
            "ü",
            &"a".repeat(64),
        ] {
            assert_eq!(text.parse::<Region>(), Err(InvalidRegion(text.to_owned())));
        }
    }
}
