use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};

use super::Fault;

/// Does it again, a few times and ever later, where that may help.
pub(super) async fn retried<T, W>(work: impl FnMut() -> W) -> Result<T, Fault>
where
    W: Future<Output = Result<T, Fault>>,
{
    let pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(300))
        .with_max_delay(Duration::from_secs(10))
        .with_max_times(ATTEMPTS - 1)
        .with_jitter();
    let tried = work
        .retry(pauses)
        .when(Fault::is_transient)
        .notify(|fault, pause| println!("{fault}: again in {:.1} s", pause.as_secs_f64()))
        .await;
    tried.map_err(|fault| {
        if fault.is_transient() {
            return Fault::new(format!("{fault} ({ATTEMPTS} attempts)"));
        }
        fault
    })
}

const ATTEMPTS: usize = 5;
