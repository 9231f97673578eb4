//! STS: the sessions that were opened, and `GetCallerIdentity` for them.

mod answer;
mod caller_identity;
mod sessions;

pub(crate) use answer::{error_answer, expired_answer, throttled_answer};
pub(crate) use caller_identity::{Reception, caller_identity};
pub(crate) use sessions::{SessionCredentials, Sessions};
