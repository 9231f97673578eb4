use std::convert::Infallible;

use refresh::{Due, KeptError, Status};

use super::Watch;
use crate::audit::rfc3339;
use crate::daemon::service_manager;
use crate::failure::Failure;
use crate::refreshed;

impl Watch {
    /// Says what came of each attempt, and tells the service manager when the
    /// first certificate is there.
    pub(super) async fn report(&self) -> Infallible {
        let mut is_ready = false;
        loop {
            let status = self.kept.status();
            let said = line(&status);
            if refreshed::is_usable(&status) && !is_ready {
                is_ready = true;
                service_manager::ready(&said);
            } else {
                service_manager::status(&said);
            }
            self.kept.source().landed.notified().await;
            let status = self.kept.status();
            refreshed::say(&status, &line(&status), self.clock.now());
        }
    }
}

/// How things stand, for people.
pub(super) fn line(status: &Status<Failure>) -> String {
    match (status.due, status.lifetime) {
        (Some(Due::Fresh { until }), Some(lifetime)) => format!(
            "the certificate is valid until {}, and due at {}",
            rfc3339(lifetime.end()),
            rfc3339(refreshed::whole_seconds(until))
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

/// A failure of one's own, made of the one that everybody shares.
pub(super) fn failure(error: &KeptError<Failure>) -> Failure {
    refreshed::failure(error, "certificate.expired")
}
