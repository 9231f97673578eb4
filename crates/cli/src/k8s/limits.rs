use std::str::FromStr;

use k8s_sinks::kubernetes::Limits;

use crate::context::Context;
use crate::failure::Failure;

/// How much is asked of the cluster at once, as the settings say: by all groups
/// together.
pub(crate) fn limits(context: &Context<'_>) -> Result<Limits, Failure> {
    let writes_per_second = number(context, "max-writes-per-second", 0..=1000)?;
    let concurrency = number(context, "concurrency", 1..=256)?;
    Ok(Limits::new(
        writes_per_second.unwrap_or(20),
        concurrency.unwrap_or(16),
    ))
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
