use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};

use crate::Failure;
use crate::bench::serve::Generator;
use crate::failure::Result;

/// The seconds of CPU that the load has taken so far: wrk's, which has ended, or
/// our own thread's.
pub(super) fn of_generator(generator: Generator) -> Result<f64> {
    let whose = match generator {
        Generator::Wrk => UsageWho::RUSAGE_CHILDREN,
        Generator::Own => UsageWho::RUSAGE_SELF,
    };
    let usage = getrusage(whose).map_err(|error| Failure::new(format!("getrusage: {error}")))?;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

fn seconds(time: TimeVal) -> f64 {
    let microseconds = u32::try_from(time.num_microseconds() % 1_000_000).unwrap_or_default();
    let whole = u32::try_from(time.num_seconds()).unwrap_or_default();
    f64::from(whole) + f64::from(microseconds) / 1_000_000.0
}
