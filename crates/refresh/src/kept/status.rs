use std::time::SystemTime;

use crate::{Due, KeptError, Lifetime};

/// How things stand with a [`Kept`](crate::Kept) value: for readiness, metrics
/// and audit. Holds nothing of the value but its lifetime.
#[derive(Debug)]
#[non_exhaustive]
pub struct Status<E> {
    /// From when until when the last value that was obtained is valid.
    pub lifetime: Option<Lifetime>,
    /// What is to be done with it now; `None` where there is no value. Ready is
    /// what has one that is not [`Due::Expired`].
    pub due: Option<Due>,
    /// Whether a value is being obtained just now.
    pub is_obtaining: bool,
    /// How many attempts in a row brought nothing fresh; those that were
    /// dropped on the way count.
    pub misses: u32,
    /// Until when nothing is obtained, after a miss.
    pub retry_at: Option<SystemTime>,
    /// Why the last attempt failed, and all since the last success.
    pub last_error: Option<KeptError<E>>,
}
