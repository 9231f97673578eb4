use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use refresh::{Due, Fault as _, KeptError, Status};

use super::Watch;
use crate::audit::rfc3339;
use crate::daemon::service_manager;
use crate::failure::Failure;

impl Watch {
    /// Says what came of each attempt, and tells the service manager when the
    /// first certificate is there.
    pub(super) async fn report(&self) -> Infallible {
        let mut is_ready = false;
        loop {
            let status = self.kept.status();
            let line = line(&status);
            if is_usable(&status) && !is_ready {
                is_ready = true;
                service_manager::ready(&line);
            } else {
                service_manager::status(&line);
            }
            self.kept.source().landed.notified().await;
            self.say(&self.kept.status());
        }
    }

    fn say(&self, status: &Status<Failure>) {
        let Some(error) = &status.last_error else {
            tracing::info!("{}", line(status));
            return;
        };
        let failure = failure(error);
        let now = self.clock.now();
        let wait = status.retry_at.and_then(|at| at.duration_since(now).ok());
        // Rounded up: in no seconds, nobody tries.
        let retry_in_seconds = wait.unwrap_or_default().as_secs() + 1;
        let (code, hint) = (failure.code(), failure.hint());
        // While a good one is there, nobody has to be woken.
        if is_usable(status) {
            tracing::warn!(code, hint, retry_in_seconds, "{failure}; {}", line(status));
        } else {
            tracing::error!(code, hint, retry_in_seconds, "{failure}; {}", line(status));
        }
    }
}

pub(super) fn is_usable(status: &Status<Failure>) -> bool {
    matches!(status.due, Some(Due::Fresh { .. } | Due::Due))
}

/// How things stand, for people.
pub(super) fn line(status: &Status<Failure>) -> String {
    match (status.due, status.lifetime) {
        (Some(Due::Fresh { until }), Some(lifetime)) => format!(
            "the certificate is valid until {}, and due at {}",
            rfc3339(lifetime.end()),
            rfc3339(whole_seconds(until))
        ),
        (Some(Due::Due), Some(lifetime)) => format!(
            "the certificate is due, and valid until {}",
            rfc3339(lifetime.end())
        ),
        (Some(Due::Expired), Some(lifetime)) => {
            format!("the certificate expired at {}", rfc3339(lifetime.end()))
        }
        (Some(Due::NotYetValid), _) => "the certificate is not valid yet".to_owned(),
        _ => "there is no certificate".to_owned(),
    }
}

/// When it is due depends on a random number; nobody needs its digits.
fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// A failure of one's own, made of the one that everybody shares.
pub(super) fn failure(error: &KeptError<Failure>) -> Failure {
    match error {
        KeptError::Source(failure) => failure.again(),
        error => Failure::new("certificate.expired", error.fault(), error.to_string()),
    }
}
