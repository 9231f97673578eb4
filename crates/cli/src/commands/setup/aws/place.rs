use aws_partition::{AccountId, Arn, Partition, Region};

use crate::context::Context;
use crate::failure::Failure;
use crate::resolved::{Resolved, Sourced};

/// The account and the region in which everything is made.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) account: AccountId,
    pub(super) region: Region,
}

impl Place {
    /// What the trust anchor's ARN says, where there is one, and the settings.
    pub(super) fn new(context: &Context<'_>, anchor: Option<&Arn>) -> Result<Self, Failure> {
        let settings = &context.settings;
        let anchor = |part: fn(&Arn) -> Option<String>| anchor.and_then(part);
        let account = one(
            settings,
            "account-id",
            anchor(|arn| Some(arn.account.as_ref()?.to_string())),
        )?;
        let region = one(
            settings,
            "region",
            anchor(|arn| Some(arn.region.as_ref()?.to_string())),
        )?;
        let parsed = |text: Sourced<String>| {
            let region: Region =
                text.value
                    .parse()
                    .map_err(|error: aws_partition::InvalidRegion| {
                        text.origin.invalid(&error.to_string())
                    })?;
            Ok::<Region, Failure>(region)
        };
        let account_id = account.value.parse();
        let account_id = account_id.map_err(|error: aws_partition::InvalidAccountId| {
            account.origin.invalid(&error.to_string())
        })?;
        Ok(Self {
            account: account_id,
            region: parsed(region)?,
        })
    }

    pub(super) fn partition(&self) -> Partition {
        self.region.partition()
    }

    pub(super) fn role_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition(), self.account)
    }
}

/// A setting, or what the ARN has in its place. Two of them that differ are a
/// mistake in one of them.
fn one(
    settings: &Resolved<'_>,
    name: &'static str,
    in_arn: Option<String>,
) -> Result<Sourced<String>, Failure> {
    match (settings.sourced(name)?, in_arn) {
        (Some(said), Some(in_arn)) if said.value != in_arn => Err(said.origin.invalid(&format!(
            "the trust anchor is in {in_arn}, not in {}",
            said.value
        ))),
        (Some(said), _) => Ok(said),
        (None, Some(value)) => Ok(Sourced {
            value,
            origin: crate::resolved::Origin::Flag("trust-anchor-arn"),
        }),
        (None, None) => Err(Failure::configuration(
            "config.missing",
            format!("--{name} is missing"),
        )
        .with_hint("it says where all of this is made; --trust-anchor-arn says it, too")),
    }
}
