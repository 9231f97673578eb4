use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::StatusCode;

/// What a server has done since it was made, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    requests: [[AtomicU64; OUTCOMES.len()]; ENTRANCES.len()],
    tokens: AtomicU64,
    pub(crate) live: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) crowded_out: AtomicU64,
    pub(crate) timed_out: AtomicU64,
    broken: AtomicU64,
    pub(crate) accept_failures: AtomicU64,
}

impl Counters {
    /// Requests at an entrance that ended so.
    pub fn requests(&self, entrance: Entrance, outcome: Outcome) -> u64 {
        self.cell(entrance, outcome).load(Relaxed)
    }

    /// Every entrance and outcome with its number of requests.
    pub fn each_request(&self) -> impl Iterator<Item = (Entrance, Outcome, u64)> + '_ {
        ENTRANCES.into_iter().flat_map(move |entrance| {
            OUTCOMES.map(|outcome| (entrance, outcome, self.requests(entrance, outcome)))
        })
    }

    /// Metadata tokens that were issued.
    pub fn tokens_issued(&self) -> u64 {
        self.tokens.load(Relaxed)
    }

    /// Connections that are open now.
    pub fn live_connections(&self) -> u64 {
        self.live.load(Relaxed)
    }

    /// Connections that were accepted.
    pub fn accepted_connections(&self) -> u64 {
        self.accepted.load(Relaxed)
    }

    /// Idle connections that were closed to make room for another, and those
    /// that found no room.
    pub fn crowded_out_connections(&self) -> u64 {
        self.crowded_out.load(Relaxed)
    }

    /// Connections that were closed because they said nothing for too long.
    pub fn timed_out_connections(&self) -> u64 {
        self.timed_out.load(Relaxed)
    }

    /// Connections that ended in what is no HTTP, or no TLS.
    pub fn broken_connections(&self) -> u64 {
        self.broken.load(Relaxed)
    }

    /// Failures to accept a connection: out of file descriptors, say.
    pub fn accept_failures(&self) -> u64 {
        self.accept_failures.load(Relaxed)
    }

    pub(crate) fn count(&self, entrance: Entrance, outcome: Outcome) {
        self.cell(entrance, outcome).fetch_add(1, Relaxed);
    }

    pub(crate) fn token_issued(&self) {
        self.tokens.fetch_add(1, Relaxed);
    }

    pub(crate) fn connection_broken(&self) {
        self.broken.fetch_add(1, Relaxed);
    }

    fn cell(&self, entrance: Entrance, outcome: Outcome) -> &AtomicU64 {
        &self.requests[entrance as usize][outcome as usize]
    }
}

/// Where a request went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Entrance {
    /// The metadata service.
    Imds,
    /// The container credentials.
    Container,
    /// Neither: there is nothing at its path, or it was refused before that was
    /// looked at.
    Neither,
}

impl Entrance {
    /// The value of a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imds => "imds",
            Self::Container => "container",
            Self::Neither => "none",
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// With credentials.
    HandedOut,
    /// With another good answer: a metadata token, a listing, the region, the head
    /// alone of credentials.
    Answered,
    /// 400: a shape that no SDK sends.
    Malformed,
    /// 401: without a valid token.
    Unauthorized,
    /// 403: a foreign host, a proxy, a browser, a user or a caller without the
    /// right.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 429.
    Throttled,
    /// 503: nothing valid was at hand.
    Unavailable,
}

impl Outcome {
    /// The value of a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandedOut => "handed_out",
            Self::Answered => "answered",
            Self::Malformed => "malformed",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
        }
    }

    /// For answers without credentials.
    pub(crate) fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST => Self::Malformed,
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            _ => Self::Answered,
        }
    }
}

const ENTRANCES: [Entrance; 3] = [Entrance::Imds, Entrance::Container, Entrance::Neither];
const OUTCOMES: [Outcome; 9] = [
    Outcome::HandedOut,
    Outcome::Answered,
    Outcome::Malformed,
    Outcome::Unauthorized,
    Outcome::Forbidden,
    Outcome::NotFound,
    Outcome::MethodNotAllowed,
    Outcome::Throttled,
    Outcome::Unavailable,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_own_cell() {
        let counters = Counters::default();
        for (entrance, outcome, _) in counters.each_request() {
            assert_eq!(counters.requests(entrance, outcome), 0);
            counters.count(entrance, outcome);
        }
        assert!(
            counters
                .each_request()
                .all(|(_, _, requests)| requests == 1)
        );
    }
}
