use std::str::FromStr;

use crate::context::Context;
use crate::failure::Failure;

/// How much is asked of the cluster at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many writes in a second; 0 is as many as go.
    pub(crate) writes_per_second: u32,
    /// How many requests at once.
    pub(crate) concurrency: usize,
}

impl Limits {
    /// As the settings say.
    pub(crate) fn named(context: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self {
            writes_per_second: number(context, "max-writes-per-second", 0..=1000)?.unwrap_or(20),
            concurrency: number(context, "concurrency", 1..=256)?.unwrap_or(16),
        })
    }
}

fn number<N: FromStr + PartialOrd + std::fmt::Display>(
    context: &Context<'_>,
    name: &str,
    range: std::ops::RangeInclusive<N>,
) -> Result<Option<N>, Failure> {
    let Some(sourced) = context.settings.sourced(name)? else {
        return Ok(None);
    };
    let number = sourced.value.trim().parse().ok();
    let number = number.filter(|number| range.contains(number));
    number.map(Some).ok_or_else(|| {
        let reason = format!(
            "it must be a number from {} to {}",
            range.start(),
            range.end()
        );
        sourced.origin.invalid(&reason)
    })
}
