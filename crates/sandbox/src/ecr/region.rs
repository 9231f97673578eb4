/// Whether a text has the form of a region's name: `us-east-1`,
/// `us-gov-west-1`, `eusc-de-east-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let Some((place, number)) = text.rsplit_once('-') else {
        return false;
    };
    let words: Vec<_> = place.split('-').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    words.len() >= 2 && words.iter().all(is_word) && is_number
}

/// What the names of a region's hosts end with.
pub(crate) fn dns_suffix(region: &str) -> &'static str {
    let rows = [
        ("cn-", "amazonaws.com.cn"),
        ("eusc-", "amazonaws.eu"),
        ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("us-isof-", "csp.hci.ic.gov"),
        ("eu-isof-", "csp.hci.ic.gov"),
    ];
    let row = rows.iter().find(|(start, _)| region.starts_with(start));
    row.map_or("amazonaws.com", |(_, suffix)| suffix)
}

/// What the names of a region's dual-stack registries end with.
pub(crate) fn dual_stack_suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "on.amazonwebservices.com.cn"
    } else {
        "on.aws"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_by_their_form() {
        for (text, expected) in [
            ("us-east-1", true),
            ("ap-southeast-12", true),
            ("us-gov-west-1", true),
            ("eusc-de-east-1", true),
            ("", false),
            ("aws-global", false),
            ("us-1", false),
            ("us-east-", false),
            ("us--1", false),
            ("US-EAST-1", false),
            ("us-east-1.evil", false),
        ] {
            assert_eq!(is_region(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_suffix_for_each_partition() {
        for (region, suffix) in [
            ("us-east-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
            ("eusc-de-east-1", "amazonaws.eu"),
            ("us-iso-east-1", "c2s.ic.gov"),
            ("us-isob-east-1", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "cloud.adc-e.uk"),
            ("us-isof-south-1", "csp.hci.ic.gov"),
        ] {
            assert_eq!(dns_suffix(region), suffix, "{region}");
        }
    }
}
